"""Tasks that the server takes for judged and the store does not, since too few of their answers can be read"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from labelstudio.answers import Reader, Said
from labelstudio.connection import Connection
from labelstudio.importing import open_again, waiting
from labelstudio.listing import ServerTask
from labelstudio.reconciling import StoreTask


@dataclass(frozen=True, slots=True)
class UnreadableTask:
    """`overlap`: how many answers the task needs until enough of them can be read, if the next ones can."""

    task_id: int
    overlap: int


def unreadable_tasks(
    connection: Connection, listed: Sequence[ServerTask], pushed: Sequence[StoreTask], reader: Reader
) -> list[UnreadableTask]:
    """Open posts of the store whose tasks have answers enough, and for which the server asks nobody any more. Answers
    that were not pulled yet count if they can be read.
    """
    return [
        UnreadableTask(task.task_id, len(task.answers) + lacking)
        for task, same, lacking in _too_few(listed, pushed, reader)
        if not waiting(connection, same)
    ]


def ask_others(connection: Connection, tasks: Sequence[UnreadableTask]) -> None:
    """What was answered stays as it is."""
    for task in tasks:
        open_again(connection, task.task_id, overlap=task.overlap)


def _too_few(
    listed: Sequence[ServerTask], pushed: Sequence[StoreTask], reader: Reader
) -> Iterator[tuple[ServerTask, list[ServerTask], int]]:
    """The store's task, all tasks of its post, and how many people's answers it lacks."""
    by_post: dict[str, list[ServerTask]] = {}
    for task in listed:
        by_post.setdefault(str(task.post_id), []).append(task)
    for post in pushed:
        same = sorted(by_post.get(post.post_id, ()), key=lambda task: (task.task_id != post.task_id, task.task_id))
        if not post.is_open or sum(len(task.answers) for task in same) < max(post.overlap, 1):
            continue
        lacking = post.overlap - _n_judges(same, reader)
        if lacking > 0:
            yield same[0], same, lacking


def _n_judges(same: Sequence[ServerTask], reader: Reader) -> int:
    """As the store counts: a simulated reviewer only where no person answered."""
    said = [each for task in same for each in reader.read(task, {str(task.post_id): None}) if isinstance(each, Said)]
    people = {each.annotator for each in said if each.origin != "simulated"}
    return len(people or {each.annotator for each in said})
