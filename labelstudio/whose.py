"""Whose answers they are: people whom their servers number alike are told by a name, and by what they said before."""

from collections.abc import Iterator, Sequence

from labelstudio.errors import ReviewError
from labelstudio.listing import ServerAnswer, ServerTask
from msa_core.records import Annotation

RESERVED = ("label-studio", "simulated")  # whose people are told by these words everywhere else


def check_name(name: str) -> None:
    """Raises ReviewError where answers under that name would be mixed with other people's, or with nobody's."""
    first = name.partition(":")[0].strip().lower()
    if not first:
        raise ReviewError(f"{name!r} is no name to keep people's answers under. Say a word.")
    if first in RESERVED:
        raise ReviewError(
            f"Nobody's answers can be kept under the name {name!r}: it stands for the people of the review server, or "
            "for simulated reviewers, whose answers come by: msa review simulate. Say another name."
        )


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
