"""`msa status`: how a store stands, and where a Prefect server answers, what is deployed, what ran and what comes."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from warehouse import Store
from warehouse.leases import held

FIGURES = "select name, task, of, value from store_figures where name not in ('last-run', 'labels') order by all"
MODELS = (
    "select s.task, s.model_id, s.is_champion, c.promoted_at, c.decided_by from standing_models s"
    " left join champions c using (task, model_id) order by s.task"
)
RUNS = "select verb, last_at, last_s, n_runs from last_runs order by last_at desc, verb"


@dataclass(frozen=True, slots=True)
class Table:
    """One subject: a title, its columns, its rows."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


@dataclass(frozen=True, slots=True)
class Status:
    """`server` is None where none answers. `at_work`: what processes of this store hold a lease on now."""

    store: str
    server: str | None
    at_work: tuple[str, ...]
    tables: tuple[Table, ...]


def status(store: Store) -> Status:
    """The store is read in one moment; the server is that of PREFECT_API_URL, else the store's own."""
    from flows.prefect_server import known

    with store.moment() as moment:
        asked = (("models", MODELS), ("holds", FIGURES), ("last runs", RUNS))
        tables = [_of_arrow(title, moment.table(sql)) for title, sql in asked]
    address = known(store.places)
    if address is not None:
        tables.append(_schedule(store, address.api))
    return Status(
        str(store.places.root),
        address.ui if address else None,
        tuple(held(store.places)),
        tuple(table for table in tables if table.rows),
    )


def _schedule(store: Store, api: str) -> Table:
    from flows.prefect_schedule import deployed
    from flows.prefect_settings import settle

    settle(store.places.cache)
    columns = ("deployment", "schedule", "last", "state", "next", "why")
    rows = [
        (one.name, "paused" if one.is_paused else one.schedule, one.last_at, one.last_state, one.next_at, one.message)
        for one in deployed(api)
    ]
    return Table("deployments", columns, tuple(rows))


def _of_arrow(title: str, table: Any) -> Table:
    return Table(title, tuple(table.column_names), tuple(tuple(row.values()) for row in table.to_pylist()))


def command(
    store: StoreOption = DEFAULT_STORE,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: everything as one JSON object.")] = False,
) -> None:
    """Print it as tables."""
    found = status(open_store(store))
    if as_json:
        say(json.dumps(asdict(found), default=_plain, indent=2))
        return
    for table in found.tables:
        show(table.title, table.columns, [[_cell(value) for value in row] for row in table.rows])
        say("")
    if found.at_work:
        say(f"at work   {', '.join(found.at_work)}")
    if found.server is None:
        say(f"No Prefect server answers for {found.store}. The loop on a schedule: msa serve --store {found.store}")
    else:
        say(f"Prefect   {found.server}")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC) if value.tzinfo else value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float) and value.is_integer():
        return f"{value:,.0f}"
    return value
