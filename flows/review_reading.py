"""One reading of the review server, whole or what changed, compared with what the store took from it earlier."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from flows.reviewing import Desk, Subject
from labelstudio.answers import Reader, Said, Unreadable
from labelstudio.changes import Changes, changes
from labelstudio.listing import ServerTask, all_tasks, changed_tasks
from msa_core.records import Annotation, Quarantined
from warehouse import Moment, digest

HEADS = "from annotation_heads where project = $project order by annotation_id"
PULLED = "select cursor, n_unmatched from review_projects where project = $project"
ASIDE = "select quarantine_id, post_id, server_id, reason from quarantine where project = $project"
OURS = (
    "select post_id, coalesce(refusal, if(task = $task, null, 'other-task')) as refusal from answerable_posts "
    "where post_id in (select unnest($ids))"
)
LOST = "lost-by-server"


@dataclass(frozen=True, slots=True)
class Known:
    """What the store took from a project already. `lost`: heads that the server forgot; they are in no other list.
    `aside`: ids of what was put aside; `aside_ids`: of the server.
    """

    heads: list[Annotation]
    lost: list[Annotation]
    aside: frozenset[str]
    aside_ids: frozenset[int]
    cursor: datetime | None
    n_unmatched: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What is new. `n_held`: answers of the server that the store can tell, whichever way it took them."""

    of: Changes
    quarantined: list[Quarantined]
    cursor: datetime | None
    n_held: int


def known(moment: Moment, title: str) -> Known:
    """From the facts."""
    names = [field.name for field in fields(Annotation)]
    heads = [Annotation(**row) for row in moment.table(HEADS, project=title).select(names).to_pylist()]
    aside = moment.table(ASIDE, project=title).to_pylist()
    ids = frozenset(row["quarantine_id"] for row in aside)
    is_lost = {head.annotation_id: _lost(head, title).quarantine_id in ids for head in heads}
    pulled = next(iter(moment.table(PULLED, project=title).to_pylist()), {"cursor": None, "n_unmatched": None})
    return Known(
        [head for head in heads if not is_lost[head.annotation_id]],
        [head for head in heads if is_lost[head.annotation_id]],
        ids,
        frozenset(row["server_id"] for row in aside if row["reason"] != LOST),
        datetime.fromisoformat(pulled["cursor"]) if pulled["cursor"] else None,
        pulled["n_unmatched"] or 0,
    )


def read(desk: Desk, moment: Moment, before: Known, *, full: bool) -> Reading:
    """What changed since the cursor; everything where there is none, where the server's data are older than the store,
    or where its count of answers does not fit: an answer went by unseen, or a task went with its answers.
    """
    if before.cursor is None or full or desk.is_older:
        listing = all_tasks(desk.connection, desk.target, is_answered=not before.heads)
        return compared(desk.about, listing, moment, before, is_older=desk.is_older)
    found = compared(desk.about, changed_tasks(desk.connection, desk.target, since=before.cursor), moment, before)
    if desk.target.n_answers - found.n_held == before.n_unmatched:
        return found
    return compared(desk.about, all_tasks(desk.connection, desk.target), moment, before)


def compared(
    about: Subject,
    listing: Sequence[ServerTask],
    moment: Moment,
    before: Known,
    *,
    is_older: bool = False,
    file_of: str | None = None,
) -> Reading:
    """The tasks as they were read, against what is known. `is_older`: what is absent there is not withdrawn. `file_of`:
    whose file they are; it is a part of the answers, and its users are nobody else's.
    """
    reader = Reader(about.screen.labels, about.screen.low, about.screen.high)
    ours = _ours(about, moment, listing)
    answers = [each for task in listing for each in reader.read(task, ours)]
    of = changes(
        [_of_file(each, file_of) for each in answers if isinstance(each, Said)],
        before.heads,
        project=about.title,
        tasks={task.task_id: task for task in listing},
        lost=before.lost,
        absence="untold" if file_of else "lost" if is_older else "withdrawn",
    )
    refused = [_aside(each, about.title) for each in answers if isinstance(each, Unreadable)]
    rows = {row.quarantine_id: row for row in [*refused, *(_lost(row, about.title) for row in of.kept)]}
    new = [rows[key] for key in sorted(rows.keys() - before.aside)]
    cursor = max((task.updated_at for task in listing), default=before.cursor)
    return Reading(of, new, cursor, _n_held(before, of, refused))


def _of_file(said: Said, name: str | None) -> Said:
    """The user ids of a file are those of some other server."""
    if name is None or said.origin == "simulated":
        return said
    return replace(said, annotator=f"{name}:{said.annotator.rpartition(':')[2]}")


def _ours(about: Subject, moment: Moment, listing: Sequence[ServerTask]) -> dict[str, str | None]:
    """Those of the listed posts that the store has, each with why its answers are not taken, if they are not."""
    ids = sorted({task.post_id for task in listing if task.post_id})
    if not ids:
        return {}
    return {row["post_id"]: row["refusal"] for row in moment.table(OURS, ids=ids, task=about.task).to_pylist()}


def _n_held(before: Known, of: Changes, refused: Sequence[Quarantined]) -> int:
    """Answers of the server that the store can tell, whichever way it took them."""
    past = {row.annotation_id for row in of.kept} | {row.supersedes for row in of.annotations}
    stands = [*(head for head in before.heads if head.annotation_id not in past), *of.annotations]
    held = {row.server_id for row in stands if row.status != "deleted"}
    return len(held | before.aside_ids | {row.server_id for row in refused})


def _aside(of: Unreadable, title: str) -> Quarantined:
    key = digest([title, of.reason, of.detail, of.post_id, of.annotator, of.server_id])
    return Quarantined(
        f"quarantine-{key}", title, of.reason, of.detail, of.post_id, of.annotator, of.task_id, of.server_id
    )


def _lost(row: Annotation, title: str) -> Quarantined:
    key = digest([title, LOST, row.annotation_id])
    detail = f"{row.modality}: {row.label or row.status}; the server went back to older data, the answer is kept here"
    return Quarantined(f"quarantine-{key}", title, LOST, detail, row.post_id, row.annotator, row.task_id, row.server_id)
