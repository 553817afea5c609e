"""Tasks and answers as they stand on the server, read whole or since a moment. Nothing of it is trusted yet."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from labelstudio.connection import Connection
from labelstudio.errors import ReviewError
from labelstudio.project import Project

PAGE = 100
AS_FILTERED = "%Y-%m-%dT%H:%M:%S.%fZ"  # the one form that the server's filters take
WORTH_PAGING = 300  # beyond it one export is faster than its pages


@dataclass(frozen=True, slots=True)
class ServerAnswer:
    """One annotation of one person on one task; `result` is Label Studio's own form. `created_at` is null where a file
    leaves it out.
    """

    server_id: int
    user_id: int
    result: tuple[Mapping[str, Any], ...]
    is_skipped: bool
    lead_time_s: float | None
    updated_at: datetime
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServerTask:
    """`post_id` and `model_id_shown` are what the task's data say; `updated_at` moves with each of its answers."""

    task_id: int
    post_id: str | None
    round: str | None
    model_id_shown: str | None
    created_at: datetime
    updated_at: datetime
    answers: tuple[ServerAnswer, ...]
    data: Mapping[str, Any]


def all_tasks(connection: Connection, project: Project, *, is_answered: bool = False) -> list[ServerTask]:
    """Every task, in one request; `is_answered`: only those with an answer."""
    with connection.asking(f"export the project {project.title!r}"):
        pieces = connection.client.projects.exports.download_sync(
            project.project_id, export_type="JSON", download_all_tasks=not is_answered
        )
        found = json.loads(b"".join(pieces))
    return [_task(each) for each in found]


def changed_tasks(connection: Connection, project: Project, *, since: datetime) -> list[ServerTask]:
    """Tasks that changed after `since`: one request where nothing did."""
    query = {
        "filters": {
            "conjunction": "and",
            "items": [
                {
                    "filter": "filter:tasks:updated_at",
                    "operator": "greater",
                    "type": "Datetime",
                    "value": since.astimezone(UTC).strftime(AS_FILTERED),
                }
            ],
        }
    }
    with connection.asking(f"list the changed tasks of {project.title!r}"):
        pager = connection.client.tasks.list(project=project.project_id, page_size=PAGE, query=json.dumps(query))
        total = getattr(pager.response, "total", None) or 0
        if total > WORTH_PAGING:
            return all_tasks(connection, project)
        found = list(pager.items or []) if total <= PAGE else list(pager)
    return [_task(each.model_dump(mode="json")) for each in found]


def tasks_of(raw: bytes) -> list[ServerTask]:
    """The tasks of a JSON export of Label Studio, in UTF-8, -16 or -32. Raises ReviewError where it is none: JSON-MIN
    has the answers beside the data, where nothing of them would be seen.
    """
    try:
        rows = json.loads(raw)
        if not all({"data", "annotations"} <= row.keys() for row in rows):
            raise KeyError
        return list(map(_task, rows))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ReviewError(
            "This is no JSON export of Label Studio (a list of tasks with data and annotations). Export the project "
            "there as JSON, not JSON-MIN."
        ) from error


def _task(found: Mapping[str, Any]) -> ServerTask:
    data = found.get("data") or {}
    return ServerTask(
        task_id=int(found["id"]),
        post_id=_text(data.get("post_id")),
        round=_text(data.get("round")),
        model_id_shown=_text(data.get("model_id_shown")),
        created_at=_at(found["created_at"]),
        updated_at=_at(found["updated_at"]),
        answers=tuple(_answer(each) for each in found.get("annotations") or ()),
        data=data,
    )


def _answer(found: Mapping[str, Any]) -> ServerAnswer:
    by = found["completed_by"]
    return ServerAnswer(
        server_id=int(found["id"]),
        user_id=int(by["id"] if isinstance(by, dict) else by or 0),
        result=tuple(each if isinstance(each, dict) else {"from_name": each} for each in found.get("result") or ()),
        is_skipped=bool(found.get("was_cancelled")),
        lead_time_s=found.get("lead_time"),
        updated_at=_at(found["updated_at"]),
        created_at=_at(found["created_at"]) if found.get("created_at") else None,
    )


def _at(told: str) -> datetime:
    """A file may leave out that it is UTC."""
    at = datetime.fromisoformat(told)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
