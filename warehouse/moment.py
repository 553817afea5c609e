"""One moment of a store: the list of runs is read once, and every query of the connection sees that list."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from warehouse import declarations
from warehouse.catalog import SESSION, needed, parsed, statements
from warehouse.errors import QueryError
from warehouse.places import Places
from warehouse.stand_ins import create, in_order

WORD = re.compile(r"\w+")


class Moment:
    """Use as a context. `hiding`: runs to look past, as a forced attempt does with the run that it will replace.
    `about`: the only posts that there are, so that what is asked of few is fast, whatever windows stand over a fact;
    views that count, rank or look at other posts then speak of these alone.
    """

    def __init__(self, places: Places, *, hiding: Sequence[str] = (), about: Sequence[str] = ()) -> None:
        self._connection = duckdb.connect(":memory:")
        self._places = places
        self._unmade = statements(places, is_pinned=True, about=about)
        self._create = in_order if about else create
        self._make({"facts.runs"})
        if hiding:
            self._connection.execute("delete from facts.runs where list_contains($hiding, run_id)", {"hiding": hiding})

    def __enter__(self) -> "Moment":
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def table(self, sql: str, **values: Any) -> pa.Table:
        """The answer as one Arrow table."""
        return self._ask(sql, values).to_arrow_table()

    def batches(self, sql: str, *, rows: int = 4096, **values: Any) -> Iterator[pa.RecordBatch]:
        """The answer in pieces of at most `rows`, without holding it whole."""
        self._make(set(WORD.findall(sql)))
        with self._connection.cursor() as cursor:
            cursor.execute(SESSION)
            yield from self._execute(cursor, sql, values).to_arrow_reader(rows)

    def value(self, sql: str, **values: Any) -> Any:
        """The first column of the first row; None where there is no row."""
        row = self._ask(sql, values).fetchone()
        return None if row is None else row[0]

    def hold(self, *, below_bytes: int = 2**24) -> None:
        """Reads small facts into memory, once: each question binds all below it down to the files, which takes longer
        than answering it, and whoever asks hundreds waits. Larger facts stay where they are.
        """
        names = [name for name in declarations.facts() if name != "runs" and self._size(name) < below_bytes]
        self._make({"run_history", *names})
        relations = [
            "main.runs",
            "main.run_history",
            *(f"{schema}.{name}" for name in names for schema in ("facts", "main")),
        ]
        for relation in relations:
            schema, _, name = relation.partition(".")
            self._connection.execute(
                f"create table {schema}.held as from {relation}; drop view {relation};"
                f"alter table {schema}.held rename to {name}"
            )

    def _size(self, fact: str) -> int:
        """Bytes of its files."""
        return sum(path.stat().st_size for path in (self._places.facts / fact).glob("*/*.parquet"))

    def inputs(self, *tables: str) -> list[str]:
        """The committed runs that hold rows of these tables, sorted; the same before and after a compaction."""
        counted = " + ".join(f"coalesce((n_rows ->> '$.{table}')::bigint, 0)" for table in tables)
        holding = self.table(f"select run_id, verb, inputs from runs where {counted} > 0")  # noqa: S608
        found: set[str] = set()
        for run_id, verb, inputs in zip(*(column.to_pylist() for column in holding.columns), strict=True):
            found.update(parsed(inputs) if verb == "compact" else [run_id])
        return sorted(found & self._holding(counted))

    def _holding(self, counted: str) -> set[str]:
        rows = self.table(f"select run_id from run_history where {counted} > 0")  # noqa: S608
        return set(rows["run_id"].to_pylist())

    def _ask(self, sql: str, values: dict[str, Any]) -> duckdb.DuckDBPyConnection:
        self._make(set(WORD.findall(sql)))
        return self._execute(self._connection, sql, values)

    def _make(self, words: set[str]) -> None:
        """Create the views that a query names, when it names them: binding all of them takes longer than most verbs."""
        names = needed(words, self._unmade)
        self._create(self._connection, {name: self._unmade.pop(name).sql for name in names}, names)

    @staticmethod
    def _execute(connection: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any]) -> duckdb.DuckDBPyConnection:
        try:
            return connection.execute(sql, values or None)
        except duckdb.Error as error:
            raise QueryError(f"This query cannot be answered: {error}") from error
