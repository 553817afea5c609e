"""`msa review reconcile`: what server and store do not agree on, and mend it: nothing that people said is touched."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from flows.review_pictures import addresses
from flows.review_pull import lines, pull
from flows.review_round import Round, carry_out, commit, intend, push_journal, refuse_what_would_lose, task_post
from flows.reviewing import Desk, ProjectOption, Subject, TaskOption, connected, known_subject, looked_up, subject
from labelstudio.answers import Reader
from labelstudio.connection import Connection
from labelstudio.importing import close, delete, waiting
from labelstudio.listing import all_tasks
from labelstudio.project import SKIPPED, Project, adjust, create, get, mark
from labelstudio.reconciling import Difference, StoreTask, difference
from labelstudio.screen import missing_names
from labelstudio.unreadable import UnreadableTask, ask_others, unreadable_tasks
from warehouse import Moment, Store, lease
from warehouse.journal import Journal

PUSHED = "select post_id, task_id, is_open, overlap from task_answers where project = $project order by post_id"
OPEN = "from open_review_posts where project = $project and post_id in (select unnest($ids)) order by post_id"
POSTS = "from review_posts where task = $task and post_id in (select unnest($ids)) order by post_id"
OVERLAP = "select overlap from review_overlaps where project = $title"
ADOPTED = "adopted"


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`problems`: (what, how many, what to do or what was done). `is_agreed`: nothing is left to mend."""

    title: str
    problems: tuple[tuple[str, int, str], ...]
    is_agreed: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """What does not agree. `unreadable`: tasks judged there, of posts open here. `is_sharing`: skipped tasks, done
    here, are shown to others there. `screen`: what it lacks.
    """

    of: Difference
    unreadable: list[UnreadableTask]
    is_sharing: bool
    screen: list[str]


def reconcile(store: Store, *, project: str | None = None, task: str | None = None, repair: bool = False) -> Reconciled:
    """With `repair`: a deleted project is made again with its open tasks, missing tasks are pushed again, tasks that
    others made are adopted where the store has their post, doubled ones without an answer are deleted; of doubled ones
    with answers all but one are closed, and every answer counts. Where too few answers can be read, others are asked.
    """
    connection = connected(store)
    with store.moment() as moment:
        about = _subject(moment, project, task)
    journal = push_journal(store.places, about.slug)
    with lease(store.places, f"review-{about.slug}"), journal, store.moment() as moment:
        about = _subject(moment, about.title, about.task)
        target = _target(connection, about, moment, repair=repair)
        if target is None:
            n_open = sum(task.is_open for task in _pushed(moment, about))
            return Reconciled(about.title, (("project is gone", n_open, "msa review reconcile --repair"),), False)
        desk = Desk(store, connection, target, about)
        found = _seen(desk, moment)
        if repair:
            refuse_what_would_lose(desk, journal)
            _repair(desk, found, moment, journal)
        return _told(desk, found, moment, repair=repair)


def _subject(moment: Moment, project: str | None, task: str | None) -> Subject:
    """A project that is named may be one that this store never pushed to: it is adopted, if the server has it."""
    if project is None:
        return known_subject(moment, project=None, task=task)
    return subject(moment, project=project, task=task)


def _target(connection: Connection, about: Subject, moment: Moment, *, repair: bool) -> Project | None:
    found = looked_up(connection, about)
    if found is None:
        known_subject(moment, project=about.title, task=None)
    if found is None and repair:
        overlap = moment.value(OVERLAP, title=about.title) or 1
        made = create(connection, about.title, about.screen, overlap=overlap)
        mark(connection, made, about.store_id, about.step)
        return get(connection, made)
    return found


def _pushed(moment: Moment, about: Subject) -> list[StoreTask]:
    return [StoreTask(**row) for row in moment.table(PUSHED, project=about.title).to_pylist()]


def _seen(desk: Desk, moment: Moment) -> Seen:
    pushed, listed, screen = _pushed(moment, desk.about), all_tasks(desk.connection, desk.target), desk.about.screen
    return Seen(
        difference(listed, pushed),
        unreadable_tasks(desk.connection, listed, pushed, Reader(screen.labels, screen.low, screen.high)),
        desk.target.skipped != SKIPPED,
        missing_names(desk.target.label_config, screen.labels),
    )


