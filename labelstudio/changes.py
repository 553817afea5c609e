"""What the server says now against what the store took earlier: new answers, corrections, withdrawals"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from labelstudio.answers import Said
from labelstudio.listing import ServerTask
from msa_core.records import Annotation

Chain = tuple[str, int, str, str]  # post_id, server_id, annotator, modality: one answer through its corrections


@dataclass(frozen=True, slots=True)
class Changes:
    """`kept`: answers that the server lost when it went back to older data; the store holds on to them."""

    annotations: tuple[Annotation, ...]
    n_new: int
    n_changed: int
    n_deleted: int
    kept: tuple[Annotation, ...]


def changes(
    said: Iterable[Said],
    standing: Sequence[Annotation],
    *,
    project: str,
    tasks: Mapping[int, ServerTask],
    is_older: bool = False,
    is_part: bool = False,
) -> Changes:
    """`standing`: the last word of each chain. `tasks`: those that were read, by id. Where the server's data are older
    than the store, an absent answer is no withdrawal; nor is it where they are a part (`is_part`).
    """
    heads = {_chain(each): each for each in standing}
    now = {(each.post_id, each.server_id, each.annotator, each.modality): each for each in said}
    counts = _counts(standing)
    rows: list[Annotation] = []
    n_new = n_changed = 0
    for chain in sorted(now):
        head = heads.get(chain)
        if head is not None and (_content(head) == _content(now[chain]) or _is_past(now[chain], head)):
            continue
        nth = counts.setdefault(_person(chain), {}).setdefault(chain[1], len(counts[_person(chain)]))
        rows.append(_row(now[chain], project, head, nth))
        n_new, n_changed = n_new + (head is None), n_changed + (head is not None)
    absent = (
        [] if is_part else [head for chain, head in sorted(heads.items()) if chain not in now and _is_read(head, tasks)]
    )
    gone = [] if is_older else absent
    rows.extend(_withdrawn(head, tasks[head.task_id or 0].updated_at) for head in gone)
    return Changes(tuple(rows), n_new, n_changed, len(gone), tuple(absent) if is_older else ())


def annotation_id(*natural_key: object) -> str:
    """`annotation-<digest>`; no id of the server is in it, so that equal reviews give equal ids."""
    text = json.dumps(natural_key, ensure_ascii=False, separators=(",", ":"))
    return f"annotation-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def _is_past(said: Said, head: Annotation) -> bool:
    """Whether the server or the file shows what an answer was before the store's last word of it."""
    return head.annotated_at is not None and said.annotated_at < head.annotated_at


def _is_read(head: Annotation, tasks: Mapping[int, ServerTask]) -> bool:
    """Whether the head still stands, on a task that was read. Servers give the ids of deleted tasks to new ones."""
    task = tasks.get(head.task_id or 0)
    if head.status == "deleted" or task is None or task.post_id != head.post_id:
        return False
    return head.annotated_at is None or task.created_at <= head.annotated_at


def _chain(row: Annotation) -> Chain:
    return (row.post_id, int(row.server_id or 0), row.annotator, row.modality)


def _person(chain: Chain) -> tuple[str, str, str]:
    return (chain[0], chain[2], chain[3])


def _counts(standing: Sequence[Annotation]) -> dict[tuple[str, str, str], dict[int, int]]:
    """Per person and post: the server's answers in the order they were first taken."""
    found: dict[tuple[str, str, str], dict[int, int]] = {}
    for row in sorted(standing, key=_chain):
        chain = _chain(row)
        of = found.setdefault(_person(chain), {})
        of.setdefault(chain[1], len(of))
    return found


def _content(row: Said | Annotation) -> tuple[object, ...]:
    return (row.label, row.score, row.status, row.comment)


def _row(said: Said, project: str, head: Annotation | None, nth: int) -> Annotation:
    corrects = head.annotation_id if head else None
    key = (project, said.post_id, said.annotator, said.modality, *_content(said), nth, corrects)
    return Annotation(
        annotation_id=annotation_id(*key),
        post_id=said.post_id,
        annotator=said.annotator,
        modality=said.modality,
        label=said.label,
        score=said.score,
        status=said.status,
        comment=said.comment,
        origin=said.origin,
        model_id_shown=said.model_id_shown,
        lead_time_s=said.lead_time_s,
        annotated_at=said.annotated_at,
        project=project,
        task_id=said.task_id,
        server_id=said.server_id,
        supersedes=corrects,
    )


def _withdrawn(head: Annotation, at: datetime) -> Annotation:
    return Annotation(
        annotation_id=annotation_id("deleted", head.annotation_id),
        post_id=head.post_id,
        annotator=head.annotator,
        modality=head.modality,
        label=None,
        score=None,
        status="deleted",
        comment=None,
        origin=head.origin,
        model_id_shown=head.model_id_shown,
        lead_time_s=None,
        annotated_at=at,
        project=head.project,
        task_id=head.task_id,
        server_id=head.server_id,
        supersedes=head.annotation_id,
    )
