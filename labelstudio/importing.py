"""Tasks onto the server, in batches, each told as it lands; and what is changed of them there"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from labelstudio.connection import ONCE, Connection
from labelstudio.errors import ServerBroken
from labelstudio.listing import ServerTask
from labelstudio.project import Project, get
from labelstudio.tasks import TaskPost, as_task

FIRST_AT_ONCE, TASKS_AT_ONCE = 500, 2500  # a small batch first, so that the server begins while the next is written
HEAVIEST = 100_000_000  # characters of a batch; the server takes 200 MB
QUIET_S = 5.0

Ready = Callable[[Sequence[TaskPost]], None]
Landed = Callable[[dict[str, int]], None]


def import_tasks(
    connection: Connection, project: Project, posts: Sequence[TaskPost], *, opinion: str, ready: Ready, landed: Landed
) -> None:
    """`ready` sees to the images of a batch, and its tasks are written, while the one before it is sent. `landed` hears
    of each batch, post_id → task_id, before the next is sent.
    """

    def written(part: Sequence[TaskPost]) -> bytes:
        ready(part)
        tasks = [as_task(post, opinion=opinion) for post in part]
        return json.dumps(tasks, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()

    with ThreadPoolExecutor(1) as ahead:
        parts = list(_parts(posts))
        coming = [ahead.submit(written, part) for part in parts[:1]]
        for part, following in zip(parts, [*parts[1:], None], strict=False):
            body = coming.pop().result()
            if following is not None:
                coming.append(ahead.submit(written, following))
            landed(_send(connection, project, part, body))


def _parts(posts: Sequence[TaskPost]) -> Iterator[Sequence[TaskPost]]:
    """Batches, each twice as long as the one before, until they are long or heavy enough."""
    part: list[TaskPost] = []
    most, weight = min(FIRST_AT_ONCE, TASKS_AT_ONCE), 0
    for post in posts:
        adds = len(post.text) + sum(map(len, post.images))
        if part and (len(part) == most or weight + adds > HEAVIEST):
            yield part
            part, weight, most = [], 0, min(2 * most, TASKS_AT_ONCE)
        part.append(post)
        weight += adds
    if part:
        yield part


def _send(connection: Connection, project: Project, part: Sequence[TaskPost], body: bytes) -> dict[str, int]:
    with connection.asking(f"import {len(part)} tasks"):
        answer = connection.post(f"api/projects/{project.project_id}/import", body, return_task_ids="true")
    task_ids = answer.get("task_ids") or ()
    if len(task_ids) != len(part):
        raise ServerBroken(
            f"{connection.url} took {len(part)} tasks and named {len(task_ids)}. The same command again looks for them."
        )
    return dict(zip((post.post_id for post in part), task_ids, strict=True))


def settled(connection: Connection, project: Project) -> Project:
    """The project once its number of tasks stands still: a request whose sender died may still be at work."""
    seen, since = get(connection, project), time.monotonic()
    while time.monotonic() - since < QUIET_S:
        time.sleep(QUIET_S / 6)
        now = get(connection, project)
        if now.n_tasks != seen.n_tasks:
            since = time.monotonic()
        seen = now
    return seen


def doubled(tasks: Iterable[ServerTask]) -> list[int]:
    """Ids of unanswered tasks whose post has another task: the answered one stays, else the first."""
    by_post: dict[str, list[ServerTask]] = {}
    for task in tasks:
        if task.post_id:
            by_post.setdefault(task.post_id, []).append(task)
    found: list[int] = []
    for same in by_post.values():
        kept = min(same, key=lambda task: (not task.answers, task.task_id))
        found.extend(task.task_id for task in same if task is not kept and not task.answers)
    return sorted(found)


def delete(connection: Connection, project: Project, task_ids: Sequence[int]) -> None:
    """Take tasks off the server."""
    _act(connection, project, "delete_tasks", task_ids)


def update_predictions(
    connection: Connection, project: Project, posts: Sequence[TaskPost], task_ids: dict[str, int], *, opinion: str
) -> None:
    """A newer model's scores in place of the older one's; the same again gives the same. What a task shows stays: what
    is recorded as shown is what was shown.
    """
    ids = [task_ids[post.post_id] for post in posts]
    tasks = [as_task(post, opinion=opinion) for post in posts]
    _act(connection, project, "delete_tasks_predictions", ids)
    said = [{"task": task_id, **task["predictions"][0]} for task_id, task in zip(ids, tasks, strict=True)]
    with connection.asking("update the predictions"):
        connection.client.projects.import_predictions(id=project.project_id, request=said, request_options=ONCE)


def ask_another(connection: Connection, task_id: int, *, overlap: int, note: str) -> None:
    """One more person for a task that was judged, with a note that says why. The server asks nobody who answered it,
    and nobody at all where its answers, also those that we do not count, are as many as the overlap.
    """
    with connection.asking(f"ask one more reviewer for task {task_id}"):
        found = connection.client.tasks.get(id=str(task_id))
        connection.client.tasks.update(
            id=str(task_id),
            data=dict(found.data or {}) | {"note": note},
            overlap=max(overlap, len(found.annotations or ()) + 1),
            is_labeled=False,
            request_options=ONCE,
        )


def open_again(connection: Connection, task_id: int, *, overlap: int) -> None:
    """Others are asked, until the task has so many answers."""
    with connection.asking(f"open task {task_id} again"):
        connection.client.tasks.update(id=str(task_id), overlap=overlap, is_labeled=False, request_options=ONCE)


def waiting(connection: Connection, tasks: Sequence[ServerTask]) -> list[ServerTask]:
    """Those for which the server still looks for people."""
    with connection.asking("look at tasks"):
        return [task for task in tasks if not connection.client.tasks.get(id=str(task.task_id)).is_labeled]


def close(connection: Connection, tasks: Sequence[ServerTask]) -> None:
    """Nobody else is asked for these; their answers stay."""
    for task in tasks:
        with connection.asking(f"close task {task.task_id}"):
            connection.client.tasks.update(
                id=str(task.task_id), overlap=len(task.answers), is_labeled=True, request_options=ONCE
            )


def _act(connection: Connection, project: Project, action: str, task_ids: Sequence[int]) -> None:
    if not task_ids:
        return
    with connection.asking(action.replace("_", " ")):
        connection.client.actions.create(
            id=action,
            project=project.project_id,
            selected_items={"all": False, "included": list(task_ids)},  # type: ignore[arg-type]
            request_options=ONCE,
        )
