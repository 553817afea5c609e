"""One reading of the review server, whole or what changed, compared with what the store took from it earlier."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

from flows.reviewing import Desk, Subject
from labelstudio.answers import Reader, Said, Unreadable
from labelstudio.changes import Changes, changes
from labelstudio.listing import ServerTask, all_tasks, changed_tasks
from msa_core.records import Annotation, Quarantined
from warehouse import Moment, digest

HEADS = "from annotation_heads where project = $project order by annotation_id"
PULLED_COLUMNS = ("cursor", "n_unmatched", "server")
PULLED = "from review_projects where project = $project"
LOST_IDS = "select quarantine_id from quarantine where project = $project and reason = $lost"
UNREADABLE = "from unreadable_answers where project = $project order by quarantine_id"
OURS = (
    "select post_id, coalesce(refusal, if(task = $task, null, 'other-task')) as refusal from answerable_posts "
    "where post_id in (select unnest($ids))"
)
LOST, WITHDRAWN = "lost-by-server", "withdrawn"


@dataclass(frozen=True, slots=True)
class Known:
    """What the store took from a project already. `lost`: heads that the server forgot; they are in no other list.
    `unreadable`: what was put aside, and stands so; `told`: ids of these, and of what is told to be lost. `server`: by
    which name its people are kept, if any was said.
    """

    heads: list[Annotation]
    lost: list[Annotation]
    unreadable: list[Quarantined]
    told: frozenset[str]
    cursor: datetime | None
    n_unmatched: int
    server: str | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What is new. `quarantined`: also what the server lost, and what was put aside and is withdrawn. `n_held`: answers
    of the server that the store can tell, whichever way it took them.
    """

    of: Changes
    quarantined: list[Quarantined]
    cursor: datetime | None
    n_held: int


def known(moment: Moment, title: str) -> Known:
    """From the facts."""
    names = [field.name for field in fields(Annotation)]
    heads = [Annotation(**row) for row in moment.table(HEADS, project=title).select(names).to_pylist()]
    columns = [field.name for field in fields(Quarantined)]
    aside = [Quarantined(**row) for row in moment.table(UNREADABLE, project=title).select(columns).to_pylist()]
    ids = frozenset(moment.table(LOST_IDS, project=title, lost=LOST)["quarantine_id"].to_pylist())
    is_lost = {head.annotation_id: _lost(head, title).quarantine_id in ids for head in heads}
    pulled = next(iter(moment.table(PULLED, project=title).to_pylist()), dict.fromkeys(PULLED_COLUMNS))
    return Known(
        [head for head in heads if not is_lost[head.annotation_id]],
        [head for head in heads if is_lost[head.annotation_id]],
        aside,
        ids | {row.quarantine_id for row in aside},
        datetime.fromisoformat(pulled["cursor"]) if pulled["cursor"] else None,
        pulled["n_unmatched"] or 0,
        pulled["server"],
    )


def read(desk: Desk, moment: Moment, before: Known, *, full: bool) -> Reading:
    """What changed since the cursor; everything where there is none, where the server's data are older than the store,
    or where its count of answers does not fit: an answer went by unseen, or a task went with its answers.
    """
    if before.cursor is None or full or desk.is_older:
        listing = all_tasks(desk.connection, desk.target, is_answered=not (before.heads or before.unreadable))
        return compared(desk.about, listing, moment, before, is_older=desk.is_older, is_whole=True)
    found = compared(desk.about, changed_tasks(desk.connection, desk.target, since=before.cursor), moment, before)
    if desk.target.n_answers - found.n_held == before.n_unmatched:
        return found
    return compared(desk.about, all_tasks(desk.connection, desk.target), moment, before, is_whole=True)


