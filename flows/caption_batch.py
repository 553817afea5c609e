"""`msa caption-batch`: captions through a batch endpoint, cheaper, within a day; given again, it collects them."""

import asyncio
from typing import Annotated

import typer

from flows.batch_round import Batched, Begun, Way, one_round
from flows.batches_out import BatchesOut, Forgotten, forget
from flows.caption import told_of
from flows.caption_ledger import Scope, batches_of, fold, is_last
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
from flows.caption_plan import lines, plan
from flows.captioners import USUAL, Asked, captioner_of
from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from msa_core.captions.batch import Standing
from msa_core.captions.captioner import Again, Decoding
from msa_core.captions.endpoint import Endpoint
from msa_core.errors import CaptionError
from warehouse import Store, lease
from warehouse.journal import Journal

EVERY_S = 30.0


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
        way = Way(store, BatchesOut(out, endpoint), answers, paying, new_prompt)
        try:
            with store.moment() as moment:
                return asyncio.run(one_round(moment, way, scope, every_s))
        except Again as error:
            told = f"{endpoint.base_url}: {error}. Nothing is lost; the same command goes on from there."
            raise CaptionError(told) from error


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
    forgets: Annotated[
        str | None,
        typer.Option("--forget", metavar="ID|all", help="Drop this batch, or all under way: lost. Submits nothing."),
    ] = None,
) -> None:
    """Print how far each batch is, or what came of it."""
    if forgets is not None:
        say(_told_of_forgotten(forget(open_store(store), which=forgets)))
        return
    asked = Asked("openai", model, prompt, Decoding(temperature, retry_temperature, max_tokens, side))
    scope = Scope(one_of(posts), source, limit, retry_refused, with_text)
    paying = paying_of(prompt_price, completion_price, budget_usd)
    every_s = EVERY_S if wait else None
    at = open_store(store)
    if dry_run:
        planned = plan(at, asked=asked, scope=scope, paying=paying, new_prompt=new_prompt, draws_twice=False)
        told, fails = lines(planned) if planned else [], False
    else:
        found = caption_batch(at, asked=asked, scope=scope, paying=paying, new_prompt=new_prompt, every_s=every_s)
        told, fails = _told(found), found.is_in_vain or bool(found.unknown)
    for line in told:
        say(line)
    if fails:
        raise typer.Exit(1)


def _told(found: Batched) -> list[str]:
    told = [_told_of_batch(each) for each in found.standings]
    if found.begun.n_beyond:
        told.append(f"the budget holds no more: {found.begun.n_beyond:,} images wait for another command")
    if found.done is None:
        is_waiting = any(each.is_known for each in found.standings)
        told += _told_of_money(found.begun)
        return [*told, "under way; the same command collects it"] if is_waiting else told
    told += [*told_of(found.done), *(f"  {n:6,}  {cause}" for cause, n in found.causes)]
    n_again = sum(not is_last(row) for row in found.done.rows)
    return [*told, f"{n_again:,} refused answers have their second try: the same command"] if n_again else told


def _told_of_batch(batch: Standing) -> str:
    name = batch.batch_id
    if not batch.is_known:
        return (
            f"the endpoint does not know batch {name} under this key; if it is lost: msa caption-batch --forget {name}"
        )
    far = f", {batch.n_done:,} of {batch.n_lines:,}" if batch.n_lines else ""
    return f"batch {name}: {': '.join([batch.status, *batch.errors])}{far}"


def _told_of_money(found: Begun) -> list[str]:
    """Spent before the batches; once all is over, it is told with the rest."""
    told = []
    if found.lost_usd:
        told.append(f"at most ${found.lost_usd:.4f} for calls before, whose answers never came")
    if found.again_usd:
        told.append(f"${found.again_usd:.4f} for asking again about an image that was described before")
    return told


def _told_of_forgotten(found: Forgotten) -> str:
    if not found.n_batches:
        return "no batch is under way; nothing was dropped"
    where = f"{', '.join(found.batch_ids) or 'not submitted yet'}; {', '.join(found.addresses)}"
    return (
        f"{found.n_batches:,} batches of {found.n_images:,} images are dropped ({where}): the images wait again. What "
        "was answered there is not collected, and may be billed"
    )
