"""What is sent for one image: the prompt's words, the image shrunk and within the request, and how to decode."""

import asyncio
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from msa_core.captions.captioner import Decoding, Picture, Rejected
from msa_core.captions.prompts import Prompt
from msa_core.shown_image import data_url, shown

PATCH = 14  # pixels: vision-language models take a token for 14 × 14 pixels or more
FRAME = 128  # tokens of the chat's own frame, and of the schema


@dataclass(frozen=True)
class Request:
    """Everything but the image and the attempt; the same for calls one by one and in batches."""

    model: str
    prompt: Prompt
    decoding: Decoding

    async def body(self, picture: Picture, attempt: int) -> dict[str, Any]:
        """Of a chat completion. Raises Rejected where the image cannot be decoded."""
        jpeg = await asyncio.to_thread(shown, picture.data, widest=self.decoding.side)
        if jpeg is None:
            raise Rejected("unreadable")
        parts = [
            {"type": "text", "text": self.prompt.asked(picture.text)},
            {"type": "image_url", "image_url": {"url": data_url(jpeg)}},
        ]
        return {
            "model": self.model,
            "messages": [{"role": "user", "content": parts}],
            "max_tokens": self.decoding.max_tokens,
            "temperature": self.decoding.temperature_of(attempt),
        }

    def schema(self) -> dict[str, Any]:
        """Asks for the prompt's fields as JSON."""
        return {"response_format": self._schema}

    @cached_property
    def _schema(self) -> dict[str, Any]:
        schema = self.prompt.schema().model_json_schema() | {"additionalProperties": False}
        return {"type": "json_schema", "json_schema": {"name": self.prompt.name, "strict": True, "schema": schema}}

    def most_tokens(self, picture: Picture) -> tuple[int, int]:
        """A bound of what is billed: a token a byte of words, a token a patch of the image."""
        n_words = len(self.prompt.asked(picture.text).encode())
        return n_words + math.ceil(self.decoding.side / PATCH) ** 2 + FRAME, self.decoding.max_tokens
