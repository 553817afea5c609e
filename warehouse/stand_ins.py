"""Views made fast: making one binds all below it down to the files, which opens them, though only columns are wanted.

So while views are made, each fact that reads files is an empty table of its columns, and its own views come last.
Where relations are tables, which hold what they read, the order is that of reading.
"""

from collections.abc import Mapping, Sequence
from functools import cache

import duckdb
import pyarrow as pa

from warehouse import declarations
from warehouse.declarations import Declaration
from warehouse.schema import arrow_schema

READS_FILES = "create or replace view facts."


def create(connection: duckdb.DuckDBPyConnection, made: Mapping[str, str], names: Sequence[str]) -> None:
    """Creates the relations `names`, each after those that it reads; `made` holds their SQL by name."""
    facts = [name for name in names if READS_FILES in made[name]]
    if len(facts) == len(names):
        facts = []
    if "facts.runs" in facts:
        connection.execute("create schema if not exists facts")
    for name in names:
        if name in facts:
            for relation, columns in _columns()[name.removeprefix("facts.")].items():
                connection.execute(f"create table {relation} ({columns})")
        else:
            connection.execute(made[name])
    for name in facts:
        for relation in _columns()[name.removeprefix("facts.")]:
            connection.execute(f"drop table {relation}")
        connection.execute(made[name])


def in_order(connection: duckdb.DuckDBPyConnection, made: Mapping[str, str], names: Sequence[str]) -> None:
    """Creates the relations `names`, tables of rows, each after those that it reads."""
    for name in names:
        connection.execute(made[name])


@cache
def _columns() -> dict[str, dict[str, str]]:
    """By fact what its views are called, and their columns as `create table` wants them."""
    with duckdb.connect(":memory:") as connection:
        return {name: _of_fact(connection, fact) for name, fact in declarations.facts().items()}


def _of_fact(connection: duckdb.DuckDBPyConnection, fact: Declaration) -> dict[str, str]:
    empty = arrow_schema(fact.name).append(pa.field("run_id", pa.string())).empty_table()
    found = connection.from_arrow(empty)
    columns = {name: f'"{name}" {kind}' for name, kind in zip(found.columns, found.types, strict=True)}
    every = {f"facts.{fact.name}": ", ".join(columns.values())}
    if fact.name == "runs":  # `runs` itself is a view like others
        return every
    return every | {f"main.{fact.name}": ", ".join(sql for name, sql in columns.items() if name not in fact.hides)}
