"""The other end of Label Studio's webhooks: checks the secret, answers at once, passes a hint on, reads no payload."""

import hmac
from collections.abc import Callable

from label_studio_sdk.core.request_options import RequestOptions
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from labelstudio.connection import ONCE, Connection
from labelstudio.project import Project

HEADER = "X-MSA-Secret"
SOON: RequestOptions = {"max_retries": 0, "timeout_in_seconds": 5}  # whoever stops us does not wait for a dead server
ACTIONS = (
    "ANNOTATION_CREATED",
    "ANNOTATIONS_CREATED",
    "ANNOTATION_UPDATED",
    "ANNOTATIONS_DELETED",
    "TASKS_DELETED",
)


def receiver(secret: str, hint: Callable[[], None]) -> Starlette:
    """An application for POST /. What a webhook says is never believed: it only says that a pull is worth it."""

    async def take(request: Request) -> Response:
        given = request.headers.get(HEADER, "")
        if not hmac.compare_digest(given.encode(), secret.encode()):
            return PlainTextResponse("wrong secret\n", status_code=403)
        hint()
        return PlainTextResponse("heard\n", status_code=202)

    return Starlette(routes=[Route("/", take, methods=["POST"])])


def register(connection: Connection, project: Project, *, url: str, secret: str) -> None:
    """Have the server call `url`, once for each address, with the secret of today; what a killed listener left there is
    taken over.
    """
    asked = {"headers": {HEADER: secret}, "is_active": True, "send_payload": False, "actions": list(ACTIONS)}
    with connection.asking("register the webhook"):
        hooks = connection.client.webhooks.list(project=project.project_id)
        standing = [hook for hook in hooks if hook.url == url]
        for hook in standing[1:]:
            connection.client.webhooks.delete(id=hook.id, request_options=ONCE)
        if standing:
            connection.client.webhooks.update(id=standing[0].id, url=url, request_options=ONCE, **asked)
        else:
            connection.client.webhooks.create(url=url, project=project.project_id, request_options=ONCE, **asked)


def unregister(connection: Connection, project: Project, *, url: str) -> None:
    """Have the server call `url` no more: each call that nobody hears makes a reviewer wait."""
    with connection.asking("take the webhook back"):
        for hook in connection.client.webhooks.list(project=project.project_id, request_options=SOON):
            if hook.url == url:
                connection.client.webhooks.delete(id=hook.id, request_options=SOON)
