"""Captions through a batch endpoint (OpenAI's Batch API): cheaper, within a day; asked now, collected later."""

import io
import json
from collections import Counter
from collections.abc import Awaitable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import openai
from openai.types.chat import ChatCompletion
from pydantic import ValidationError

from msa_core.captions.captioner import Again, Picture, Rejected
from msa_core.captions.checking import caption_id, checked, rejected
from msa_core.captions.endpoint import REFUSED_REQUESTS, Endpoint, silent
from msa_core.captions.purse import Purse
from msa_core.captions.reasons import CaptionReason
from msa_core.errors import CaptionError
from msa_core.records import Caption

PATH: Literal["/v1/chat/completions"] = "/v1/chat/completions"
TAG = "msa_loop"  # in the batch's metadata: a batch whose id was lost in a crash is found again
N_TRIES = 5
LONGEST_CAUSE = 200
UNKNOWN = "unknown"  # our word: lost, or another key's, or a passing fault
OVER = ("completed", "expired", "cancelled", "failed")
NO_FILE = "the endpoint no longer has the file with the answer"

Result = TypeVar("Result")


class Gone(Exception):  # noqa: N818
    """The endpoint does not know what it gave an id (404)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of a batch; `status` as the endpoint names it, or UNKNOWN; `errors`: why all of it failed, in its words;
    `file_ids`: of what came.
    """

    batch_id: str
    status: str
    n_done: int
    n_lines: int
    errors: tuple[str, ...] = ()
    file_ids: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self.status in OVER

    @property
    def is_known(self) -> bool:
        """To the endpoint, under this key."""
        return self.status != UNKNOWN


@dataclass(frozen=True, slots=True)
class Collected:
    """Of a batch that is over. `causes`: why lines have no row, each with how many; they are asked again some time.

    `doubt`: where not one image was described and some were rejected, the words of the first. Then it is not the
    images, and none of them is a row.
    """

    rows: tuple[Caption, ...]
    causes: tuple[tuple[str, int], ...] = ()
    doubt: str | None = None


async def lines_of(
    endpoint: Endpoint, pictures: Iterable[Picture], *, takes_schema: bool
) -> tuple[bytes, list[Caption]]:
    """The file of a batch; and the rows of images that cannot be decoded, which have no line in it."""
    lines, unreadable = io.BytesIO(), []
    schema = endpoint.request.schema() if takes_schema else {}
    for picture in pictures:
        try:
            body = await endpoint.request.body(picture, picture.n_attempts)
        except Rejected as error:
            unreadable.append(rejected(endpoint, picture, picture.n_attempts, str(error)))
            continue
        name = caption_id(endpoint, picture, picture.n_attempts)
        line = {"custom_id": name, "method": "POST", "url": PATH, "body": body | schema}
        lines.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
    return lines.getvalue(), unreadable


async def submit(endpoint: Endpoint, lines: bytes, *, tag: str) -> str:
    """The batch's id. Raises CaptionError, Again."""
    file = await _asked(endpoint, _patient(endpoint).files.create(file=("captions.jsonl", lines), purpose="batch"))
    made = endpoint.client.batches.create(  # asked once: a second one would be paid for, too
        input_file_id=file.id, endpoint=PATH, completion_window="24h", metadata={TAG: tag}
    )
    return (await _asked(endpoint, made)).id


async def expect_batches(endpoint: Endpoint) -> None:
    """Raises CaptionError where it has none, Again."""
    await _asked(endpoint, _patient(endpoint).batches.list(limit=1))


async def find(endpoint: Endpoint, *, tag: str) -> str | None:
    """The batch that an interrupted `submit` made after all. Ends where a page shows nothing new, too."""
    seen = set[str]()
    page = await _asked(endpoint, _patient(endpoint).batches.list(limit=100))
    while True:
        for batch in page.data:
            if (batch.metadata or {}).get(TAG) == tag:
                return batch.id
        shown = {batch.id for batch in page.data}
        if shown <= seen or not page.has_next_page():
            return None
        seen |= shown
        page = await _asked(endpoint, page.get_next_page())


