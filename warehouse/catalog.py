"""The views, created in a DuckDB connection: in `msa.duckdb` for everybody, in memory for one moment."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse import declarations
from warehouse.declarations import Declaration, template
from warehouse.durable import publish, writing
from warehouse.places import Places
from warehouse.schema import arrow_schema


@dataclass(frozen=True, slots=True)
class Statement:
    """What creates a relation, after those that it reads."""

    reads: tuple[str, ...]
    sql: str


def statements(places: Places, *, is_pinned: bool) -> dict[str, Statement]:
    """Every relation by name, each after those that it reads. Pinned: `facts.runs` is a table, read once."""
    begin = "set timezone = 'UTC'; create schema if not exists facts;"
    kind = "table" if is_pinned else "view"
    every_run = template("fact_runs").format(kind=kind, glob=_quoted(places.glob("runs")))
    made = {
        "facts.runs": Statement((), begin + every_run),
        "store": Statement((), f"create or replace view main.store as select '{_quoted(str(places.root))}' as root"),
    }
    views = {name: Statement(view.reads, view.sql) for name, view in declarations.views().items()}
    made |= {name: views.pop(name) for name in ("runs", "run_history")}
    facts = [fact for fact in declarations.facts().values() if fact.name != "runs"]
    made |= {fact.name: Statement(("runs", "run_history"), fact_view(fact, places)) for fact in facts}
    return made | views


def build(connection: duckdb.DuckDBPyConnection, places: Places) -> None:
    """Create every view."""
    for statement in statements(places, is_pinned=False).values():
        connection.execute(statement.sql)


def needed(words: set[str], among: dict[str, Statement]) -> list[str]:
    """The relations among `words` and all that they read, in the order of their making."""
    found = {name for name in among if name in words}
    for name in reversed(among):
        if name in found:
            found.update(read if read in among else read.removeprefix("facts.") for read in among[name].reads)
    return [name for name in among if name in found]


def fact_view(fact: Declaration, places: Places) -> str:
    """The two views of a fact: `facts.<name>` holds every visible row, `<name>` one a grain."""
    every_row = template("fact").format(name=fact.name, glob=_quoted(places.glob(fact.name)))
    if fact.keeps == "all":
        return every_row + template("all_rows").format(name=fact.name)
    return every_row + template("one_per_grain").format(
        name=fact.name,
        grain=", ".join(fact.grain),
        direction="desc" if fact.keeps == "latest" else "asc",
        exclude=f"exclude ({', '.join(fact.hides)})" if fact.hides else "",
    )


def rebuild(places: Places) -> None:
    """Make `msa.duckdb` anew beside the old one and rename it into place; who has the old one open keeps it."""
    aside = places.tmp / f"catalog-{uuid4().hex[:8]}.duckdb"
    with writing(places.root):
        aside.parent.mkdir(parents=True, exist_ok=True)
        with duckdb.connect(str(aside)) as connection:
            connection.begin()
            build(connection, places)
            _describe(connection)
            connection.commit()
        publish(aside, places.catalog)


def seed(places: Places) -> None:
    """An empty file a table, since a glob with no file is an error."""
    for table in declarations.facts():
        schema = arrow_schema(table)
        path = places.partition(table, "init-seed") / "part-0.parquet"
        if path.exists() and pq.read_schema(path).equals(schema):
            continue
        aside = places.tmp / f"seed-{table}-{os.getpid()}.parquet"
        aside.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([], schema=schema), aside)
        publish(aside, path)


def root_of(connection: duckdb.DuckDBPyConnection) -> Path:
    """The folder that a catalog's views read."""
    return Path(str(connection.execute("select root from store").fetchall()[0][0]))


def _describe(connection: duckdb.DuckDBPyConnection) -> None:
    """Put the headers of the `.sql` files where any client shows them."""
    for declared in [*declarations.facts().values(), *declarations.views().values()]:
        connection.execute(f"comment on view main.{declared.name} is {_literal(declared.what)}")
        for column in declared.columns:
            if column.name not in declared.hides:
                target = f"main.{declared.name}.{column.name}"
                connection.execute(f"comment on column {target} is {_literal(column.comment)}")


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _literal(text: str) -> str:
    return f"'{_quoted(text)}'"


def parsed(text: str) -> list[str]:
    """A JSON list of strings, as `runs.inputs` holds it."""
    return [str(value) for value in json.loads(text)]
