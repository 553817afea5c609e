"""People's own data: a CSV, TSV, JSONL or Parquet whose columns are named, images as paths beside it.

Several images a post: several image columns, a list (JSONL, Parquet), or `;` between paths. A cell without a text,
image or label holds none: a post without a label is unlabelled; in the official test split, its label is withheld.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyarrow as pa
import pyarrow.dataset as ds

from msa_core.dumps.cells import WrongKind, image_paths, moment, split, text, word
from msa_core.dumps.delimited import Row, check_columns, csv_rows
from msa_core.dumps.lines import Line, json_object, lines
from msa_core.dumps.row import Answer, InlineText, RawPost, RefusedRow, Rows
from msa_core.errors import DumpError
from msa_core.refusals import Reason

SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet")
ROWS_A_BATCH = 1024

# Texts that are no UTF-8, times beyond a calendar's end, time zones that nobody knows; damaged pages.
UNHOLDABLE = (pa.ArrowException, ValueError, OverflowError, LookupError)
UNREADABLE = (*UNHOLDABLE, OSError)

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Columns:
    """Names of columns. None and (): the dump has no such column."""

    id: str = "id"
    text: str | None = "text"
    images: tuple[str, ...] = ("image",)
    label: str | None = "label"
    split: str | None = None
    time: str | None = None

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that must be there."""
        return tuple(name for name in (self.id, self.text, *self.images, self.label, self.split, self.time) if name)


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


def _parquet_rows(root: Path, path: str, columns: Columns) -> Iterator[Row | RefusedRow]:
    try:
        table = ds.dataset(root / path, format="parquet")
        check_columns(root / path, columns.named, table.schema.names)
        number = 1
        for batch in table.to_batches(columns=list(columns.named), batch_size=ROWS_A_BATCH, use_threads=False):
            yield from _rows_of(batch, path, number)
            number += batch.num_rows
    except UNREADABLE as error:
        raise DumpError(f"{root / path} is no Parquet that can be read: {error}") from error


def _rows_of(batch: pa.RecordBatch, path: str, number: int) -> Iterator[Row | RefusedRow]:
    """From row `number` on; one with a cell that Python cannot hold is refused alone."""
    try:
        found = _in_microseconds(batch).to_pylist()
    except UNHOLDABLE as error:
        if batch.num_rows > 1:
            for place in range(batch.num_rows):
                yield from _rows_of(batch.slice(place, 1), path, number + place)
            return
        reason = Reason.UNDECODABLE_TEXT if isinstance(error, UnicodeDecodeError) else Reason.MALFORMED_ROW
        yield RefusedRow(path, number, reason, None, f"{type(error).__name__}: {error}")
        return
    for place, values in enumerate(found):
        yield Row(path, number + place, values, "utf-8")


def _in_microseconds(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Finer times are cut: Python's clock has no nanoseconds."""
    kinds = [field.type for field in batch.schema]
    fine = [pa.types.is_timestamp(kind) and kind.unit == "ns" for kind in kinds]
    columns = [
        column.cast(pa.timestamp("us", column.type.tz), safe=False) if is_fine else column
        for column, is_fine in zip(batch.columns, fine, strict=True)
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)


def _post(row: Row, columns: Columns) -> RawPost | RefusedRow:
    source_id = ""
    try:
        source_id = word(row.values.get(columns.id), columns.id) or ""
        return _read_post(row, source_id, columns)
    except WrongKind as error:
        return RefusedRow(row.path, row.number, Reason.MALFORMED_ROW, source_id or None, str(error))


def _read_post(row: Row, source_id: str, columns: Columns) -> RawPost:
    def cell(read: Callable[[object, str], Value | None], column: str | None) -> Value | None:
        return read(row.values.get(column), column) if column else None

    words, label = cell(text, columns.text), cell(word, columns.label)
    official_split = cell(split, columns.split)
    return RawPost(
        source_id,
        row.path,
        row.number,
        None if words is None else InlineText(words, row.encoding),
        tuple((path,) for name in columns.images for path in image_paths(row.values.get(name), name)),
        (Answer("table", "both", label),) if label else (),
        official_split=official_split,
        is_official_unlabelled=official_split == "test" and not label,
        published_at=cell(moment, columns.time),
    )
