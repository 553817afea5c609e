"""Whose file of answers it is: ids that the store knows of a person must be that person's answers."""

from collections.abc import Iterator, Sequence

from labelstudio.listing import ServerAnswer, ServerTask
from msa_core.records import Annotation


def not_of(whose: str, listing: Sequence[ServerTask], heads: Sequence[Annotation]) -> Iterator[int]:
    """Ids of answers in a file that `whose` gave as other answers, says the store: every server counts from 1. An older
    file of the same person is told apart from another person's by nothing; what it holds is past.
    """
    known: dict[int, list[Annotation]] = {}
    for head in heads:
        if head.annotator.rpartition(":")[0] == whose and head.server_id is not None:
            known.setdefault(head.server_id, []).append(head)
    for task in listing:
        for answer in task.answers:
            if not all(_may_be(task, answer, head) for head in known.get(answer.server_id, ())):
                yield answer.server_id


def _may_be(task: ServerTask, answer: ServerAnswer, head: Annotation) -> bool:
    """About the same post, begun before the store took it, and not older than that."""
    if task.post_id != head.post_id or head.annotated_at is None:
        return task.post_id == head.post_id
    begun = answer.created_at or head.annotated_at
    return begun <= head.annotated_at <= answer.updated_at
