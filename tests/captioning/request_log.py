"""What a scripted endpoint was asked, in order, and how each request ended; in memory, and as lines of JSON."""

import binascii
import hashlib
import json
import time
from collections import Counter
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from tests.captioning.wire import Request

IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF8", b"RIFF")
SECRETS = ("authorization", "api-key", "x-api-key", "cookie")


@dataclass(frozen=True, slots=True)
class Chat:
    """The body of a chat request. In `messages` an image's data URL is replaced by `sha256:<digest>`.

    `image`: digest of the first image's bytes, "" where there is none; `fault`: why it is no valid request, if so.
    """

    model: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    response_format: dict[str, Any] | None = None
    messages: list[Any] = field(default_factory=list)
    image: str = ""
    image_bytes: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, or one line of a batch (`custom_id`). Times are of the monotonic clock, which processes share.

    `nth`: of the requests for this image, 1 first. `at_once`: chat requests in flight, itself included. `status`: of
    the reply, None where none was sent; `delivered`: the whole reply was sent, and the client was still there.
    """

    number: int
    at: float
    method: str
    path: str
    headers: dict[str, str]
    chat: Chat
    nth: int
    at_once: int
    custom_id: str = ""
    status: int | None = None
    answered_at: float | None = None
    delivered: bool = False

    @property
    def image(self) -> str:
        return self.chat.image


class RequestLog:
    """Written by the server's thread; `every` may be read by any."""

    def __init__(self, path: Path | None) -> None:
        self._asked: list[Asked] = []
        self._times: Counter[str] = Counter()
        self._file = path.open("a", buffering=1, encoding="utf-8") if path else None

    @property
    def every(self) -> list[Asked]:
        return list(self._asked)

    def begin(self, request: Request, *, at_once: int = 0, custom_id: str = "") -> Asked:
        chat = chat_in(request.body) if request.path.endswith("/chat/completions") else Chat()
        self._times[chat.image] += 1
        headers = {name: _shown(name, value) for name, value in request.headers.items()}
        nth, number = self._times[chat.image], len(self._asked)
        asked = Asked(
            number, time.monotonic(), request.method, request.path, headers, chat, nth, at_once, custom_id=custom_id
        )
        self._asked.append(asked)
        return asked

    def end(self, asked: Asked, status: int | None, *, delivered: bool) -> None:
        over = replace(asked, status=status, answered_at=time.monotonic(), delivered=delivered)
        self._asked[asked.number] = over
        if self._file:
            self._file.write(json.dumps(_row(over), default=_row) + "\n")


def _row(record: Asked | Chat) -> dict[str, Any]:
    return {each.name: getattr(record, each.name) for each in fields(record)}


def log_in(path: Path) -> list[Asked]:
    """The log that another process wrote, each request when it ended, in the order they came."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return sorted((Asked(**{**row, "chat": Chat(**row["chat"])}) for row in rows), key=lambda asked: asked.number)


def chat_in(body: bytes) -> Chat:
    try:
        told = json.loads(body)
        pictures = [(part, _picture(part["image_url"]["url"])) for part in _image_parts(told["messages"])]
    except (ValueError, KeyError, TypeError) as error:
        return Chat(fault=f"{type(error).__name__}: {error}")
    for part, picture in pictures:
        part["image_url"]["url"] = f"sha256:{hashlib.sha256(picture).hexdigest()}"
    first, size = (pictures[0][0]["image_url"]["url"][7:], len(pictures[0][1])) if pictures else ("", 0)
    return Chat(
        model=told.get("model") or "",
        temperature=told.get("temperature"),
        max_tokens=told.get("max_completion_tokens") or told.get("max_tokens"),
        response_format=told.get("response_format"),
        messages=told["messages"],
        image=first,
        image_bytes=size,
        fault="" if all(picture.startswith(IMAGE_STARTS) for _, picture in pictures) else "no image format",
    )


def _image_parts(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    parts = [part for message in messages if isinstance(message["content"], list) for part in message["content"]]
    return [part for part in parts if part["type"] == "image_url"]


def _picture(url: str) -> bytes:
    start, comma, data = url.partition(",")
    if not (comma and start.startswith("data:image/") and start.endswith(";base64")):
        raise ValueError("an image comes as data:image/...;base64,...")
    return binascii.a2b_base64(data, strict_mode=True)


def _shown(name: str, value: str) -> str:
    return f"{value.split(' ', maxsplit=1)[0]} (hidden)" if name in SECRETS else value
