"""How a scripted endpoint may answer, each way with a name: faults that real endpoints have, and words of one's own."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from tests.captioning.plausible import completion, content_for
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
from tests.captioning.wire import Reply


class Ending(Enum):
    """How far the reply gets."""

    WHOLE = "the whole reply; the connection stays"
    LEAVING = "the whole reply; then the connection closes, though nothing said so"
    MIDDLE = "half of the body's bytes; then the connection closes"
    BEFORE = "the connection closes, without a byte"
    HANGING = "nothing, until the client goes"


@dataclass(frozen=True, slots=True)
class Rule:
    """`reply`: None for what would be answered anyway. `wait_s`: before it, instead of the endpoint's latency.
    `applies`: to which of the requests it may.
    """

    reply: Callable[[Asked], Reply] | None = None
    ending: Ending = Ending.WHOLE
    wait_s: float | None = None
    applies: Callable[[Asked], bool] = lambda asked: True

    def after(self, seconds: float) -> "Rule":
        return replace(self, wait_s=seconds)


def failing(status: int = 500, message: str = "The server had an error", code: str | None = None) -> Rule:
    return Rule(lambda asked: error(status, message, code))


def too_many(retry_after: float | str | None = 1) -> Rule:
    """429. `retry_after`: seconds, or a date as HTTP writes it; None leaves the header out."""
    return Rule(lambda asked: limit_reached(retry_after))


def wrong_key() -> Rule:
    return Rule(lambda asked: key_refused())


def unknown_model() -> Rule:
    return Rule(model_unknown)


def image_rejected() -> Rule:
    return Rule(lambda asked: image_refused())


def schema_rejected() -> Rule:
    """400 for requests with a response_format; others pass."""
    return Rule(lambda asked: schema_refused(), applies=lambda asked: asked.chat.response_format is not None)


def page_of_html(status: int = 200) -> Rule:
    page = b"<!doctype html><html><body><h1>Sign in to continue</h1></body></html>"
    return Rule(lambda asked: Reply(status, page, "text/html; charset=utf-8"))


def hanging() -> Rule:
    return Rule(ending=Ending.HANGING)


def dropped() -> Rule:
    """The connection closes before a byte of the reply, as an idle keep-alive does."""
    return Rule(ending=Ending.BEFORE)


def cut() -> Rule:
    """The connection closes in the middle of the body."""
    return Rule(ending=Ending.MIDDLE)


def leaving() -> Rule:
    """A good reply, after which the connection closes without a word."""
    return Rule(ending=Ending.LEAVING)


def slow(seconds: float) -> Rule:
    return Rule(wait_s=seconds)


def half_json() -> Rule:
    """A whole HTTP reply whose body is the first half of the JSON."""
    return Rule(lambda asked: Reply(200, (body := described(asked).body)[: len(body) // 2]))


def saying(text: str | None, finish: str = "stop") -> Rule:
    """A good reply with these words for content."""
    return Rule(lambda asked: told(completion(asked, text, finish)))


def garbage() -> Rule:
    return saying("!" * 64, "length")


def cut_off() -> Rule:
    """Plausible words that end within a sentence; finish_reason `length`."""
    return Rule(lambda asked: told(completion(asked, (said := content_for(asked))[: len(said) * 2 // 3], "length")))


def refusing() -> Rule:
    """The model declines: no content, a `refusal`."""
    return altered(lambda body: body["choices"][0]["message"].update(content=None, refusal="I can't help with that."))


def without_choices() -> Rule:
    return altered(lambda body: body.update(result=body.pop("choices")))


def without_usage() -> Rule:
    return altered(lambda body: body.pop("usage"))


def altered(change: Callable[[dict[str, Any]], object]) -> Rule:
    """A good reply that `change` has altered in place."""

    def reply(asked: Asked) -> Reply:
        body = completion(asked, content_for(asked))
        change(body)
        return told(body)

    return Rule(reply)
