"""`msa review status`: rounds, open and done, agreement and seconds a label, as the store knows them."""

from collections.abc import Iterator
from dataclasses import dataclass

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from flows.review_choice import on_their_way
from flows.review_round import Round
from warehouse import Moment, Store

ROUNDS = (
    "select project, round, n_posts, n_done, n_open, agreement, lead_time_s, last_answer_at from rounds order by all"
)
REVIEWERS = "from reviewers order by n_answers desc, annotator"
ASIDE = "select project, reason, count(*) as n from unreadable_answers group by all order by all"
WAITING = (
    "select project, count(*) as n from task_answers where is_open and n_answers > 0 group by project order by project"
)
LOST = "select project, count(distinct server_id) as n from lost_answers group by project order by project"
UNREADABLE = "could not be read"


@dataclass(frozen=True, slots=True)
class Table:
    """A title, names of columns, rows."""

    title: str
    columns: list[str]
    rows: list[tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Standing:
    """`tables` that have rows, and `notes`: what is not as a reader of these would think."""

    tables: tuple[Table, ...]
    notes: tuple[str, ...]


def status(store: Store) -> Standing:
    """Rounds, reviewers, and what could not be read and still cannot; who else is waited for, and what was begun."""
    begun = on_their_way(store.places)
    with store.moment() as moment:
        asked = (("rounds", ROUNDS), ("reviewers", REVIEWERS), (UNREADABLE, ASIDE))
        found = [(title, moment.table(sql)) for title, sql in asked]
        notes = tuple(_notes(moment, begun))
    tables = [
        Table(title, table.column_names, [tuple(row.values()) for row in table.to_pylist()])
        for title, table in found
        if table.num_rows
    ]
    return Standing(tuple(tables), notes)


def _notes(moment: Moment, begun: tuple[Round, ...]) -> Iterator[str]:
    for row in moment.table(WAITING).to_pylist():
        yield f"{row['project']}: {row['n']} posts were judged and wait for another person"
    for row in moment.table(LOST).to_pylist():
        yield f"{row['project']}: {row['n']} answers that the server lost are kept here"
    for each in begun:
        again = f"msa review push --project {each.project!r} --task {each.task}"
        by = again if each.project else "the same msa review push again"
        yield f"begun, not finished: {len(each.posts)} posts; {by}"


def command(store: StoreOption = DEFAULT_STORE) -> None:
    """Print them; it asks the store alone, so pull first."""
    found = status(open_store(store))
    for table in found.tables:
        show(table.title, table.columns, table.rows)
    for note in found.notes:
        say(note)
    if any(table.title == UNREADABLE for table in found.tables):
        say("others are asked instead, where that is needed, by: msa review reconcile --repair")
    if not (found.tables or found.notes):
        say("nothing was pushed to reviewers yet; first: msa review push")
