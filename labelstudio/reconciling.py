"""Where server and store do not agree on the tasks of a project."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from labelstudio.importing import doubled
from labelstudio.listing import ServerTask


@dataclass(frozen=True, slots=True)
class StoreTask:
    """A post that the store believes to be on the server. `overlap`: how many people are to judge it."""

    post_id: str
    task_id: int | None
    is_open: bool
    overlap: int = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """`missing`: open posts without a task. `moved`: posts whose task has another id. `unknown`: tasks that the store
    never pushed. `doubled`: unanswered tasks of posts that have another. `doubled_answered`: answered tasks of posts
    that have another answered one; every answer counts. `lost`: answered posts without a task.
    """

    missing: tuple[str, ...]
    moved: dict[str, int]
    unknown: tuple[ServerTask, ...]
    doubled: tuple[int, ...]
    doubled_answered: tuple[ServerTask, ...]
    lost: tuple[str, ...]

    @property
    def beside(self) -> frozenset[int]:
        """Tasks beside the one that stands for its post."""
        return frozenset(self.doubled) | {task.task_id for task in self.doubled_answered}


def difference(listed: Sequence[ServerTask], pushed: Sequence[StoreTask]) -> Difference:
    """The server's tasks, all of them, against the store's."""
    extra = doubled(listed)
    known = {task.post_id: task.task_id for task in pushed}
    again = _judged_again(listed, known)
    ids = {task.task_id for task in listed} - set(extra)
    first = ids - {task.task_id for task in again}
    there = {task.post_id: task.task_id for task in listed if task.post_id and task.task_id in first}
    return Difference(
        missing=tuple(sorted(task.post_id for task in pushed if task.is_open and task.post_id not in there)),
        moved={
            task.post_id: there[task.post_id]
            for task in sorted(pushed, key=lambda task: task.post_id)
            if task.is_open and task.task_id not in ids and task.post_id in there
        },
        unknown=tuple(task for task in listed if task.post_id not in known),
        doubled=tuple(extra),
        doubled_answered=again,
        lost=tuple(sorted(task.post_id for task in pushed if not task.is_open and task.post_id not in there)),
    )


def _judged_again(listed: Sequence[ServerTask], known: Mapping[str, int | None]) -> tuple[ServerTask, ...]:
    """All but one answered task of each post: that one is the store's own, else the first."""
    by_post: dict[str, list[ServerTask]] = {}
    for task in sorted(listed, key=lambda task: (task.task_id != known.get(str(task.post_id)), task.task_id)):
        if task.post_id and task.answers:
            by_post.setdefault(task.post_id, []).append(task)
    again = (task for same in by_post.values() for task in same[1:])
    return tuple(sorted(again, key=lambda task: task.task_id))