def _repair(desk: Desk, seen: Seen, moment: Moment, journal: Journal) -> None:
    found = seen.of
    ask_others(desk.connection, seen.unreadable)
    if seen.is_sharing:
        adjust(desk.connection, desk.target, skip_queue=SKIPPED)
    delete(desk.connection, desk.target, found.doubled)
    close(desk.connection, waiting(desk.connection, found.doubled_answered))
    if found.moved:
        rows = moment.table(OPEN, project=desk.about.title, ids=list(found.moved)).to_pylist()
        desk = _commit(desk, "moved", rows, found.moved, journal)
    strange = {str(t.post_id): t.task_id for t in found.unknown if t.post_id and t.task_id not in found.beside}
    rows = moment.table(POSTS, task=desk.about.task, ids=list(strange)).to_pylist() if strange else []
    adopted = [row | {"round": ADOPTED, "overlap": desk.target.overlap} for row in rows]
    desk = _commit(desk, ADOPTED, adopted, strange, journal)
    if found.missing:
        _push_again(desk, found, moment, journal)


def _commit(desk: Desk, name: str, rows: list[dict[str, Any]], task_ids: dict[str, int], journal: Journal) -> Desk:
    """The desk after it, one step further where there was something to commit."""
    if not rows:
        return desk
    posts = tuple(task_post(row, row["round"], (), row["overlap"]) for row in rows)
    of = Round(f"{name}-{desk.about.step}", desk.about.task, desk.about.screen.opinion, posts, task_ids)
    return desk.after(commit(desk, of, journal))


def _push_again(desk: Desk, found: Difference, moment: Moment, journal: Journal) -> None:
    rows = moment.table(OPEN, project=desk.about.title, ids=list(found.missing)).to_pylist()
    seen = addresses(moment, desk.connection, rows)
    posts = tuple(task_post(row, row["round"], seen[row["post_id"]], row["overlap"]) for row in rows)
    name, opinion = f"again-{desk.about.step}", desk.about.screen.opinion
    of = Round(name, desk.about.task, opinion, posts, project=desk.about.title)
    if posts:
        intend(journal, of)
        carry_out(desk, of, moment, journal)


def _told(desk: Desk, found: Seen, moment: Moment, *, repair: bool) -> Reconciled:
    left = found
    if repair:
        with desk.store.moment() as now:
            left = _seen(replace(desk, target=get(desk.connection, desk.target)), now)
    asks = bool(waiting(desk.connection, left.of.doubled_answered))
    problems = tuple(_problems(found, closes=asks or repair, repair=repair))
    is_left = left.unreadable or left.is_sharing or left.screen or asks
    return Reconciled(desk.about.title, problems, _is_agreed(left.of, moment, desk.about.task) and not is_left)


def _is_agreed(left: Difference, moment: Moment, task: str) -> bool:
    """Tasks of posts that cannot be adopted, such as sealed ones, are not ours to mend."""
    ids = [each.post_id for each in left.unknown if each.post_id]
    n_ours = moment.table(POSTS, task=task, ids=ids).num_rows if ids else 0
    return not (left.missing or left.moved or left.doubled or n_ours)


def _problems(seen: Seen, *, closes: bool, repair: bool) -> Iterable[tuple[str, int, str]]:
    todo, found = "msa review reconcile --repair", seen.of
    named = (
        ("open posts without a task", len(found.missing), "pushed again"),
        ("tasks under another id", len(found.moved), "taken over"),
        ("tasks that the store never pushed", len(found.unknown), "adopted where the store has the post"),
        ("doubled tasks", len(found.doubled), "deleted, being unanswered"),
        ("doubled-answered tasks", len(found.doubled_answered), "closed, every answer counts" if closes else ""),
        ("judged tasks with too few answers that can be read", len(seen.unreadable), "others are asked"),
        ("settings that show skipped posts to others", int(seen.is_sharing), "skipped posts are done"),
        ("answered posts whose task is gone", len(found.lost), ""),
    )
    for what, n, done in named:
        if n:
            yield what, n, "nothing: the answers stand in the store" if not done else done if repair else todo
    if seen.screen:
        yield f"the screen lacks {', '.join(seen.screen)}", len(seen.screen), "msa review push --restore-screen"


def command(
    store: StoreOption = DEFAULT_STORE,
    project: ProjectOption = None,
    task: TaskOption = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended.")] = False,
    pseudonyms: Annotated[bool, typer.Option("--pseudonyms", help="Keep no reviewer's name.")] = False,
) -> None:
    """Exit 1 where server and store still disagree."""
    opened = open_store(store)
    done = reconcile(opened, project=project, task=task, repair=repair)
    if done.problems:
        show(done.title, ["what", "how many", "mended" if repair else "what to do"], done.problems)
    if done.is_agreed:
        say(f"{done.title}: server and store agree")
        for line in lines(pull(opened, project=done.title, full=True, pseudonyms=pseudonyms)):
            say(line)
    else:
        raise typer.Exit(1)
