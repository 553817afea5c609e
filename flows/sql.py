"""`msa sql`: ask the store."""

import csv
import json
import math
import sys
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, TextIO

import pyarrow as pa
import typer

from flows.cells import defused
from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import show
from warehouse import Store
from warehouse.query import ask, write_parquet


class Format(StrEnum):
    """How an answer is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


def sql(store: Store, query: str, *, by_name: bool = False) -> tuple[pa.Schema, Iterable[pa.RecordBatch]]:
    """The answer's schema and batches, read-only; `by_name` refuses two columns of one name. Raises QueryError."""
    return ask(store, query, by_name=by_name)


def command(
    query: Annotated[str, typer.Argument(help='Any DuckDB query: "from labels", "show tables", "describe posts".')],
    store: StoreOption = DEFAULT_STORE,
    form: Annotated[Format, typer.Option("--format", help="How to write the answer.")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option(help="File to write to (parquet needs one).")] = None,
    safe_cells: Annotated[
        bool, typer.Option("--safe-cells", help="csv for a spreadsheet: texts that begin like a formula get a '.")
    ] = False,
) -> None:
    """Print or write the answer; every text exactly as it stands, unless asked otherwise."""
    schema, batches = sql(open_store(store), query, by_name=form in (Format.JSON, Format.PARQUET))
    if form is Format.PARQUET:
        if output is None:
            raise typer.BadParameter("parquet needs a file: --output answer.parquet")
        write_parquet(schema, batches, output)
        return
    if form is Format.TABLE and output is None:
        show("", schema.names, _rows(batches))
        return
    with output.open("w", encoding="utf-8", newline="") if output else _stdout() as file:
        if form is Format.JSON:
            _write_json(schema, _rows(batches), file)
            return
        cells = ([schema.names], _rows(batches))
        writer = csv.writer(file, delimiter="," if form is Format.CSV else "\t")
        for rows in cells:
            writer.writerows([defused(value) for value in row] if safe_cells else row for row in rows)


def _write_json(schema: pa.Schema, rows: Iterable[list[Any]], file: TextIO) -> None:
    for row in rows:
        named = {field.name: plain(value, field.type) for field, value in zip(schema, row, strict=True)}
        json.dump(named, file, ensure_ascii=False, allow_nan=False)
        file.write("\n")


def plain(value: Any, kind: pa.DataType) -> Any:
    """As JSON can say it: maps are objects, decimals numbers, bytes hexadecimal, times text; NaN is null."""
    if value is None:
        return None
    if pa.types.is_map(kind):
        return {str(key): plain(each, kind.item_type) for key, each in value}
    if pa.types.is_struct(kind):
        return {field.name: plain(value[field.name], field.type) for field in kind}
    return [plain(each, kind.value_type) for each in value] if isinstance(value, list) else _single(value)


def _single(value: Any) -> Any:
    match value:
        case Decimal():
            return float(value) if value.as_tuple().exponent else int(value)
        case float():
            return value if math.isfinite(value) else None
        case bytes():
            return value.hex()
    return value if isinstance(value, str | int) else str(value)


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterable[list[Any]]:
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns]
        yield from (list(row) for row in zip(*columns, strict=True))


class _stdout:  # noqa: N801
    """Standard output as a file that a `with` does not close."""

    def __enter__(self) -> TextIO:
        return sys.stdout

    def __exit__(self, *error: object) -> None:
        sys.stdout.flush()
