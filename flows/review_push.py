"""`msa review push`: hand the queue's next posts to the reviewers, each once, whatever is killed on the way."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.progress import progress
from flows.review_choice import Choice, choosing
from flows.review_pictures import addresses, put_back
from flows.review_round import (
    Round,
    carry_out,
    commit,
    intend,
    intended,
    look_for,
    next_round,
    push_journal,
    refuse_older,
    task_post,
)
from flows.review_simulate import truth_of
from flows.review_truth import keep, mixed
from flows.reviewing import Desk, ProjectOption, Subject, TaskOption, connected, looked_up, served, subject
from labelstudio.connection import Connection
from labelstudio.errors import ReviewError
from labelstudio.importing import update_predictions
from labelstudio.pictures import address
from labelstudio.project import Project, check, create, get, restore_screen
from warehouse import Moment, Store, lease
from warehouse.journal import Journal

OnDone = Callable[[int], None] | None
OPINIONS = ("hidden", "ask", "shown")
OPEN = "from open_review_posts where project = $project order by post_id"
N_UNANSWERED = "select count(*) from task_answers where project = $project and is_open and n_answers = 0"
PICTURES = (
    "select distinct image_sha256, format from pictures "
    "where post_id in (select post_id from task_answers where project = $project and is_open)"
)


@dataclass(frozen=True, slots=True)
class Pushed:
    """`run_ids` is empty where nothing was sent. `n_unanswered`: posts that wait for a first answer."""

    run_ids: tuple[str, ...]
    title: str
    url: str
    n_pushed: int
    n_updated: int
    n_unanswered: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What the queue is filled with: posts until `batch` wait for their first answer (what waits for another person
    keeps nobody from work), each for `overlap` people; `truth_share` of a round are posts whose label is known. Raises
    ReviewError where `opinion` is a word that no screen knows: it would be shown to nobody who asked, and recorded.
    """

    source: str | None = None
    batch: int = 50
    overlap: int | None = None
    opinion: str = "hidden"
    truth_share: float = 0.0

    def __post_init__(self) -> None:
        if self.opinion not in OPINIONS:
            raise ReviewError(f"No opinion {self.opinion!r}. One of: {', '.join(OPINIONS)}")


USUAL = Asked()


def push(
    store: Store,
    *,
    asked: Asked,
    project: str | None = None,
    task: str | None = None,
    restore: bool = False,
    on_done: OnDone = None,
) -> Pushed:
    """A round that an earlier push left unfinished is finished first, and is then this push's round. One process at a
    time. Raises ReviewError and its kin; nothing that was sent is forgotten.
    """
    connection = connected(store)
    with store.moment() as moment:
        about = subject(moment, project=project, task=task, opinion=asked.opinion)
    journal = push_journal(store.places, about.slug)
    with lease(store.places, f"review-{about.slug}"), journal, store.moment() as moment:
        about = subject(moment, project=about.title, task=about.task, opinion=asked.opinion)
        desk = Desk(store, connection, _target(connection, about, asked, restore=restore), about)
        refuse_older(desk)
        left = intended(journal)
        if left is not None:
            return _finish(desk, left, moment, journal, on_done)
        _refuse_foreign(desk)
        return _fill(desk, asked, moment, journal, on_done)


def _target(connection: Connection, about: Subject, asked: Asked, *, restore: bool) -> Project:
    """The project on the server, made where the store never saw one."""
    found = served(connection, about) if about.step else looked_up(connection, about)
    if found is None:
        return create(connection, about.title, about.screen, overlap=asked.overlap or 1)
    if restore:
        restore_screen(connection, found, about.screen)
        found = get(connection, found)
    check(found, about.screen)
    if asked.overlap not in {None, found.overlap}:
        raise ReviewError(
            f"Project {about.title!r} asks {found.overlap} people a post. Leave --overlap out, or choose another "
            "--project"
        )
    return found


def _refuse_foreign(desk: Desk) -> None:
    """Raises ReviewError where others filled the project: what is there would be sent again."""
    if desk.about.step == 0 and desk.target.n_tasks:
        raise ReviewError(
            f"Project {desk.about.title!r} holds {desk.target.n_tasks} tasks that this store never pushed. Adopt them: "
            f"msa review reconcile --repair --project {desk.about.title!r}; or choose another --project"
        )


def _finish(desk: Desk, left: Round, moment: Moment, journal: Journal, on_done: OnDone) -> Pushed:
    left = look_for(desk, left, journal)
    n_waiting = len(left.waiting())
    return _pushed(desk, [carry_out(desk, left, moment, journal, on_done)], n_pushed=n_waiting, n_updated=0)


