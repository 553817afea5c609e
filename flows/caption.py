"""`msa caption`: describe the images of hard posts, each bought once; whatever stops it, what came is kept."""

import asyncio
from collections import Counter
from dataclasses import dataclass
from time import monotonic
from typing import Annotated

import typer

from flows.caption_ledger import (
    Scope,
    Waiting,
    begin,
    fold,
    hand_over,
    idle,
    is_last,
    known,
    pictures,
    refuse_another_prompt,
    under_way,
    waiting,
)
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
from flows.caption_plan import lines, plan, refuse_too_little
from flows.captioners import CAPTIONERS, USUAL, Asked, captioner_of, opened
from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.progress import progress
from msa_core.captions.asking import Asking, Outcome
from msa_core.captions.captioner import Captioner, Decoding
from msa_core.captions.keeping import Keeping
from msa_core.captions.pace import Limits
from msa_core.captions.purse import Prices, Purse
from msa_core.captions.reasons import CaptionReason
from msa_core.records import Caption
from warehouse import Moment, Store, lease
from warehouse.journal import Journal

NOBODY = "no captioner is wanted; nothing was asked"
AS_FAST, NOTHING = Limits(), Prices(0, 0)


@dataclass(frozen=True, slots=True)
class Captioned:
    """`n_waiting` images still want a caption: given up for now, or beyond the budget. `idle`: why none did."""

    captioner: str
    run_id: str | None
    rows: tuple[Caption, ...]
    outcome: Outcome
    n_waiting: int
    seconds: float
    idle: str = ""

    @property
    def n_failed(self) -> int:
        """Images that were given up for now."""
        return self.outcome.n_failed

    @property
    def n_ok(self) -> int:
        """Captions that passed the gate."""
        return sum(row.status == "ok" for row in self.rows)

    @property
    def cost_usd(self) -> float | None:
        """Of this command's answers; None where no price is known."""
        known = [row.cost_usd for row in self.rows if row.cost_usd is not None]
        return sum(known) if known else None


def caption(
    store: Store,
    *,
    asked: Asked,
    scope: Scope,
    limits: Limits = AS_FAST,
    paying: Paying = FREE,
    new_prompt: bool = False,
) -> Captioned | None:
    """None where no captioner is wanted. One process at a time. Raises CaptionError, LeaseHeld; Ctrl-C keeps what came.

    What a killed command left in the journal is committed first, so that nothing is paid for twice.
    """
    captioner = captioner_of(asked)
    if captioner is None:
        return None
    prices = paying.prices if captioner.prompt else NOTHING
    purse = Purse(prices, budget_usd=paying.budget_usd)
    with lease(store.places, "caption"), Journal(store.places, "caption", "answers") as journal:
        fold(store, journal)
        with store.moment() as moment:
            if not new_prompt:
                refuse_another_prompt(moment, captioner)
            aside = under_way(store, captioner)
            rows = waiting(moment, captioner, scope, aside=aside)
            if not rows:
                return _nothing(captioner, idle(moment, captioner, scope, n_under_way=len(aside)))
            refuse_too_little(captioner, rows, purse)
            return _described(store, moment, captioner, rows, _Way(journal, limits, purse))


@dataclass(frozen=True, slots=True)
class _Way:
    journal: Journal
    limits: Limits
    purse: Purse


def _nothing(captioner: Captioner, why: str) -> Captioned:
    return Captioned(_name(captioner), None, (), Outcome(), 0, 0.0, why)


def _name(captioner: Captioner) -> str:
    return f"{captioner.name} ({captioner.model})"


def _described(store: Store, moment: Moment, captioner: Captioner, rows: list[Waiting], way: _Way) -> Captioned:
    started = monotonic()
    kept: list[Caption] = []
    begin(way.journal, captioner)
    try:
        outcome = _ask(moment, captioner, rows, way, kept)
    finally:
        run_id = fold(store, way.journal)
    n_left = len(rows) - sum(map(is_last, kept))
    return Captioned(_name(captioner), run_id, tuple(kept), outcome, n_left, monotonic() - started)


