"""A client of an endpoint as its users have one: the official package, and an image as a data URL."""

import base64
import hashlib
import io
from typing import Any

from openai import AsyncOpenAI, OpenAI
from openai.types.chat import ChatCompletion
from PIL import Image

from tests.captioning.manners import KEY, MODEL

PATIENCE_S = 60.0


def jpeg(n: int, side: int = 32) -> bytes:
    """A square of the n-th colour, 0 to 511; no two of them are the same bytes."""
    picture = io.BytesIO()
    Image.new("RGB", (side, side), (n % 8 * 32, n // 8 % 8 * 32, n // 64 * 32)).save(picture, "JPEG")
    return picture.getvalue()


def digest(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


def request(picture: bytes | None, model: str = MODEL, **more: Any) -> dict[str, Any]:
    """The body of a chat request about this image; no image where it is None."""
    parts: list[dict[str, Any]] = [{"type": "text", "text": "Describe what can be seen."}]
    if picture is not None:
        url = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
        parts.append({"type": "image_url", "image_url": {"url": url}})
    return {"model": model, "messages": [{"role": "user", "content": parts}], **more}


def client(url: str, key: str = KEY, timeout_s: float = PATIENCE_S, retries: int = 0) -> OpenAI:
    return OpenAI(base_url=url, api_key=key, timeout=timeout_s, max_retries=retries)


def async_client(url: str, key: str = KEY) -> AsyncOpenAI:
    return AsyncOpenAI(base_url=url, api_key=key, timeout=PATIENCE_S, max_retries=0)


def said(url: str, n: int = 0, **more: Any) -> str | None:
    """What an endpoint says about the n-th image."""
    answer: ChatCompletion = client(url).chat.completions.create(**request(jpeg(n), **more))
    return answer.choices[0].message.content
