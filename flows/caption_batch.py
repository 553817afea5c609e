"""`msa caption-batch`: captions through a batch endpoint, cheaper, within a day; given again, it collects them."""

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Annotated
from uuid import uuid4

import typer

from flows.caption import LASTS, Captioned, told_of
from flows.caption_ledger import Scope, batches_of, begin, fold, keep, pictures, refuse_another_prompt, waiting
from flows.caption_options import (
    LimitOption,
    MaxTokensOption,
    ModelOption,
    NewPromptOption,
    PostsOption,
    PriceOption,
    PromptOption,
    RetryRefusedOption,
    RetryTemperatureOption,
    SideOption,
    SourceOption,
    TemperatureOption,
    WithTextOption,
    one_of,
    paying_of,
)
from flows.captioners import USUAL, Asked, captioner_of
from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from msa_core.captions.asking import Outcome
from msa_core.captions.batch import Standing, collect, find, standing, submit
from msa_core.captions.captioner import Again, Decoding, Picture
from msa_core.captions.checking import caption_id
from msa_core.captions.endpoint import Endpoint
from msa_core.captions.purse import Prices, Purse
from msa_core.errors import CaptionError
from msa_core.records import Caption
from warehouse import Moment, Store, lease
from warehouse.journal import Journal

LINES_A_BATCH = 500  # images lie within the lines, and a batch file holds 200 MB at most
EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class Batched:
    """`done` is null while a batch is under way; the same command collects it later."""

    standings: tuple[Standing, ...]
    done: Captioned | None


@dataclass(frozen=True, slots=True)
class _Way:
    """`out`: the batches under way; `answers`: what came, until a run holds it."""

    store: Store
    endpoint: Endpoint
    out: Journal
    answers: Journal
    purse: Purse
    new_prompt: bool


def caption_batch(
    store: Store,
    *,
    asked: Asked,
    scope: Scope,
    prices: Prices | None = None,
    new_prompt: bool = False,
    every_s: float | None = None,
) -> Batched:
    """Submits what waits, or collects what an earlier call submitted. A kill at any point submits nothing twice.

    `every_s`: look so often until all is over; None looks once. Raises CaptionError, LeaseHeld.
    """
    endpoint = captioner_of(asked)
    if not isinstance(endpoint, Endpoint):
        raise CaptionError("Batches want an endpoint: --captioner openai, with MSA_VLM_BASE_URL and MSA_VLM_MODEL set.")
    answers, out = Journal(store.places, "caption", "answers"), batches_of(store)
    with lease(store.places, "caption", lasts=LASTS), answers, out:
        fold(store, answers)
        way = _Way(store, endpoint, out, answers, Purse(prices), new_prompt)
        try:
            with store.moment() as moment:
                return asyncio.run(_run(moment, way, scope, every_s))
        except Again as error:
            told = f"{endpoint.base_url}: {error}. Nothing is lost; the same command goes on from there."
            raise CaptionError(told) from error


async def _run(moment: Moment, way: _Way, scope: Scope, every_s: float | None) -> Batched:
    started = monotonic()
    async with way.endpoint:
        if not _under_way(way):
            if not way.new_prompt:
                refuse_another_prompt(moment, way.endpoint)
            await find(way.endpoint, tag="none")  # an endpoint without batches says so before anything is intended
            _intend(moment, way, scope)
        ids = await _submitted(moment, way)
        standings = [await standing(way.endpoint, each) for each in ids.values()]
        while every_s is not None and not all(each.is_over for each in standings):
            await asyncio.sleep(every_s)
            standings = [await standing(way.endpoint, each) for each in ids.values()]
        if not all(each.is_over for each in standings):
            return Batched(tuple(standings), None)
        rows = [row for tag, each in ids.items() for row in await _collected(way, tag, each)]
    return Batched(tuple(standings), _committed(way, rows, monotonic() - started))


def _under_way(way: _Way) -> dict[str, list[Picture]]:
    """What was submitted or meant to be, by the batch's tag. Raises CaptionError where another captioner asked."""
    intended = {line["tag"]: line for line in way.out.read() if "rows" in line}
    for line in intended.values():
        if line["asked"] != _asked(way.endpoint):
            raise CaptionError(f"A batch is under way, asked by {line['asked']}. Collect it first, so asked.")
    return {tag: [Picture(image, b"", text, n) for image, text, n in line["rows"]] for tag, line in intended.items()}


