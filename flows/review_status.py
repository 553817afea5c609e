"""`msa review status`: rounds, open and done, agreement and seconds a label, as the store knows them."""

from dataclasses import dataclass

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from warehouse import Store

ROUNDS = (
    "select project, round, n_posts, n_done, n_open, agreement, lead_time_s, last_answer_at from rounds order by all"
)
REVIEWERS = "from reviewers order by n_answers desc, annotator"
ASIDE = "select project, reason, count(*) as n from unread_answers group by all order by all"
UNREAD = "could not be read"


@dataclass(frozen=True, slots=True)
class Table:
    """A title, names of columns, rows."""

    title: str
    columns: list[str]
    rows: list[tuple[object, ...]]


def status(store: Store) -> list[Table]:
    """Rounds, reviewers, and what could not be read and still cannot; empty tables are left out."""
    with store.moment() as moment:
        asked = (("rounds", ROUNDS), ("reviewers", REVIEWERS), (UNREAD, ASIDE))
        found = [(title, moment.table(sql)) for title, sql in asked]
    return [
        Table(title, table.column_names, [tuple(row.values()) for row in table.to_pylist()])
        for title, table in found
        if table.num_rows
    ]


def command(store: StoreOption = DEFAULT_STORE) -> None:
    """Print them; it asks the store alone, so pull first."""
    tables = status(open_store(store))
    for table in tables:
        show(table.title, table.columns, table.rows)
    if any(table.title == UNREAD for table in tables):
        say("others are asked instead, where that is needed, by: msa review reconcile --repair")
    if not tables:
        say("nothing was pushed to reviewers yet; first: msa review push")
