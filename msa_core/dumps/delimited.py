"""CSV as numbered rows. Quoted fields may span lines, and each line is decoded by itself."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from msa_core.dumps.lines import Line, whole_lines
from msa_core.dumps.row import RefusedRow
from msa_core.errors import DumpError
from msa_core.refusals import Reason
from msa_core.text import ENCODINGS


@dataclass(frozen=True, slots=True)
class Row:
    """Values by column; `number` is the line that the row begins on, `encoding` the last resort of its lines."""

    path: str
    number: int
    values: dict[str, object]
    encoding: str


class _Feed:
    """Hands lines to the csv reader, and keeps those of the row in hand."""

    def __init__(self, lines: Iterator[Line | RefusedRow]) -> None:
        self._lines = lines
        self.refused: list[RefusedRow] = []
        self.row: list[Line] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            if isinstance(line, RefusedRow):
                self.refused.append(line)
            else:
                self.row.append(line)
                yield line.text


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
    """Raises DumpError that lists the columns there are."""
    absent = [name for name in needed if name not in there]
    if absent:
        raise DumpError(f"No column {absent[0]!r} in {path}. Its columns: {', '.join(there)}")


def _records(root: Path, path: str, delimiter: str) -> Iterator[tuple[int, list[str] | RefusedRow, str]]:
    feed = _Feed(whole_lines(root, path))
    reader = csv.reader(feed, delimiter=delimiter)
    while True:
        fields: list[str] | RefusedRow | None
        try:
            fields = next(reader, None)
        except csv.Error as error:
            first = feed.row[0].number if feed.row else 0
            fields = RefusedRow(path, first, Reason.MALFORMED_ROW, None, str(error))
        yield from ((refused.line, refused, "") for refused in feed.refused)
        feed.refused.clear()
        if fields is None:
            return
        if isinstance(fields, RefusedRow) or any(field.strip() for field in fields):
            yield feed.row[0].number, fields, max((line.encoding for line in feed.row), key=ENCODINGS.index)
        feed.row.clear()