def _fill(desk: Desk, asked: Asked, moment: Moment, journal: Journal, on_done: OnDone) -> Pushed:
    n_waiting = int(moment.value(N_UNANSWERED, project=desk.about.title))
    _show_again(desk, moment)
    updated, n_updated = _update(desk, moment, journal)
    desk = desk.after(*updated)
    of = _begun(desk, asked, journal, asked.batch - n_waiting) if n_waiting < asked.batch else None
    if of is None:
        return _pushed(desk, updated, n_pushed=0, n_updated=n_updated)
    with desk.store.moment() as now:
        run_id = carry_out(desk, of, now, journal, on_done)
    return _pushed(desk, [*updated, run_id], n_pushed=len(of.posts), n_updated=n_updated)


def _begun(desk: Desk, asked: Asked, journal: Journal, n: int) -> Round | None:
    """A round of the queue's next posts, intended before anybody else may choose; None where there are none."""
    about = desk.about
    with choosing(desk.store, about.task) as choice:
        chosen = _chosen(about, asked, choice, n)
        name = next_round(choice.moment, about.title)
        shown = addresses(choice.moment, desk.connection, chosen)
        posts = tuple(task_post(row, name, shown[row["post_id"]], desk.target.overlap) for row in chosen)
        of = Round(name, about.task, asked.opinion, posts, project=about.title)
        if posts:
            intend(journal, of)
    return of if posts else None


def _show_again(desk: Desk, moment: Moment) -> None:
    """Images of open posts that are gone from the server's disk."""
    images = moment.table(PICTURES, project=desk.about.title)
    named = zip(images["image_sha256"].to_pylist(), images["format"].to_pylist(), strict=True)
    put_back(moment, desk.connection, (address(*each) for each in named))


def _chosen(about: Subject, asked: Asked, choice: Choice, n: int) -> list[dict[str, Any]]:
    chosen = choice.next(source=asked.source, n=n)
    share = asked.truth_share
    return mixed(choice.moment, chosen, task=about.task, project=about.title, share=share, away=choice.away)


def _update(desk: Desk, moment: Moment, journal: Journal) -> tuple[list[str], int]:
    """Open posts get what a newer model says, where there is one: the run, and how many posts."""
    if desk.about.step == 0:
        return [], 0
    latest = moment.value("select model_id from doubting_models where task = $task", task=desk.about.task)
    if latest == desk.target.model_version:
        return [], 0
    rows = moment.table(OPEN, project=desk.about.title).to_pylist()
    if not rows:
        return [], 0
    posts = tuple(task_post(row, row["round"], (), row["overlap"]) for row in rows)
    task_ids = {row["post_id"]: row["task_id"] for row in rows}
    opinion = desk.about.screen.opinion
    update_predictions(desk.connection, desk.target, posts, task_ids, opinion=opinion)
    of = Round(f"update-{latest}", desk.about.task, opinion, posts, task_ids)
    run_id = commit(desk, of, journal, model_version=latest)
    return ([run_id] if run_id else []), len(rows)


def _pushed(desk: Desk, run_ids: Sequence[str | None], *, n_pushed: int, n_updated: int) -> Pushed:
    title = desk.about.title
    with desk.store.moment() as moment:
        n_unanswered = int(moment.value(N_UNANSWERED, project=title))
    ids = tuple(each for each in run_ids if each)
    return Pushed(ids, title, desk.connection.url, n_pushed, n_updated, n_unanswered)


def command(
    *,
    store: StoreOption = DEFAULT_STORE,
    project: ProjectOption = None,
    task: TaskOption = None,
    source: Annotated[str | None, typer.Option(help="Only posts of this source.")] = None,
    review_batch: Annotated[int, typer.Option(min=1, help="At most so many posts wait for a first answer.")] = 50,
    overlap: Annotated[
        int | None, typer.Option(min=1, help="How many people judge each post. [the project's, or 1]")
    ] = None,
    opinion: Annotated[
        str, typer.Option(help="What the model thinks: hidden, ask (in a closed panel), shown. It is recorded.")
    ] = "hidden",
    ground_truth: Annotated[
        Path | None, typer.Option(help="CSV of post_id and label: known posts, mixed in to measure reviewers.")
    ] = None,
    truth_share: Annotated[float, typer.Option(min=0, max=0.5, help="Share of known posts in a round.")] = 0.1,
    restore_screen: Annotated[bool, typer.Option("--restore-screen", help="Put our labelling screen back.")] = False,
) -> None:
    """Print how many posts were handed over, and where reviewers find them."""
    opened = open_store(store)
    if ground_truth is not None:
        n_unknown = keep(opened, truth_of(ground_truth, source=source))
        if n_unknown:
            say(f"{n_unknown} posts of {ground_truth} are not in this store; their labels are not kept")
    asked = Asked(source, review_batch, overlap, opinion, truth_share if ground_truth else 0.0)
    with progress("push", total=None) as on_done:
        done = push(opened, project=project, task=task, asked=asked, restore=restore_screen, on_done=on_done)
    left = f"{done.n_unanswered} wait for a first answer"
    if not done.run_ids:
        say(f"nothing to do: {left} in {done.title}")
    else:
        say(f"{done.title}: {done.n_pushed} posts pushed, {done.n_updated} updated; {left}")
    say(f"reviewers: {done.url}")
    say(f"next: msa review pull --store {store}")