def compared(
    about: Subject,
    listing: Sequence[ServerTask],
    moment: Moment,
    before: Known,
    *,
    is_older: bool = False,
    is_part: bool = False,
    is_whole: bool = False,
) -> Reading:
    """The tasks as they were read, against what is known. `is_older`, `is_part` (of the answers, as a file is): what is
    absent there is not withdrawn. `is_whole`: no task was left out. Who answered is told by `about.server`.
    """
    reader = Reader(about.screen.labels, about.screen.low, about.screen.high)
    ours = _ours(about, moment, listing)
    answers = [_of_server(each, about.server) for task in listing for each in reader.read(task, ours)]
    tasks = {task.task_id: task for task in listing}
    of = changes(
        [each for each in answers if isinstance(each, Said)],
        before.heads,
        project=about.title,
        tasks=tasks,
        lost=before.lost,
        absence="untold" if is_part else "lost" if is_older else "withdrawn",
    )
    refused = [_aside(each, about.title) for each in answers if isinstance(each, Unreadable)]
    gone = [] if is_part or is_older else [row for row in before.unreadable if _is_gone(row, tasks, is_whole=is_whole)]
    rows = {row.quarantine_id: row for row in [*refused, *(_lost(row, about.title) for row in of.kept)]}
    new = [*(rows[key] for key in sorted(rows.keys() - before.told)), *map(_withdrawn, gone)]
    cursor = max((task.updated_at for task in listing), default=before.cursor)
    return Reading(of, new, cursor, _n_held(before, of, refused, gone))


def _of_server(told: Said | Unreadable, name: str | None) -> Said | Unreadable:
    """Every server counts its users from 1, also the one that a file came from."""
    if name is None or told.annotator.startswith("simulated:"):
        return told
    return replace(told, annotator=f"{name}:{told.annotator.rpartition(':')[2]}")


def _ours(about: Subject, moment: Moment, listing: Sequence[ServerTask]) -> dict[str, str | None]:
    """Those of the listed posts that the store has, each with why its answers are not taken, if they are not."""
    ids = sorted({task.post_id for task in listing if task.post_id})
    if not ids:
        return {}
    return {row["post_id"]: row["refusal"] for row in moment.table(OURS, ids=ids, task=about.task).to_pylist()}


def _is_gone(row: Quarantined, tasks: Mapping[int, ServerTask], *, is_whole: bool) -> bool:
    """Whether an answer that could not be read is no longer there, as far as the tasks were read."""
    task = tasks.get(row.task_id or 0)
    if task is None:
        return is_whole
    return row.server_id not in {answer.server_id for answer in task.answers}


def _n_held(before: Known, of: Changes, refused: Sequence[Quarantined], gone: Sequence[Quarantined]) -> int:
    """Answers of the server that the store can tell, whichever way it took them."""
    past = {row.annotation_id for row in of.kept} | {row.supersedes for row in of.annotations}
    stands = [*(head for head in before.heads if head.annotation_id not in past), *of.annotations]
    held = {row.server_id for row in stands if row.status != "deleted"}
    aside = {row.server_id for row in before.unreadable} - {row.server_id for row in gone}
    return len(held | aside | {row.server_id for row in refused})


def _aside(of: Unreadable, title: str) -> Quarantined:
    key = digest([title, of.reason, of.detail, of.post_id, of.annotator, of.server_id])
    return Quarantined(
        f"quarantine-{key}", title, of.reason, of.detail, of.post_id, of.annotator, of.task_id, of.server_id
    )


def _withdrawn(row: Quarantined) -> Quarantined:
    key = digest([row.project, WITHDRAWN, row.quarantine_id])
    detail = f"{row.reason}; the answer is no longer there"
    return replace(row, quarantine_id=f"quarantine-{key}", reason=WITHDRAWN, detail=detail)


def _lost(row: Annotation, title: str) -> Quarantined:
    key = digest([title, LOST, row.annotation_id])
    detail = f"{row.modality}: {row.label or row.status}; the server went back to older data, the answer is kept here"
    return Quarantined(f"quarantine-{key}", title, LOST, detail, row.post_id, row.annotator, row.task_id, row.server_id)
