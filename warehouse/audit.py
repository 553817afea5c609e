"""Every promise of every table and view, asked: the `audit` lines of the `.sql` headers, and the grain."""

from collections.abc import Iterator
from dataclasses import dataclass

import duckdb

from warehouse import declarations
from warehouse.declarations import Declaration
from warehouse.errors import QueryError
from warehouse.moment import Moment


@dataclass(frozen=True, slots=True)
class Finding:
    """One promise; `n_broken` rows break it (0: it holds)."""

    relation: str
    promise: str
    n_broken: int


def promises() -> list[tuple[Declaration, str]]:
    """All of them, in the order in which they are asked. A null counts as broken."""
    declared = [*declarations.facts().values(), *declarations.views().values()]
    grains = [(each, "grain") for each in declared if each.grain]
    return [*grains, *((each, condition) for each in declared for condition in each.audits)]


def audit(moment: Moment) -> Iterator[Finding]:
    """Ask each promise at one moment of the store."""
    moment.hold()
    for declared, promise in promises():
        broken = _broken_grain(declared) if promise == "grain" else _broken_condition(declared, promise)
        words = f"one row a ({', '.join(declared.grain)})" if promise == "grain" else promise
        try:
            yield Finding(declared.name, words, int(moment.value(broken)))
        except (QueryError, duckdb.Error) as error:
            raise QueryError(f"The audit of {declared.name!r} ({words}) cannot be asked: {error}") from error


def _broken_grain(declared: Declaration) -> str:
    of_the_fact = declared.name == "runs" and "origin_run_id" in declared.grain
    relation = "facts.runs" if of_the_fact else f"main.{declared.name}"
    grain = ", ".join(declared.grain)
    return f"select count(*) from (select 1 from {relation} group by {grain} having count(*) > 1)"  # noqa: S608


def _broken_condition(declared: Declaration, condition: str) -> str:
    return f"select count(*) from main.{declared.name} where not coalesce(({condition}), false)"  # noqa: S608
