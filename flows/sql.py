"""`msa sql`: ask the store."""

import csv
import json
import sys
from collections.abc import Iterable
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


def sql(store: Store, query: str) -> tuple[pa.Schema, Iterable[pa.RecordBatch]]:
    """The answer's schema and batches, read-only."""
    return ask(store, query)


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
    schema, batches = sql(open_store(store), query)
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
            _write_json(schema.names, _rows(batches), file)
            return
        cells = ([schema.names], _rows(batches))
        writer = csv.writer(file, delimiter="," if form is Format.CSV else "\t")
        for rows in cells:
            writer.writerows([defused(value) for value in row] if safe_cells else row for row in rows)


def _write_json(names: list[str], rows: Iterable[list[Any]], file: TextIO) -> None:
    for row in rows:
        json.dump(dict(zip(names, row, strict=True)), file, ensure_ascii=False, default=_plain)
        file.write("\n")


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterable[list[Any]]:
    for batch in batches:
        columns = [column.to_pylist() for column in batch.columns]
        yield from (list(row) for row in zip(*columns, strict=True))


def _plain(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else str(value)


class _stdout:  # noqa: N801
    """Standard output as a file that a `with` does not close."""

    def __enter__(self) -> TextIO:
        return sys.stdout

    def __exit__(self, *error: object) -> None:
        sys.stdout.flush()