def told_of(done: Captioned) -> list[str]:
    """For whoever runs the command."""
    if not done.rows and not done.n_waiting:
        return [f"nothing to do: {done.idle or 'no image in question waits for a caption'}"]
    refused = Counter(row.reason for row in done.rows if row.status == "refused")
    told = [
        f"{done.captioner}: {done.n_ok:,} images described in {done.seconds:.0f} s, {refused.total():,} answers refused"
    ]
    told += [f"  {n:6,}  {reason}: {CaptionReason(reason).sentence}" for reason, n in refused.most_common() if reason]
    if done.cost_usd:
        told.append(f"cost ${done.cost_usd:.4f}; by day: msa sql 'from costs'")
    if done.n_failed:
        cause = f" ({done.outcome.cause})" if done.outcome.cause else ""
        told.append(f"{done.n_failed:,} images were given up for now{cause}; the same command asks again")
    if done.outcome.lost_usd:
        told.append(f"at most ${done.outcome.lost_usd:.4f} more for calls whose answers never came")
    if done.outcome.again_usd:
        told.append(f"${done.outcome.again_usd:.4f} more for asking again about an image that it had described before")
    if done.outcome.is_spent:
        told.append(f"the budget is spent; {done.n_waiting:,} images still wait")
    return told


def _ask(moment: Moment, captioner: Captioner, rows: list[Waiting], way: _Way, kept: list[Caption]) -> Outcome:
    with progress(
        "caption", total=len(rows), note=lambda: f"$ {way.purse.spent_usd:.4f}" if way.purse.prices else ""
    ) as done:

        def write(answers: list[Caption]) -> None:
            hand_over(way.journal, answers)
            kept.extend(answers)
            done(sum(map(is_last, answers)))

        async def ask() -> Outcome:
            async with opened(captioner):
                keeping = Keeping(write, way.journal.settle)
                earlier = known(moment, captioner)
                asking = Asking(captioner, keeping, limits=way.limits, purse=way.purse, known=earlier)
                return await asking.describe(pictures(moment, rows))

        return asyncio.run(ask())


def command(
    store: StoreOption = DEFAULT_STORE,
    *,
    captioner: Annotated[str, typer.Option(help=f"{', '.join(CAPTIONERS)}; auto: openai where it is set up.")] = "auto",
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
    at_once: Annotated[int, typer.Option(min=1, help="Calls in flight.")] = AS_FAST.n_at_once,
    requests_a_minute: Annotated[float | None, typer.Option(min=0.1, help="At most.")] = None,
    tokens_a_minute: Annotated[float | None, typer.Option(min=1, help="At most, by the most a call can take.")] = None,
    timeout_s: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds a call.")] = 60.0,
    prompt_price: PriceOption = None,
    completion_price: PriceOption = None,
    budget_usd: BudgetOption = None,
    dry_run: DryRunOption = False,
    retry_refused: RetryRefusedOption = False,
    new_prompt: NewPromptOption = False,
) -> None:
    """Print how many images were described, what was refused and why, and what it cost."""
    asked = Asked(captioner, model, prompt, Decoding(temperature, retry_temperature, max_tokens, side), timeout_s)
    scope = Scope(one_of(posts), source, limit, retry_refused, with_text)
    paying = paying_of(prompt_price, completion_price, budget_usd)
    at = open_store(store)
    done = None
    if dry_run:
        found = plan(at, asked=asked, scope=scope, paying=paying, new_prompt=new_prompt)
        told = lines(found) if found else [NOBODY]
    else:
        limits = Limits(at_once, requests_a_minute, tokens_a_minute)
        done = caption(at, asked=asked, scope=scope, limits=limits, paying=paying, new_prompt=new_prompt)
        told = told_of(done) if done else [NOBODY]
    for line in told:
        say(line)
    if done and done.n_failed and not done.rows:
        raise typer.Exit(1)
