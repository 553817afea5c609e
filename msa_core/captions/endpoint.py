"""A vision-language model behind an OpenAI-compatible endpoint (vLLM, SGLang, Ollama …), asked by OpenAI's own client.

One call is one attempt: how often and how fast is decided elsewhere.
"""

import itertools
import json
import math
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import uuid4

import aiohttp
import openai
from openai import RequestOptions

from msa_core.captions.captioner import Again, Picture, Rejected, Said
from msa_core.captions.reading import caption_of
from msa_core.captions.request import Request
from msa_core.errors import CaptionError

CHAT = "/chat/completions"
NO_KEY = "none"  # local servers want none; the client would look for another service's
REFUSED_REQUESTS = (400, 413, 415, 422)
PASSING = (408, 409, 425, 429)
UNMADE = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError)  # no connection: nothing was sent


class Endpoint:
    """Use as an async context. `base_url` ends in /v1."""

    name = "openai"

    def __init__(self, request: Request, *, base_url: str, api_key: str | None, timeout_s: float = 60.0) -> None:
        self.request = request
        self.base_url = base_url
        self.timeout_s = timeout_s
        self.client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or NO_KEY,
            timeout=timeout_s,
            max_retries=0,
            organization="",
            project="",
            http_client=openai.DefaultAioHttpClient(),
        )
        self._takes_schema: bool | None = None  # not known yet
        self._has_answered = False
        self._session, self._number = uuid4().hex, itertools.count()
        self.model, self.prompt = request.model, request.prompt
        self.parameters = request.decoding.json()

    async def __aenter__(self) -> "Endpoint":
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.client.close()

    @property
    def takes_schema(self) -> bool | None:
        """Whether it answers in the prompt's fields; not known before its first answer."""
        return self._takes_schema

    def temperature_of(self, attempt: int) -> float | None:
        """Every second attempt is the retry, at another temperature."""
        return self.request.decoding.temperature_of(attempt)

    def most_tokens(self, picture: Picture) -> tuple[int, int]:
        """A bound, not an estimate."""
        return self.request.most_tokens(picture)

    async def prepared(self, picture: Picture, attempt: int) -> dict[str, Any]:
        """The body of a chat completion. Raises Rejected where the image cannot be decoded."""
        return await self.request.body(picture, attempt)

    async def say(self, request: dict[str, Any]) -> Said:
        """With a schema where the endpoint takes one, else as plain text. Raises Again, Rejected, CaptionError."""
        if self._takes_schema is not False:
            try:
                said = await self._call(request | self.request.schema())
            except Rejected:
                if self._takes_schema:
                    raise
            else:
                self._takes_schema = True
                return said
        said = await self._call(request)
        self._takes_schema = bool(self._takes_schema)
        return said

    async def models(self) -> list[str]:
        """What the endpoint says it serves; empty where it does not say."""
        try:
            return [model.id for model in (await self.client.models.list()).data]
        except (openai.OpenAIError, AttributeError, TypeError, ValueError):
            return []

    async def _call(self, body: dict[str, Any]) -> Said:
        started = time.perf_counter()
        try:
            answer = await self.client.post(CHAT, body=body, cast_to=object, options=self._options())
        except openai.APIStatusError as error:
            raise await self.failure(error) from error
        except openai.APIConnectionError as error:  # also a timeout, or a connection dropped half-way
            raise silent(error) from error
        except (openai.OpenAIError, json.JSONDecodeError, UnicodeDecodeError) as error:
            raise Again(f"an answer that cannot be read: {type(error).__name__}", is_billed=True) from error
        said = self.said(answer, time.perf_counter() - started)
        self._has_answered = True
        return said

    def _options(self) -> RequestOptions:
        """The client would draw a key from the system's entropy for each call, and never sends it."""
        return {"idempotency_key": f"{self._session}-{next(self._number)}"}

    def said(self, answer: Any, latency_s: float) -> Said:
        """What a completion's JSON says; it is read as it came, since a model of all that it may hold costs more than
        the rest of it. Raises CaptionError where it is a page, Again where it holds no choice.
        """
        told = self._json(answer) if isinstance(answer, str) else answer
        try:
            choice = told["choices"][0]
            message, finish = choice["message"], choice.get("finish_reason")
            words = words_of(message.get("content")) or words_of(message.get("refusal"))
        except (AttributeError, TypeError, LookupError) as error:
            reason = "an answer without choices: is this an OpenAI-compatible chat endpoint?"
            raise Again(reason, is_billed=True) from error
        n_prompt, n_completion = (n_tokens(told, name) for name in ("prompt_tokens", "completion_tokens"))
        finish = finish if isinstance(finish, str) else "stop"
        return Said(caption_of(words, self.request.prompt), finish, n_prompt, n_completion, latency_s)

    def _json(self, answer: str) -> Any:
        """Of what was not declared as JSON."""
        try:
            return json.loads(answer)
        except ValueError as error:
            raise CaptionError(
                f"{self.base_url} answers a page, not JSON: {answer.strip()[:60]!r}. MSA_VLM_BASE_URL wants the "
                "address of the API; it usually ends in /v1"
            ) from error

    async def failure(self, error: openai.APIStatusError) -> Exception:
        """What a status means: Again, Rejected, or CaptionError where no call can succeed."""
        status = error.status_code
        if status == 401 or (status == 403 and not self._has_answered):
            return CaptionError(f"{self.base_url} refuses the key ({status}). Set MSA_VLM_API_KEY in the environment.")
        if status == 404:
            return CaptionError(f"{self.base_url} knows no model {self.model!r} (404).{await self.choices()}")
        if error.code == "insufficient_quota":
            return CaptionError(f"{self.base_url}: the account's quota is used up. What was answered is kept.")
        if status in PASSING or status >= 500:
            return Again(f"HTTP {status}", after_s=retry_after_s(error), is_limit=status == 429)
        if status in REFUSED_REQUESTS or status == 403:  # who let others in refuses this image: moderation
            return Rejected(f"HTTP {status}: {error.response.text[:200]}")
        return CaptionError(f"{self.base_url} answers HTTP {status}: {error.response.text[:200]}")

    async def choices(self) -> str:
        """What to name instead, for an error's end."""
        names = await self.models()
        served = f" It serves: {', '.join(names[:8])}." if names else ""
        return f"{served} Set MSA_VLM_MODEL, or --model; the address (MSA_VLM_BASE_URL) usually ends in /v1"