async def standing(endpoint: Endpoint, batch_id: str) -> Standing:
    """How far it is; UNKNOWN where the endpoint has batches, and not this one. Raises CaptionError, Again."""
    try:
        batch = await _asked(endpoint, _patient(endpoint).batches.retrieve(batch_id), is_known=True)
    except Gone:
        await expect_batches(endpoint)
        return Standing(batch_id, UNKNOWN, 0, 0)
    counts = batch.request_counts
    n_done, n_lines = (counts.completed + counts.failed, counts.total) if counts else (0, 0)
    errors = (batch.errors.data if batch.errors else None) or []
    words = dict.fromkeys(str(each.message or each.code)[:LONGEST_CAUSE] for each in errors)
    file_ids = tuple(filter(None, (batch.output_file_id, batch.error_file_id)))
    return Standing(batch.id, batch.status, n_done, n_lines, tuple(words), file_ids)


async def collect(
    endpoint: Endpoint, batch: Standing, pictures: Mapping[str, Picture], purse: Purse, *, n_sent: int
) -> Collected:
    """What came of a batch that is over, looked at by the gate. `pictures`: by the caption's id; their files are not
    needed. `n_sent`: lines that it had. A file that the endpoint has forgotten brings no rows, but a cause. Raises
    CaptionError, Again.
    """
    found: list[Caption | str] = []
    is_whole = True
    for file_id in batch.file_ids:
        try:
            found += [_row_of(endpoint, line, pictures, purse) for line in await _lines(endpoint, file_id)]
        except Gone:
            is_whole = False
    if not is_whole:
        found += [NO_FILE] * (n_sent - len(found))
    return _collected(found, is_whole=is_whole)


async def _lines(endpoint: Endpoint, file_id: str) -> list[str]:
    content = await _asked(endpoint, _patient(endpoint).files.content(file_id), is_known=True)
    lines = content.text.split("\n")  # not splitlines: a caption may hold other ends of lines
    return [line for line in lines if line.strip()]


def _collected(found: list[Caption | str], *, is_whole: bool) -> Collected:
    """Rejections alone are nobody's rows; where a file of answers is lost, they are not known to be alone."""
    rows = tuple(each for each in found if not isinstance(each, str))
    causes = tuple(Counter(each for each in found if isinstance(each, str)).most_common())
    if not rows or any(row.reason != CaptionReason.ENDPOINT_REJECTED for row in rows):
        return Collected(rows, causes)
    return Collected((), causes, rows[0].caption if is_whole else None)


def _row_of(endpoint: Endpoint, line: str, pictures: Mapping[str, Picture], purse: Purse) -> Caption | str:
    """The row of a line, or why it has none."""
    try:
        told = json.loads(line)
        picture, response = pictures[told["custom_id"]], told["response"]
        if not response:
            return str(told["error"]["message"])[:LONGEST_CAUSE]
        status, body = response["status_code"], response["body"]
    except (ValueError, KeyError, TypeError):
        return "a line that cannot be read"
    if status == 200:
        return _answered(endpoint, picture, body, purse)
    words = f"HTTP {status}: {json.dumps(body)[:LONGEST_CAUSE]}"
    return rejected(endpoint, picture, picture.n_attempts, words) if status in REFUSED_REQUESTS else words


def _answered(endpoint: Endpoint, picture: Picture, body: Any, purse: Purse) -> Caption | str:
    try:
        said = endpoint.said(ChatCompletion.model_validate(body).model_dump(), latency_s=0.0)
    except (ValidationError, Again):
        return "an answer that cannot be read"
    cost_usd = purse.pay(said, endpoint.most_tokens(picture))
    return checked(endpoint, picture, picture.n_attempts, said, cost_usd=cost_usd)


def _patient(endpoint: Endpoint) -> openai.AsyncOpenAI:
    return endpoint.client.with_options(max_retries=N_TRIES)


async def _asked(endpoint: Endpoint, call: Awaitable[Result], *, is_known: bool = False) -> Result:
    """`is_known`: what is asked for was there. Raises CaptionError, Again; Gone where it was."""
    try:
        return await call
    except AttributeError as error:  # a page where a list was wanted
        raise CaptionError(f"{endpoint.base_url} answers no JSON. The address usually ends in /v1") from error
    except openai.NotFoundError as error:
        if is_known:
            raise Gone from error
        raise CaptionError(
            f"{endpoint.base_url} has no batches (404). Ask one by one: msa caption; where some are under way there, "
            "drop them first: msa caption-batch --forget all"
        ) from error
    except openai.APIStatusError as error:
        reason = await endpoint.failure(error)
    except openai.APIConnectionError as error:
        reason = silent(error)
    if isinstance(reason, Rejected):
        raise CaptionError(f"{endpoint.base_url} refuses the batch: {reason}")
    raise reason
