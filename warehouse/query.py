"""`msa sql`: one question to the catalog, read-only, answered in batches."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.errors import QueryError
from warehouse.store import Store


def ask(store: Store, sql: str, *, by_name: bool = False) -> tuple[pa.Schema, Iterator[pa.RecordBatch]]:
    """The answer's schema and its batches; `by_name` where columns are told apart by name alone. Raises QueryError for
    SQL that is wrong, would write or is not one question; `by_name` also for two columns of one name.
    """
    _check_reads(sql)
    connection = store.connect()
    try:
        reader = connection.execute(sql).to_arrow_reader(10_000)
    except duckdb.Error as error:
        connection.close()
        raise QueryError(f'This SQL cannot be answered: {error}\nTables and views: msa sql "show tables"') from error
    if by_name and (twice := sorted(name for name, n in Counter(reader.schema.names).items() if n > 1)):
        connection.close()
        raise QueryError(f"Two columns are called {', '.join(twice)}. Give each a name of its own: select … as …")
    return reader.schema, _drained(connection, reader)


def _check_reads(sql: str) -> None:
    """A statement that writes a file or changes a setting is refused before it runs; so are none and several."""
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(f"This SQL cannot be answered: {error}") from error
    if len(statements) != 1:
        raise QueryError(f'{len(statements) or "no"} questions: ask one at a time, as in: msa sql "from labels"')
    kinds = {statement.type.name for statement in statements}
    if not kinds <= {"SELECT", "EXPLAIN"}:
        raise QueryError(f"msa sql is read-only: it asks, it does not {', '.join(sorted(kinds)).lower()}")


def _drained(connection: duckdb.DuckDBPyConnection, reader: pa.RecordBatchReader) -> Iterator[pa.RecordBatch]:
    try:
        yield from reader
    except (duckdb.Error, pa.ArrowException) as error:
        raise QueryError(f"This SQL failed while it was answered: {error}") from error
    finally:
        connection.close()


def write_parquet(schema: pa.Schema, batches: Iterable[pa.RecordBatch], path: Path) -> None:
    """The answer as one Parquet file."""
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)
