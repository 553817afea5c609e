"""Captions through a batch endpoint (OpenAI's Batch API): cheaper, within a day; asked now, collected later."""

import io
import json
from collections.abc import Awaitable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import openai
from openai.types import Batch
from openai.types.chat import ChatCompletion
from pydantic import ValidationError

from msa_core.captions.captioner import Again, Picture, Rejected
from msa_core.captions.checking import caption_id, checked, rejected
from msa_core.captions.endpoint import REFUSED_REQUESTS, Endpoint
from msa_core.captions.purse import Purse
from msa_core.errors import CaptionError
from msa_core.records import Caption

PATH: Literal["/v1/chat/completions"] = "/v1/chat/completions"
TAG = "msa_loop"  # in the batch's metadata: a batch whose id was lost in a crash is found again
N_TRIES = 5
OVER = ("completed", "expired", "cancelled", "failed")

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Standing:
    """Of a batch; `status` as the endpoint names it."""

    batch_id: str
    status: str
    n_done: int
    n_lines: int

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in OVER


async def lines_of(endpoint: Endpoint, pictures: Iterable[Picture]) -> tuple[bytes, list[Caption]]:
    """The file of a batch; and the rows of images that cannot be decoded, which have no line in it."""
    lines, unreadable = io.BytesIO(), []
    for picture in pictures:
        try:
            body = await endpoint.request.body(picture, picture.n_attempts)
        except Rejected as error:
            unreadable.append(rejected(endpoint, picture, picture.n_attempts, str(error)))
            continue
        name = caption_id(endpoint, picture, picture.n_attempts)
        line = {"custom_id": name, "method": "POST", "url": PATH, "body": body | endpoint.request.schema()}
        lines.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    return lines.getvalue(), unreadable


async def submit(endpoint: Endpoint, lines: bytes, *, tag: str) -> str:
    """The batch's id. Raises CaptionError, Again."""
    patient = endpoint.client.with_options(max_retries=N_TRIES)
    file = await _asked(endpoint, patient.files.create(file=("captions.jsonl", lines), purpose="batch"))
    made = endpoint.client.batches.create(  # asked once: a second one would be paid for, too
        input_file_id=file.id, endpoint=PATH, completion_window="24h", metadata={TAG: tag}
    )
    return (await _asked(endpoint, made)).id


async def find(endpoint: Endpoint, *, tag: str) -> str | None:
    """The batch that an interrupted `submit` made after all."""
    client = endpoint.client.with_options(max_retries=N_TRIES)
    page = await _asked(endpoint, client.batches.list(limit=100))
    while True:
        for batch in page.data:
            if (batch.metadata or {}).get(TAG) == tag:
                return batch.id
        if not page.has_next_page():
            return None
        page = await _asked(endpoint, page.get_next_page())


async def standing(endpoint: Endpoint, batch_id: str) -> Standing:
    """How far it is."""
    batch = await _batch(endpoint, batch_id)
    counts = batch.request_counts
    n_done, n_lines = (counts.completed + counts.failed, counts.total) if counts else (0, 0)
    return Standing(batch.id, batch.status, n_done, n_lines)


async def collect(endpoint: Endpoint, batch_id: str, pictures: Mapping[str, Picture], purse: Purse) -> list[Caption]:
    """The answers of a batch that is over, looked at by the gate. `pictures`: by the caption's id; their files are not
    needed. Lines that failed for another reason than their image are no rows: they are asked again some time.
    """
    batch = await _batch(endpoint, batch_id)
    rows = []
    for file_id in (batch.output_file_id, batch.error_file_id):
        if file_id:
            client = endpoint.client.with_options(max_retries=N_TRIES)
            content = await _asked(endpoint, client.files.content(file_id))
            rows += list(_rows(endpoint, content.text, pictures, purse))
    return rows


def _rows(endpoint: Endpoint, text: str, pictures: Mapping[str, Picture], purse: Purse) -> Iterator[Caption]:
    for line in text.splitlines():
        try:
            told = json.loads(line)
            picture, response = pictures[told["custom_id"]], told["response"] or {}
            status, body = response["status_code"], response["body"]
        except (ValueError, KeyError, TypeError):
            continue
        if status == 200:
            yield from _answered(endpoint, picture, body, purse)
        elif status in REFUSED_REQUESTS:
            yield rejected(endpoint, picture, picture.n_attempts, f"HTTP {status}: {json.dumps(body)[:200]}")


def _answered(endpoint: Endpoint, picture: Picture, body: Any, purse: Purse) -> Iterator[Caption]:
    try:
        said = endpoint.said(ChatCompletion.model_validate(body), latency_s=0.0)
    except (ValidationError, Again):
        return
    cost_usd = purse.pay(said, endpoint.most_tokens(picture))
    yield checked(endpoint, picture, picture.n_attempts, said, cost_usd=cost_usd)


async def _batch(endpoint: Endpoint, batch_id: str) -> Batch:
    return await _asked(endpoint, endpoint.client.with_options(max_retries=N_TRIES).batches.retrieve(batch_id))


async def _asked(endpoint: Endpoint, call: Awaitable[Result]) -> Result:
    try:
        return await call
    except AttributeError as error:  # a page where a list was wanted
        raise CaptionError(f"{endpoint.base_url} answers no JSON. The address usually ends in /v1") from error
    except openai.NotFoundError as error:
        raise CaptionError(f"{endpoint.base_url} has no batches (404). Ask one by one: msa caption") from error
    except openai.APIStatusError as error:
        reason = await endpoint.failure(error)
    except openai.APIConnectionError as error:
        reason = Again(type(error.__cause__ or error).__name__)
    if isinstance(reason, Rejected):
        raise CaptionError(f"{endpoint.base_url} refuses the batch: {reason}")
    raise reason
