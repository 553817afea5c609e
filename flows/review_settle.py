"""`msa review settle`: what reviewers mean together; one more person is asked where it is not settled."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.review_round import Round, commit, next_round, push_journal, refuse_what_would_lose, task_post
from flows.reviewing import Desk, ProjectOption, Subject, TaskOption, connected, known_subject, served
from flows.training_set import labels_of
from labelstudio.errors import ProjectGone
from labelstudio.importing import ask_another
from msa_core.consensus import Vote, dawid_skene
from msa_core.records import Consensus
from warehouse import Moment, Store, digest, lease
from warehouse.journal import Journal

TASKS = "select distinct task from review_votes order by task"
VOTES = "select post_id, rater, label, is_person from review_votes where task = $task order by post_id, rater"
UNSETTLED = "from unsettled_review_posts where project = $project and posterior < $at_least and n_answers < $most"
STANDING = "select post_id, label, posterior, n_votes, n_people from consensus order by post_id"
NOTE = "Judged before, and not settled: please judge it afresh, on your own."
DISPUTED, UNSAID = "reviewers-disagree", "not-settled"


@dataclass(frozen=True, slots=True)
class Settled:
    """Reviewed posts that have a consensus, and unsettled ones that one more person was asked to judge. `by_files`: the
    project of files that has `n_unsettled` such posts, for which no server can ask anybody.
    """

    n_posts: int
    n_asked: int
    n_unsettled: int = 0
    by_files: str | None = None


def settle(
    store: Store, *, at_least: float = 0.9, most: int = 3, project: str | None = None, task: str | None = None
) -> Settled:
    """Posts whose label has a posterior below `at_least`, or to which nobody gave one, go to one more person, `most`
    people in all.
    """
    with store.moment() as moment:
        about = known_subject(moment, project=project, task=task)
    n_posts = consensus(store)
    if not about.is_of_files:
        return Settled(n_posts, _ask_others(store, about, at_least=at_least, most=most))
    with store.moment() as moment:
        n_unsettled = moment.table(UNSETTLED, project=about.title, at_least=at_least, most=most).num_rows
    return Settled(n_posts, 0, n_unsettled, about.title)


def _ask_others(store: Store, about: Subject, *, at_least: float, most: int) -> int:
    connection = connected(store)
    journal = push_journal(store.places, about.slug)
    with lease(store.places, f"review-{about.slug}"), journal, store.moment() as moment:
        about = known_subject(moment, project=about.title, task=None)
        target = served(connection, about)
        desk = Desk(store, connection, target, about)
        refuse_what_would_lose(desk, journal)
        rows = moment.table(UNSETTLED, project=about.title, at_least=at_least, most=most).to_pylist()
        return _ask(desk, rows, next_round(moment, about.title), journal)


def consensus(store: Store) -> int:
    """How many reviewed posts have one; a run is committed only where it is another than the last one's."""
    with store.moment() as moment:
        tasks = moment.table(TASKS)["task"].to_pylist()
        found = sorted((row for task in tasks for row in _of_task(moment, task)), key=lambda row: row.post_id)
        standing = [Consensus(**row) for row in moment.table(STANDING).to_pylist()]
        earlier = moment.inputs("consensus")
    rows = [*found, *_withdrawn(found, standing)]
    if set(rows) <= set(standing):
        return len(found)
    said = digest([[row.post_id, row.label, row.posterior, row.n_votes] for row in rows])
    run = store.begin("review-settle", parameters={}, inputs=[f"consensus-{said}", *earlier], version=2)
    if run is not None:
        with run:
            run.write("consensus", rows)
    return len(found)


def _withdrawn(found: Sequence[Consensus], standing: Sequence[Consensus]) -> list[Consensus]:
    """Of posts that have a consensus and no vote any more."""
    voted = {row.post_id for row in found}
    return [Consensus(row.post_id, None, 0.0, 0, 0) for row in standing if row.n_votes and row.post_id not in voted]


def _of_task(moment: Moment, task: str) -> list[Consensus]:
    """Who is good at one task may not be at another: each has its own confusions."""
    votes = [Vote(**row) for row in moment.table(VOTES, task=task).to_pylist()]
    return dawid_skene(votes, labels_of(moment, task))


def _ask(desk: Desk, rows: list[dict[str, Any]], name: str, journal: Journal) -> int:
    """How many could be asked for: a task that was deleted there asks nobody."""
    rows = [row for row in rows if _asks(desk, row)]
    posts = tuple(task_post(row | {"reasons": [_reason(row)]}, name, (), row["n_answers"] + 1) for row in rows)
    landed = {row["post_id"]: row["task_id"] for row in rows}
    if rows:
        commit(desk, Round(name, desk.about.task, desk.about.screen.opinion, posts, landed), journal)
    return len(rows)


def _reason(row: dict[str, Any]) -> str:
    """Two people who say the same, or one who stands against dump and model, do not disagree with one another."""
    return DISPUTED if row["is_disputed"] else UNSAID


def _asks(desk: Desk, row: dict[str, Any]) -> bool:
    try:
        ask_another(desk.connection, row["task_id"], overlap=row["n_answers"] + 1, note=NOTE)
    except ProjectGone:
        return False
    return True


def command(
    *,
    store: StoreOption = DEFAULT_STORE,
    project: ProjectOption = None,
    task: TaskOption = None,
    at_least: Annotated[float, typer.Option(min=0, max=1, help="Posterior at which a label is settled.")] = 0.9,
    most: Annotated[int, typer.Option(min=1, help="People a post, at most.")] = 3,
) -> None:
    """Print how many posts have a consensus, and how many were sent to one more person."""
    done = settle(open_store(store), at_least=at_least, most=most, project=project, task=task)
    if done.by_files is None:
        say(f"{done.n_posts} reviewed posts; {done.n_asked} are not settled and wait for another person")
        return
    say(f"{done.n_posts} reviewed posts; {done.n_unsettled} are not settled, and no server can ask another person")
    if done.n_unsettled:
        say(f"give another person the file, then: msa review import FILE --project {done.by_files!r} --reviewer NAME")
