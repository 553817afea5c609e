"""What the server says now against what the store took earlier: new answers, corrections, withdrawals, returns"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from labelstudio.answers import Said
from labelstudio.listing import ServerTask
from msa_core.records import Annotation

Chain = tuple[str, int, str, str]  # post_id, server_id, annotator, modality: one answer through its corrections
Absence = Literal["withdrawn", "lost", "untold"]  # by a person, by a server with older data, or only a part was read


@dataclass(frozen=True, slots=True)
class Changes:
    """`n_changed`: also lost answers that are said again. `kept`: answers that the server lost when it went back to
    older data; the store holds on to them.
    """

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
    lost: Sequence[Annotation] = (),
    absence: Absence = "withdrawn",
) -> Changes:
    """`standing`: the last word of each chain; `lost`: of those that the server forgot. `tasks`: those that were read,
    by id. `absence` is what it means that an answer is not there. What was lost and is said again corrects the lost
    answer, also where it says the same: so it can be withdrawn.
    """
    heads = {_chain(each): each for each in standing}
    now = {(each.post_id, each.server_id, each.annotator, each.modality): each for each in said}
    absent = [heads[at] for at in sorted(heads.keys() - now.keys()) if _is_read(heads[at], tasks)]
    forgotten = absent if absence == "lost" else []
    back = _back({at: now[at] for at in sorted(now.keys() - heads.keys())}, [*lost, *forgotten])
    rows = list(_spoken(now, heads, back, [*standing, *lost], project))
    n_new = sum(row.supersedes is None for row in rows)
    n_changed = len(rows) - n_new
    gone = absent if absence == "withdrawn" else []
    rows.extend(_withdrawn(head, tasks[head.task_id or 0].updated_at) for head in gone)
    returned = {head.annotation_id for head in back.values()}
    kept = [head for head in forgotten if head.annotation_id not in returned]
    return Changes(tuple(rows), n_new, n_changed, len(gone), tuple(kept))


def _back(unknown: Mapping[Chain, Said], lost: Sequence[Annotation]) -> dict[Chain, Annotation]:
    """Which lost answer each unknown one brings back: the same, else one that the person gave to the post before."""
    by_chain = {_chain(head): head for head in lost}
    found = {chain: by_chain.pop(chain) for chain in unknown if chain in by_chain}
    by_person: dict[tuple[str, str, str], list[Annotation]] = {}
    for chain, head in sorted(by_chain.items()):
        by_person.setdefault(_person(chain), []).append(head)
    for chain, said in unknown.items():
        waiting = by_person.get(_person(chain), [])
        if chain not in found and waiting and not _is_past(said, waiting[-1]):
            found[chain] = waiting.pop()
    return found


def _spoken(
    now: Mapping[Chain, Said],
    heads: Mapping[Chain, Annotation],
    back: Mapping[Chain, Annotation],
    taken: Sequence[Annotation],
    project: str,
) -> Iterator[Annotation]:
    """A row for each answer that says something new, or that is back."""
    counts = _counts(taken)
    for chain, said in sorted(now.items(), key=lambda each: each[0]):
        head = heads.get(chain) or back.get(chain)
        is_told = chain in heads and _content(heads[chain]) == _content(said)
        if head is not None and (is_told or _is_past(said, head)):
            continue
        of = counts.setdefault(_person(chain), {})
        server_id = int(head.server_id or 0) if head else chain[1]
        yield _row(said, project, head, of.setdefault(server_id, len(of)))


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
