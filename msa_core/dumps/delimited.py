"""CSV as numbered rows. Quoted fields may span lines, and each line is decoded by itself.

A quote that opens a field which never ends would swallow the rows after it, so the reading is strict: where it fails,
the first line alone is refused, and the others are read again.
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from msa_core.dumps.lines import MAX_LINE, Line, whole_lines
from msa_core.dumps.row import RefusedRow
from msa_core.errors import DumpError
from msa_core.refusals import Reason
from msa_core.text import ENCODINGS

QUOTING = 'a field that begins with " ends with it, and a " within is doubled'


@dataclass(frozen=True, slots=True)
class Row:
    """Values by column; `number` is the line that the row begins on, `encoding` the last resort of its lines."""

    path: str
    number: int
    values: dict[str, object]
    encoding: str


class _Feed:
    """Hands lines to the csv reader, keeps those of the row in hand, and takes back those of a row that failed.

    A row fails as any later one would that reaches its last line with a field still open: such a row fails at once,
    so that each line is read twice at most, whatever the file.
    """

    def __init__(self, lines: Iterator[Line | RefusedRow]) -> None:
        self._lines = lines
        self._again: deque[Line] = deque()
        self._failed_at = 0
        self._n_chars = 0
        self.refused: list[RefusedRow] = []
        self.row: list[Line] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Raises csv.Error where the row in hand wants a line that cannot end it."""
        line = self._next_line()
        self._n_chars += len(line.text)
        if self.row and (line.number <= self._failed_at or self._n_chars > MAX_LINE):
            self._again.appendleft(line)
            raise csv.Error("unexpected end of data")
        self.row.append(line)
        return line.text

    def begin_row(self) -> None:
        """The row in hand is done."""
        self.row, self._n_chars = [], 0

    def keep_first(self) -> None:
        """The row in hand has failed: what lies after its first line begins anew."""
        self._failed_at = max(self._failed_at, self.row[-1].number)
        self._again.extendleft(reversed(self.row[1:]))
        del self.row[1:]

    def _next_line(self) -> Line:
        if self._again:
            return self._again.popleft()
        for line in self._lines:
            if isinstance(line, Line):
                return line
            self.refused.append(line)
        raise StopIteration


def csv_rows(root: Path, path: str, needed: tuple[str, ...], delimiter: str = ",") -> Iterator[Row | RefusedRow]:
    """Rows after the header. Raises DumpError where the header lacks a needed column."""
    header: list[str] | None = None
    for first, fields, encoding in _records(root, path, delimiter):
        if isinstance(fields, RefusedRow):
            yield fields
        elif header is None:
            header = [field.strip() for field in fields]
            check_columns(root / path, needed, header)
        elif len(fields) != len(header):
            reason = Reason.TOO_FEW_COLUMNS if len(fields) < len(header) else Reason.TOO_MANY_COLUMNS
            yield RefusedRow(path, first, reason, None, f"{len(fields)} columns, not {len(header)}")
        else:
            yield Row(path, first, dict(zip(header, fields, strict=True)), encoding)


def check_columns(path: Path, needed: tuple[str, ...], there: list[str]) -> None:
    """Raises DumpError that lists the columns there are, or names one that stands twice."""
    absent = [name for name in needed if name not in there]
    if absent:
        raise DumpError(f"No column {absent[0]!r} in {path}. Its columns: {', '.join(there)}")
    twice = [name for name in needed if there.count(name) > 1]
    if twice:
        raise DumpError(f"{path} has several columns {twice[0]!r}. Rename all but one")


def _records(root: Path, path: str, delimiter: str) -> Iterator[tuple[int, list[str] | RefusedRow, str]]:
    feed = _Feed(whole_lines(root, path))
    reader = csv.reader(feed, delimiter=delimiter, strict=True)
    while True:
        fields: list[str] | RefusedRow | None
        try:
            fields = next(reader, None)
        except csv.Error as error:
            feed.keep_first()
            fields = RefusedRow(path, feed.row[0].number, Reason.MALFORMED_ROW, None, f"{error}: {QUOTING}")
        yield from ((refused.line, refused, "") for refused in feed.refused)
        feed.refused.clear()
        if fields is None:
            return
        if isinstance(fields, RefusedRow) or any(field.strip() for field in fields):
            yield feed.row[0].number, fields, max((line.encoding for line in feed.row), key=ENCODINGS.index)
        feed.begin_row()