def silent(error: openai.APIConnectionError) -> Again:
    """No reply came. The client's own names mix up what was never sent with what was dropped: aiohttp's error, two
    causes below, tells them apart, and in its words which address it was.
    """
    cause = error.__cause__ or error
    origin = cause.__cause__ or cause
    words = str(origin) or type(origin).__name__
    return Again(words, is_billed=not isinstance(origin, UNMADE), is_silent=True)


def words_of(content: Any) -> str:
    """A message's content: a text, or parts of one as some gateways answer. Raises TypeError on anything else."""
    if isinstance(content, list):
        return " ".join(words_of(part.get("text")) for part in content if isinstance(part, dict))
    if content is not None and not isinstance(content, str):
        raise TypeError(f"content is {type(content).__name__}")
    return content or ""


def n_tokens(answer: dict[str, Any], name: str) -> int | None:
    """As billed; None where the endpoint says nothing that can be one."""
    usage = answer.get("usage")
    told = usage.get(name) if isinstance(usage, dict) else None
    return told if isinstance(told, int) and 0 <= told < 2**31 else None


def retry_after_s(error: openai.APIStatusError) -> float | None:
    """Seconds, or a date (RFC 9110); None where the server has no wish that can be read."""
    wish = error.response.headers.get("retry-after", "")
    try:
        seconds = float(wish)
        return max(seconds, 0.0) if math.isfinite(seconds) else None
    except ValueError:
        pass
    try:
        return max((parsedate_to_datetime(wish) - datetime.now(UTC)).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None
