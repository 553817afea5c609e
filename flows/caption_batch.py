"""`msa caption-batch`: captions through a batch endpoint, cheaper, within a day; given again, it collects them."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from time import monotonic
from typing import Annotated

import typer

from flows.batches_out import BatchesOut
from flows.caption import Captioned, told_of
from flows.caption_ledger import Scope, batches_of, begin, fold, keep, knows, pictures, refuse_another_prompt, waiting
from flows.caption_options import (
    FREE,
    BudgetOption,
    DryRunOption,
    LimitOption,
    MaxTokensOption,
    ModelOption,
    NewPromptOption,
    Paying,
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
from flows.caption_plan import affordable, lines, plan
from flows.captioners import USUAL, Asked, captioner_of
from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from msa_core.captions.asking import Outcome
from msa_core.captions.batch import Collected, Standing, collect, find, lines_of, standing, submit
from msa_core.captions.captioner import Again, Decoding
from msa_core.captions.checking import caption_id
from msa_core.captions.endpoint import Endpoint
from msa_core.captions.purse import Purse
from msa_core.captions.trial import MOST, tried
from msa_core.errors import CaptionError
from msa_core.records import Caption
from warehouse import Moment, Store, lease
from warehouse.journal import Journal

EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class Batched:
    """`done` is null while a batch is under way; the same command collects it later. `causes`: why images have no
    answer, each with how many; `is_in_vain`: the batches have brought nothing at all for theirs.
    """

    standings: tuple[Standing, ...]
    done: Captioned | None
    causes: tuple[tuple[str, int], ...] = ()
    is_in_vain: bool = False


@dataclass(frozen=True, slots=True)
class _Way:
    """`out`: the batches under way; `answers`: what came, until a run holds it."""

    store: Store
    out: BatchesOut
    answers: Journal
    paying: Paying
    new_prompt: bool

    @property
    def endpoint(self) -> Endpoint:
        """Who is asked."""
        return self.out.endpoint


def caption_batch(
    store: Store,
    *,
    asked: Asked,
    scope: Scope,
    paying: Paying = FREE,
    new_prompt: bool = False,
    every_s: float | None = None,
) -> Batched:
    """Submits what waits and the budget holds, or collects what an earlier call submitted. A kill at any point submits
    nothing twice.

    `every_s`: look so often until all is over; None looks once. Raises CaptionError, LeaseHeld.
    """
    endpoint = captioner_of(asked)
    if not isinstance(endpoint, Endpoint):
        raise CaptionError("Batches want an endpoint: --captioner openai, with MSA_VLM_BASE_URL and MSA_VLM_MODEL set.")
    answers, out = Journal(store.places, "caption", "answers"), batches_of(store)
    with lease(store.places, "caption"), answers, out:
        fold(store, answers)
        way = _Way(store, BatchesOut(out, endpoint), answers, paying, new_prompt)
        try:
            with store.moment() as moment:
                return asyncio.run(_run(moment, way, scope, every_s))
        except Again as error:
            told = f"{endpoint.base_url}: {error}. Nothing is lost; the same command goes on from there."
            raise CaptionError(told) from error


async def _run(moment: Moment, way: _Way, scope: Scope, every_s: float | None) -> Batched:
    started = monotonic()
    async with way.endpoint:
        first = () if way.out.under_way() else await _intended(moment, way, scope)
        await _submit(moment, way)
        ids = {tag: batch_id for tag, batch_id in way.out.submitted().items() if batch_id is not None}
        standings = [await standing(way.endpoint, each) for each in ids.values()]
        while every_s is not None and not all(each.is_over for each in standings):
            await asyncio.sleep(every_s)
            standings = [await standing(way.endpoint, each) for each in ids.values()]
        if not all(each.is_over for each in standings):
            return Batched(tuple(standings), None)
        found = [await _collected(way, tag, each) for tag, each in ids.items()]
    done = _committed(way, first, found, monotonic() - started)
    causes: Counter[str] = sum((Counter(dict(each.causes)) for each in found), Counter())
    is_in_vain = done.n_failed > 0 and not any(each.rows for each in found)
    return Batched(tuple(standings), done, tuple(causes.most_common()), is_in_vain)


async def _intended(moment: Moment, way: _Way, scope: Scope) -> tuple[Caption, ...]:
    """The rows of the images that were asked about at once, one by one; the others are to be submitted."""
    if not way.new_prompt:
        refuse_another_prompt(moment, way.endpoint)
    await find(way.endpoint, tag="none")  # an endpoint without batches says so before anything is intended
    rows = affordable(way.endpoint, waiting(moment, way.endpoint, scope), way.paying)
    prices, is_known = way.paying.prices, knows(moment, way.endpoint)
    first = await tried(way.endpoint, pictures(moment, rows[:MOST]), Purse(prices), knows=is_known)
    begin(way.answers, way.endpoint)
    keep(way.answers, first)
    way.out.intend(rows[len(first) :], takes_schema=way.endpoint.takes_schema is not False, prices=prices)
    return tuple(first)


async def _submit(moment: Moment, way: _Way) -> None:
    """Each batch once: one that a kill left without an id is looked for before it is submitted."""
    done = way.out.submitted()
    for tag, intended in way.out.under_way().items():
        if tag not in done:
            rows = [(each.image_sha256, each.text, each.n_attempts) for each in intended.pictures]
            files = pictures(moment, rows)
            lines, unreadable = await lines_of(way.endpoint, files, takes_schema=intended.takes_schema)
            try:
                found = await find(way.endpoint, tag=tag)
                batch_id = found or (await submit(way.endpoint, lines, tag=tag) if lines else None)
            except CaptionError:  # not for now but for good: what was not submitted waits again
                way.out.keep_only(way.out.submitted())
                raise
            begin(way.answers, way.endpoint)
            keep(way.answers, unreadable)
            way.out.note(tag, batch_id, n_unreadable=len(unreadable))


async def _collected(way: _Way, tag: str, batch_id: str) -> Collected:
    """Under the prices that it was submitted with."""
    intended = way.out.under_way()[tag]
    asked = {caption_id(way.endpoint, each, each.n_attempts): each for each in intended.pictures}
    found = await collect(way.endpoint, batch_id, asked, Purse(intended.prices or way.paying.prices))
    begin(way.answers, way.endpoint)
    keep(way.answers, found.rows)
    return found


def _committed(way: _Way, first: tuple[Caption, ...], found: list[Collected], seconds: float) -> Captioned:
    """`n_failed`: lines without an answer; images that were never sent are refused for good, and no failure. Raises
    CaptionError, once the rest is committed, where a batch was rejected as a whole.
    """
    n_asked = sum(len(each.pictures) for each in way.out.under_way().values()) - way.out.n_unreadable()
    run_id = fold(way.store, way.answers)
    way.out.journal.fold()
    doubts = [each.doubt for each in found if each.doubt is not None]
    if doubts:
        raise CaptionError(
            f"{way.endpoint.model} took none of the images of a batch: {doubts[0]}. Nothing of them is marked as "
            "refused, and they wait again. Ask one by one, where a batch is not taken: msa caption"
        )
    rows = tuple(row for each in found for row in each.rows)
    name = f"{way.endpoint.name} ({way.endpoint.model})"
    n_failed = n_asked - len(rows)
    return Captioned(name, run_id, (*first, *rows), Outcome(n_failed), n_failed, seconds)


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
    budget_usd: BudgetOption = None,
    dry_run: DryRunOption = False,
    retry_refused: RetryRefusedOption = False,
    new_prompt: NewPromptOption = False,
    wait: Annotated[bool, typer.Option("--wait", help="Until all of it is over, then collect.")] = False,
) -> None:
    """Print how far each batch is, or what came of it."""
    asked = Asked("openai", model, prompt, Decoding(temperature, retry_temperature, max_tokens, side))
    scope = Scope(one_of(posts), source, limit, retry_refused, with_text)
    paying = paying_of(prompt_price, completion_price, budget_usd)
    every_s = EVERY_S if wait else None
    at = open_store(store)
    if dry_run:
        planned = plan(at, asked=asked, scope=scope, prices=paying.prices, new_prompt=new_prompt)
        told, is_in_vain = lines(planned) if planned else [], False
    else:
        found = caption_batch(at, asked=asked, scope=scope, paying=paying, new_prompt=new_prompt, every_s=every_s)
        told, is_in_vain = _told(found), found.is_in_vain
    for line in told:
        say(line)
    if is_in_vain:
        raise typer.Exit(1)


def _told(found: Batched) -> list[str]:
    far = [
        f"batch {each.batch_id}: {': '.join([each.status, *each.errors])}, {each.n_done:,} of {each.n_lines:,}"
        for each in found.standings
    ]
    if found.done is None:
        return [*far, "under way; the same command collects it"]
    return [*far, *told_of(found.done), *(f"  {n:6,}  {cause}" for cause, n in found.causes)]
