"""What an endpoint is like where its script says nothing: whom it lets in, what it takes, and what it answers."""

from dataclasses import dataclass

from tests.captioning.batch_shelf import Shelf
from tests.captioning.replies import (
    described,
    error,
    image_refused,
    key_refused,
    limit_reached,
    model_unknown,
    schema_refused,
    told,
)
from tests.captioning.request_log import Asked
from tests.captioning.wire import Reply, Request

MODEL, KEY = "scripted-vlm", "sk-scripted"


@dataclass(slots=True)
class Manners:
    """May change while the endpoint runs. `latency_s`: of captions; errors come without it. `at_once`: more chat
    requests in flight get a 429. `key`: None for any.
    """

    latency_s: float = 0.0
    at_once: int | None = None
    models: tuple[str, ...] = (MODEL,)
    key: str | None = KEY
    speaks_schema: bool = True
    has_batches: bool = True

    def answer(self, request: Request, asked: Asked, shelf: Shelf) -> Reply:
        """To a request as it came over the wire."""
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            return key_refused()
        match (request.method, request.path.removeprefix("/v1/").split("/")):
            case ("POST", ["chat", "completions"]):
                return self.chat(asked)
            case ("GET", ["models"]):
                rows = [{"id": name, "object": "model", "created": 0, "owned_by": "script"} for name in self.models]
                return told({"object": "list", "data": rows})
            case (_, ["files" | "batches", *_]) if self.has_batches:
                return shelf.reply(request)
        return error(404, f"Invalid URL ({request.method} {request.path})")

    def chat(self, asked: Asked) -> Reply:
        """To a chat request, or a line of a batch."""
        if self.at_once is not None and asked.at_once > self.at_once:
            return limit_reached(0.1)
        if asked.chat.fault:
            return image_refused() if asked.image else error(400, f"Invalid request: {asked.chat.fault}")
        if asked.chat.model not in self.models:
            return model_unknown(asked)
        is_deaf = asked.chat.response_format is not None and not self.speaks_schema
        return schema_refused() if is_deaf else described(asked)
