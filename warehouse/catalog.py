"""The views, created in a DuckDB connection: in `msa.duckdb` for everybody, in memory for one moment."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse import declarations
from warehouse.declarations import Declaration, template
from warehouse.durable import publish, writing
from warehouse.errors import StoreUnwritable
from warehouse.places import SEED, Places
from warehouse.schema import arrow_schema
from warehouse.stand_ins import create

IMAGES_OF = "post_images"
STORE = "create or replace view main.store as select '{root}' as root, '{views}' as views"
SESSION = "set timezone = 'UTC'; set enable_progress_bar = false;"  # DuckDB would draw its bar among the answers
BY_NAME = ", union_by_name = true"  # reads every file's columns first, so only where some lack a column


@dataclass(frozen=True, slots=True)
class Statement:
    """What creates a relation, after those that it reads."""

    reads: tuple[str, ...]
    sql: str


def statements(places: Places, *, is_pinned: bool, about: Sequence[str] = ()) -> dict[str, Statement]:
    """Every relation by name, each after those that it reads. Pinned: `facts.runs` is a table, read once. `about`: so
    are the facts that speak of posts, which hold these posts alone, and the views: few rows are written down sooner
    than they are bound anew in each view above.
    """
    begin = f"{SESSION} create schema if not exists facts;"
    kind = "table" if is_pinned else "view"
    every_run = template("fact_runs").format(kind=kind, glob=_quoted(places.glob("runs")), union=_union(places, "runs"))
    made = {
        "facts.runs": Statement((), begin + every_run),
        "store": Statement((), STORE.format(root=_quoted(str(places.root)), views=declarations.digest_of_views())),
    }
    found = declarations.views().items()
    views = {name: Statement(view.reads, _as_table(view.sql) if about else view.sql) for name, view in found}
    made |= {name: views.pop(name) for name in ("runs", "run_history")}
    facts = [fact for fact in declarations.facts().values() if fact.name != "runs"]
    for fact in sorted(facts, key=lambda fact: fact.name != IMAGES_OF):
        of_images = (IMAGES_OF,) if about and _key(fact) == "image_sha256" else ()
        made[fact.name] = Statement(("runs", "run_history", *of_images), fact_view(fact, places, about))
    return made | views


def build(connection: duckdb.DuckDBPyConnection, places: Places) -> None:
    """Create every view."""
    made = {name: statement.sql for name, statement in statements(places, is_pinned=False).items()}
    create(connection, made, list(made))


def needed(words: set[str], among: dict[str, Statement]) -> list[str]:
    """The relations among `words` and all that they read, in the order of their making."""
    found = {name for name in among if name in words}
    for name in reversed(among):
        if name in found:
            found.update(read if read in among else read.removeprefix("facts.") for read in among[name].reads)
    return [name for name in among if name in found]


def fact_view(fact: Declaration, places: Places, about: Sequence[str] = ()) -> str:
    """The two views of a fact: `facts.<name>` holds every visible row, `<name>` one a grain."""
    glob, union, only = _quoted(places.glob(fact.name)), _union(places, fact.name), _only(fact, about)
    kind = "table" if only and fact.keeps != "all" else "view"  # without a window above, a filter reaches the files
    every_row = template("fact").format(kind=kind, name=fact.name, glob=glob, union=union, only=only)
    if fact.keeps == "all":
        return every_row + template("all_rows").format(name=fact.name)
    return every_row + template("one_per_grain").format(
        name=fact.name,
        grain=", ".join(fact.grain),
        direction="desc" if fact.keeps == "latest" else "asc",
        exclude=f"exclude ({', '.join(fact.hides)})" if fact.hides else "",
    )


def _key(fact: Declaration) -> str | None:
    """The column by which a fact speaks of posts: their ids, or else their images."""
    names = [column.name for column in fact.columns]
    return next((key for key in ("post_id", "image_sha256") if key in names), None)


def _only(fact: Declaration, about: Sequence[str]) -> str:
    key = _key(fact)
    if not about or key is None:
        return ""
    among = ", ".join(map(_literal, about)) if key == "post_id" else f"from facts.{IMAGES_OF} select image_sha256"
    return f"\nwhere f.{key} in ({among})"


def _as_table(sql: str) -> str:
    return sql.replace("create or replace view", "create or replace table", 1)


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


def anew(places: Places) -> duckdb.DuckDBPyConnection:
    """The catalog of a folder that has moved, or of an older code: made anew there, or in memory where the disk is
    read-only.
    """
    try:
        rebuild(places)
    except (StoreUnwritable, duckdb.IOException):
        connection = duckdb.connect(":memory:")
        build(connection, places)
        return connection
    return duckdb.connect(str(places.catalog), read_only=True)


def unbuilt(places: Places) -> None:
    """A catalog that belongs to another folder: whoever opens it next builds it anew."""
    with duckdb.connect(str(places.catalog)) as connection:
        connection.execute(STORE.format(root="", views=""))


def seed(places: Places) -> None:
    """An empty file a table, since a glob with no file is an error."""
    for table in declarations.facts():
        schema = arrow_schema(table)
        path = places.partition(table, SEED) / "part-0.parquet"
        if path.exists():
            if pq.read_schema(path).equals(schema):
                continue
            places.has_older(table).touch()
        aside = places.tmp / f"seed-{table}-{os.getpid()}.parquet"
        aside.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist([], schema=schema), aside)
        publish(aside, path)


def is_of(connection: duckdb.DuckDBPyConnection, places: Places) -> bool:
    """Whether a catalog's views are those of this code, over this folder."""
    return connection.execute("from store").fetchone() == (str(places.root), declarations.digest_of_views())


def _union(places: Places, table: str) -> str:
    return BY_NAME if places.has_older(table).exists() else ""


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
