"""People's own data: a CSV, TSV, JSONL or Parquet whose columns are named, images as paths beside it.

Several images a post: several image columns, a list (JSONL, Parquet), or `;` between paths. A cell without a text,
image or label holds none: a post without a label is unlabelled.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds

from msa_core.dumps.delimited import Row, check_columns, csv_rows
from msa_core.dumps.lines import Line, json_object, lines
from msa_core.dumps.row import Answer, InlineText, RawPost, RefusedRow, Rows
from msa_core.errors import DumpError
from msa_core.refusals import Reason

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
BETWEEN_IMAGES = ";"
ROWS_A_BATCH = 1024


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of columns. None and (): the dump has no such column."""

    id: str = "id"
    text: str | None = "text"
    images: tuple[str, ...] = ("image",)
    label: str | None = "label"

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that must be there."""
        return tuple(name for name in (self.id, self.text, *self.images, self.label) if name)


class _WrongKind(Exception):  # noqa: N818
    """A cell that is no value of its column."""


def read(root: Path, *, columns: Columns, file: str | None = None) -> Rows:
    """In the table's order. `file`: the table's name, where the folder may hold others."""
    for row in _rows(root, file or _only_table(root), columns):
        yield row if isinstance(row, RefusedRow) else _post(row, columns)


def is_table(path: Path) -> bool:
    """By its name's ending."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


def _only_table(root: Path) -> str:
    found = sorted(path.name for path in root.iterdir() if is_table(path))
    if len(found) != 1:
        listed = ", ".join(found) or "none"
        raise DumpError(f"{root} must hold one table ({', '.join(SUFFIXES)}); found {listed}. Name the file itself.")
    return found[0]


def _rows(root: Path, path: str, columns: Columns) -> Iterator[Row | RefusedRow]:
    suffix = Path(path).suffix.lower()
    if suffix == ".parquet":
        return _parquet_rows(root, path, columns)
    if suffix in (".jsonl", ".ndjson"):
        return _json_rows(root, path, columns)
    return csv_rows(root, path, columns.named, "\t" if suffix == ".tsv" else ",")


def _json_rows(root: Path, path: str, columns: Columns) -> Iterator[Row | RefusedRow]:
    for line in lines(root, path):
        yield line if isinstance(line, RefusedRow) else _json_row(line, columns)


def _json_row(line: Line, columns: Columns) -> Row | RefusedRow:
    values = json_object(line)
    if isinstance(values, RefusedRow):
        return values
    if values.get(columns.id) is None:
        return line.refused(Reason.TOO_FEW_COLUMNS, detail=f"without {columns.id}")
    return Row(line.path, line.number, values, line.encoding)


def _parquet_rows(root: Path, path: str, columns: Columns) -> Iterator[Row]:
    try:
        table = ds.dataset(root / path, format="parquet")
        check_columns(root / path, columns.named, table.schema.names)
        number = 0
        for batch in table.to_batches(columns=list(columns.named), batch_size=ROWS_A_BATCH, use_threads=False):
            for values in batch.to_pylist():
                number += 1
                yield Row(path, number, values, "utf-8")
    except pa.ArrowInvalid as error:
        raise DumpError(f"{root / path} is no Parquet that can be read: {error}") from error


def _post(row: Row, columns: Columns) -> RawPost | RefusedRow:
    source_id = ""
    try:
        source_id = _word(row.values.get(columns.id), columns.id) or ""
        text = _text(row.values.get(columns.text), columns.text) if columns.text else None
        images = [path for name in columns.images for path in _images(row.values.get(name), name)]
        label = _word(row.values.get(columns.label), columns.label) if columns.label else None
    except _WrongKind as error:
        return RefusedRow(row.path, row.number, Reason.MALFORMED_ROW, source_id or None, str(error))
    words = None if text is None else InlineText(text, row.encoding)
    answers = (Answer("table", "both", label),) if label else ()
    return RawPost(source_id, row.path, row.number, words, tuple((path,) for path in images), answers)


def _word(value: object, column: str) -> str | None:
    """An id or a label; 1.0 is spelled 1, as a column with gaps would have it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value).strip() or None
    raise _WrongKind(f"{column} is {type(value).__name__}")


def _text(value: object, column: str) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    raise _WrongKind(f"{column} is {type(value).__name__}")


def _images(value: object, column: str) -> list[str]:
    paths: list[str] = []
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, str):
            paths += part.split(BETWEEN_IMAGES) if part is value else [part]
        elif part is not None:
            raise _WrongKind(f"{column} holds {type(part).__name__}")
    return [path.strip() for path in paths if path.strip()]
