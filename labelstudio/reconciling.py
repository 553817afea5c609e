"""Where server and store do not agree on the tasks of a project."""

from collections.abc import Sequence
from dataclasses import dataclass

from labelstudio.importing import doubled
from labelstudio.listing import ServerTask


@dataclass(frozen=True, slots=True)
class StoreTask:
    """A post that the store believes to be on the server."""

    post_id: str
    task_id: int | None
    is_open: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """`missing`: open posts without a task. `moved`: posts whose task has another id. `unknown`: tasks that the store
    never pushed. `doubled`: unanswered tasks of posts that have another. `lost`: answered posts without a task.
    """

    missing: tuple[str, ...]
    moved: dict[str, int]
    unknown: tuple[ServerTask, ...]
    doubled: tuple[int, ...]
    lost: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether the two agree; an answered post whose task is gone needs nothing more."""
        return not (self.missing or self.moved or self.unknown or self.doubled)


def difference(listed: Sequence[ServerTask], pushed: Sequence[StoreTask]) -> Difference:
    """The server's tasks, all of them, against the store's."""
    extra = doubled(listed)
    there = {task.post_id: task.task_id for task in listed if task.post_id and task.task_id not in extra}
    ids = {task.task_id for task in listed}
    known = {task.post_id for task in pushed}
    return Difference(
        missing=tuple(sorted(task.post_id for task in pushed if task.is_open and task.post_id not in there)),
        moved={
            task.post_id: there[task.post_id]
            for task in sorted(pushed, key=lambda task: task.post_id)
            if task.is_open and task.task_id not in ids and task.post_id in there
        },
        unknown=tuple(task for task in listed if task.post_id not in known),
        doubled=tuple(extra),
        lost=tuple(sorted(task.post_id for task in pushed if not task.is_open and task.post_id not in there)),
    )
