"""Answers that a vision-language model might give: by the asked schema, and by the image's digest, so that one can tell
which image a caption is of. None of their words judges.
"""

import hashlib
import json
import time
from typing import Any

from tests.captioning.request_log import Asked

COLOURS = ("red", "blue", "green", "yellow", "grey", "brown", "white", "black")
THINGS = ("bicycle", "wooden table", "parked car", "garden bench", "stone pillar", "paper lantern", "ladder", "tent")
PLACES = ("beside a brick wall", "on a paved square", "under a tree", "near a river bank", "in front of a fence")
SHORT = {  # start of a field's name → what belongs there
    "text_in": "SIGN {mark}",
    "what_the_text": "Whoever reads number {mark}.",
    "how_": "The words name an object, {mark}, which the picture shows.",
}
LETTERS_A_TOKEN, TOKENS_AN_IMAGE = 4, 256


def mark_of(image: str) -> str:
    """The eight characters that every answer about this image holds. `image`: its digest."""
    return image[:8] or "no image"


def description_of(image: str, field: str = "description") -> str:
    """Two plain sentences; the same image and field give the same ones."""
    told = hashlib.sha256(f"{field} {image}".encode()).digest()
    colour, thing, place = (words[n % len(words)] for words, n in zip((COLOURS, THINGS, PLACES), told, strict=False))
    seen = f"A {colour} {thing} stands {place}, and {2 + told[3] % 7} people walk past it."
    return f'{seen} A small sign on the left reads "{mark_of(image)}".'


def content_for(asked: Asked) -> str:
    """Text, or JSON where a JSON answer was asked for."""
    wanted = asked.chat.response_format or {}
    if wanted.get("type") == "json_object":
        return json.dumps({"description": description_of(asked.image)})
    if wanted.get("type") != "json_schema":
        return description_of(asked.image)
    schema = wanted["json_schema"]["schema"]
    return json.dumps(_value(schema, "description", asked.image, schema), ensure_ascii=False)


def _value(schema: dict[str, Any], name: str, image: str, root: dict[str, Any]) -> Any:
    """Whatever fits the schema; strings are told from the image."""
    if "$ref" in schema:
        schema = root["$defs"][schema["$ref"].rpartition("/")[2]]
    schema = next((schema[choice][0] for choice in ("anyOf", "oneOf", "allOf") if choice in schema), schema)
    match schema:
        case {"const": value} | {"enum": [value, *_]}:
            return value
        case {"type": "object"}:
            return {each: _value(inner, each, image, root) for each, inner in schema.get("properties", {}).items()}
        case {"type": "array", "items": inner}:
            return [_value(inner, name, image, root)]
        case {"type": "string"}:
            short = next((words for start, words in SHORT.items() if name.startswith(start)), None)
            return short.format(mark=mark_of(image)) if short else description_of(image, name)
    return {"integer": 1, "number": 0.5, "boolean": True}.get(schema.get("type", ""))


def completion(asked: Asked, content: str | None, finish: str = "stop") -> dict[str, Any]:
    """A chat completion with this content; cut where the request's `max_tokens` says so."""
    said = content or ""
    most = asked.chat.max_tokens
    if most is not None and len(said) > most * LETTERS_A_TOKEN:
        content, finish = said[: most * LETTERS_A_TOKEN], "length"
    message = {"role": "assistant", "content": content, "refusal": None}
    return {
        "id": f"chatcmpl-{asked.number}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": asked.chat.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": usage(asked, content or ""),
    }


def usage(asked: Asked, content: str) -> dict[str, int]:
    """Tokens, counted the same way each time."""
    told = json.dumps(asked.chat.messages)
    prompt = len(told) // LETTERS_A_TOKEN + told.count('"sha256:') * TOKENS_AN_IMAGE
    said = len(content) // LETTERS_A_TOKEN + 1
    return {"prompt_tokens": prompt, "completion_tokens": said, "total_tokens": prompt + said}
