"""The bodies and statuses that endpoints of this protocol send."""

import json
from typing import Any

from tests.captioning.plausible import completion, content_for
from tests.captioning.request_log import Asked
from tests.captioning.wire import Reply

type_of = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error", 500: "server_error"}


def told(body: Any, status: int = 200, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    return Reply(status, json.dumps(body, ensure_ascii=False).encode(), headers=headers)


def error(status: int, message: str, code: str | None = None, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    kind = type_of.get(status, "invalid_request_error" if status < 500 else "server_error")
    return told({"error": {"message": message, "type": kind, "param": None, "code": code}}, status, headers)


def described(asked: Asked) -> Reply:
    """A caption of the image, in the asked form."""
    return told(completion(asked, content_for(asked)))


def limit_reached(retry_after: float | str | None) -> Reply:
    headers = () if retry_after is None else (("Retry-After", str(retry_after)),)
    return error(429, "Rate limit reached", "rate_limit_exceeded", headers)


def key_refused() -> Reply:
    return error(401, "Incorrect API key provided", "invalid_api_key")


def model_unknown(asked: Asked) -> Reply:
    return error(404, f"The model `{asked.chat.model}` does not exist", "model_not_found")


def image_refused() -> Reply:
    return error(400, "You uploaded an unsupported image.", "invalid_image_format")


def schema_refused() -> Reply:
    return error(400, "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.")
