"""Which code made a store: its seeds hold the columns of every table that it knew, so they are its version.

The law that this rests on: a later code adds tables and columns; what a column means never changes, a new meaning is a
new column.
"""

from collections.abc import Iterator

import pyarrow.parquet as pq

from warehouse import declarations
from warehouse.errors import OtherVersion
from warehouse.places import SEED, Places
from warehouse.schema import ORIGIN

SHOWN = 5
Columns = dict[str, set[str]]


def refuse_newer(places: Places) -> None:
    """Raises OtherVersion where the store holds what this code does not know: it would be lost on the way."""
    unknown = list(_beyond(_held(places), _declared()))
    if unknown:
        raise OtherVersion(
            f"The store {places.root} was made by a newer msa-loop: it holds {_named(unknown)}, unknown to this one. "
            "Nothing was touched; use the newer one."
        )


def refuse_other(places: Places) -> None:
    """Also raises OtherVersion where an older code made the store."""
    refuse_newer(places)
    lacking = list(_beyond(_declared(), _held(places)))
    if lacking:
        raise OtherVersion(
            f"The store {places.root} was made by an older msa-loop: it lacks {_named(lacking)}. "
            f"Bring it up to date, every fact is kept: msa init --store {places.root}"
        )


def _declared() -> Columns:
    return {fact.name: {ORIGIN.name, *(each.name for each in fact.columns)} for fact in declarations.facts().values()}


def _held(places: Places) -> Columns:
    seeds = sorted(places.facts.glob(f"*/run_id={SEED}/part-0.parquet"))
    return {seed.parts[-3]: set(pq.ParquetFile(seed).schema_arrow.names) for seed in seeds}


def _beyond(one: Columns, other: Columns) -> Iterator[str]:
    """The tables of `one` that `other` lacks, and the columns of those that both have."""
    for table, columns in one.items():
        if table not in other:
            yield table
        else:
            yield from (f"{table}.{name}" for name in sorted(columns - other[table]))


def _named(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
