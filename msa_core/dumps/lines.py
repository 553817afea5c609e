"""Label files as numbered lines, each decoded by itself: a dump may mix encodings within one file."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from msa_core.dumps.row import RefusedRow
from msa_core.errors import DumpError
from msa_core.refusals import Reason, Refusal
from msa_core.text import decode

MAX_LINE = 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Line:
    """`number` counts from 1."""

    path: str
    number: int
    text: str
    encoding: str

    def refused(self, reason: Reason, *, source_id: str | None = None, detail: str | None = None) -> RefusedRow:
        """This row, refused."""
        return RefusedRow(self.path, self.number, reason, source_id, detail)


def lines(root: Path, path: str) -> Iterator[Line | RefusedRow]:
    """Lines that hold something, without their ends."""
    for line in whole_lines(root, path):
        if isinstance(line, RefusedRow):
            yield line
        elif line.text.strip():
            yield Line(path, line.number, line.text.rstrip("\r\n"), line.encoding)


def whole_lines(root: Path, path: str) -> Iterator[Line | RefusedRow]:
    """With their ends. A line that cannot be decoded, or is longer than any row, is refused."""
    with (root / path).open("rb") as file:
        number = 0
        while data := file.readline(MAX_LINE + 1):
            number += 1
            decoded = decode(data)
            if len(data) > MAX_LINE:
                _skip_line(file)
                yield RefusedRow(path, number, Reason.MALFORMED_ROW, None, f"longer than {MAX_LINE} bytes")
            elif isinstance(decoded, Refusal):
                yield RefusedRow(path, number, decoded.reason, None, decoded.detail)
            else:
                yield Line(path, number, decoded.text, decoded.encoding)


def _skip_line(file: BinaryIO) -> None:
    while (data := file.readline(MAX_LINE)) and not data.endswith(b"\n"):
        pass


def json_object(line: Line) -> dict[str, object] | RefusedRow:
    """The line's JSON object."""
    try:
        value = json.loads(line.text)
    except (ValueError, RecursionError) as error:
        return line.refused(Reason.MALFORMED_ROW, detail=str(error))
    if not isinstance(value, dict):
        return line.refused(Reason.MALFORMED_ROW, detail="not a JSON object")
    return value


def first_file(root: Path, names: tuple[str, ...]) -> str | None:
    """The first of these that stands in the dump."""
    return next((name for name in names if (root / name).is_file()), None)


def label_file(root: Path, *names: str) -> str:
    """The first of these that stands in the dump. Raises DumpError that lists them."""
    found = first_file(root, names)
    if found is None:
        raise DumpError(f"No label file in {root}: looked for {', '.join(names)}. Name the folder that holds it.")
    return found