def _intend(moment: Moment, way: _Way, scope: Scope) -> None:
    """What will be submitted stands in the journal first."""
    rows = waiting(moment, way.endpoint, scope)
    key = [way.endpoint.model, way.endpoint.request.prompt.sha256, way.endpoint.parameters]
    for start in range(0, len(rows), LINES_A_BATCH):
        part = rows[start : start + LINES_A_BATCH]
        way.out.append({"tag": uuid4().hex, "asked": _asked(way.endpoint), "key": key, "rows": part})


def _asked(endpoint: Endpoint) -> list[str]:
    """Who was asked what."""
    prompt = endpoint.request.prompt
    return [endpoint.base_url, endpoint.model, prompt.name, prompt.sha256, endpoint.parameters]


async def _submitted(moment: Moment, way: _Way) -> dict[str, str]:
    """The id of each batch by its tag. One that a kill left without an id is looked for before it is submitted."""
    ids: dict[str, str] = {line["tag"]: line["batch_id"] for line in way.out.read() if "batch_id" in line}
    for tag, intended in _under_way(way).items():
        if tag not in ids:
            rows = [(each.image_sha256, each.text, each.n_attempts) for each in intended]
            try:
                found = await find(way.endpoint, tag=tag)
                ids[tag] = found or await submit(way.endpoint, pictures(moment, rows), tag=tag)
            except CaptionError:  # not for now but for good: what was not submitted waits again
                _take_back(way, set(ids))
                raise
            way.out.append({"tag": tag, "batch_id": ids[tag]})
    return ids


def _take_back(way: _Way, tags: set[str]) -> None:
    """Only these batches were submitted."""
    lines = [line for line in way.out.read() if line["tag"] in tags]
    way.out.fold()
    way.out.append_all(lines)


async def _collected(way: _Way, tag: str, batch_id: str) -> list[Caption]:
    asked = {caption_id(way.endpoint, each, each.n_attempts): each for each in _under_way(way)[tag]}
    rows = await collect(way.endpoint, batch_id, asked, way.purse)
    begin(way.answers, way.endpoint)
    keep(way.answers, rows)
    return rows


def _committed(way: _Way, rows: list[Caption], seconds: float) -> Captioned:
    n_asked = sum(len(each) for each in _under_way(way).values())
    run_id = fold(way.store, way.answers)
    way.out.fold()
    name = f"{way.endpoint.name} ({way.endpoint.model})"
    n_failed = n_asked - len(rows)
    return Captioned(name, run_id, tuple(rows), Outcome(n_failed), n_failed, seconds)


def command(
    store: StoreOption = DEFAULT_STORE,
    *,
    model: ModelOption = None,
    prompt: PromptOption = "objective",
    with_text: WithTextOption = False,
    posts: PostsOption = "hard",
    source: SourceOption = None,
    limit: LimitOption = None,
    side: SideOption = USUAL.side,
    max_tokens: MaxTokensOption = USUAL.max_tokens,
    temperature: TemperatureOption = USUAL.temperature,
    retry_temperature: RetryTemperatureOption = USUAL.retry_temperature,
    prompt_price: PriceOption = None,
    completion_price: PriceOption = None,
    retry_refused: RetryRefusedOption = False,
    new_prompt: NewPromptOption = False,
    wait: Annotated[bool, typer.Option("--wait", help="Until all of it is over, then collect.")] = False,
) -> None:
    """Print how far each batch is, or what came of it."""
    asked = Asked("openai", model, prompt, Decoding(temperature, retry_temperature, max_tokens, side))
    scope = Scope(one_of(posts), source, limit, retry_refused, with_text)
    prices = paying_of(prompt_price, completion_price, None).prices
    every_s = EVERY_S if wait else None
    at = open_store(store)
    found = caption_batch(at, asked=asked, scope=scope, prices=prices, new_prompt=new_prompt, every_s=every_s)
    for each in found.standings:
        say(f"batch {each.batch_id}: {each.status}, {each.n_done:,} of {each.n_lines:,}")
    for line in told_of(found.done) if found.done else ["under way; the same command collects it"]:
        say(line)
