"""One round of `msa caption-batch`: what waits is submitted, what was submitted is collected once it is over."""

import asyncio
from collections import Counter
from dataclasses import dataclass, replace
from time import monotonic

from flows.batches_out import BatchesOut
from flows.caption import Captioned
from flows.caption_ledger import Scope, begin, fold, is_last, keep, known, pictures, refuse_another_prompt, waiting
from flows.caption_options import Paying
from flows.caption_plan import fitting, refuse_too_little
from msa_core.captions.asking import Outcome
from msa_core.captions.batch import Collected, Standing, collect, expect_batches, find, lines_of, standing, submit
from msa_core.captions.captioner import Again
from msa_core.captions.checking import caption_id
from msa_core.captions.endpoint import Endpoint
from msa_core.captions.purse import Purse, Spent
from msa_core.captions.trial import MOST, tried
from msa_core.errors import CaptionError
from msa_core.records import Caption
from warehouse import Moment, Store
from warehouse.journal import Journal


@dataclass(frozen=True, slots=True)
class Begun:
    """`rows`: of the images that were asked about at once; `lost_usd`, `again_usd`: paid for nothing meanwhile, as in
    Outcome; `tags`: of the batches that are to be submitted now; `n_beyond`: images that the budget did not hold.
    """

    rows: tuple[Caption, ...] = ()
    tags: frozenset[str] = frozenset()
    lost_usd: float = 0.0
    again_usd: float = 0.0
    n_beyond: int = 0


@dataclass(frozen=True, slots=True)
class Batched:
    """`done` is null while a batch is under way; the same command collects it later. `causes`: why images have no
    answer, each with how many; `is_in_vain`: the batches have brought nothing at all for theirs.
    """

    standings: tuple[Standing, ...]
    done: Captioned | None
    begun: Begun
    causes: tuple[tuple[str, int], ...] = ()
    is_in_vain: bool = False

    @property
    def unknown(self) -> tuple[str, ...]:
        """Ids that the endpoint does not know, which is no proof of a loss: these batches stay under way."""
        return tuple(each.batch_id for each in self.standings if not each.is_known)


@dataclass(frozen=True, slots=True)
class Way:
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


async def one_round(moment: Moment, way: Way, scope: Scope, every_s: float | None) -> Batched:
    """`every_s`: look so often until all is over; None looks once. Raises CaptionError, Again."""
    started = monotonic()
    async with way.endpoint:
        begun = Begun() if way.out.under_way() else await _begin(moment, way, scope)
        await _submit(moment, way, begun.tags)
        ids = {tag: batch_id for tag, batch_id in way.out.submitted().items() if batch_id is not None}
        standings = await _looked(way, ids)
        while every_s is not None and any(map(_is_running, standings.values())):
            await asyncio.sleep(every_s)
            standings = await _looked(way, ids)
        so_far = Batched(tuple(standings.values()), None, begun)
        over = [tag for tag, each in standings.items() if each.is_over]
        if any(map(_is_running, standings.values())) or (ids and not over):
            return so_far
        found = [await _collected(way, tag, standings[tag]) for tag in over]
    done = _committed(way, begun, found, {*ids} - {*over}, monotonic() - started)
    causes: Counter[str] = sum((Counter(dict(each.causes)) for each in found), Counter())
    is_in_vain = done.n_failed > 0 and not any(each.rows for each in found)
    return replace(so_far, done=done, causes=tuple(causes.most_common()), is_in_vain=is_in_vain)


async def _looked(way: Way, ids: dict[str, str]) -> dict[str, Standing]:
    return {tag: await standing(way.endpoint, each) for tag, each in ids.items()}


def _is_running(batch: Standing) -> bool:
    """One that is unknown is not waited for."""
    return batch.is_known and not batch.is_over


async def _begin(moment: Moment, way: Way, scope: Scope) -> Begun:
    """Some images are asked about at once, one by one, until one is answered; of the others what is left of the budget
    holds is to be submitted.
    """
    if not way.new_prompt:
        refuse_another_prompt(moment, way.endpoint)
    await expect_batches(way.endpoint)  # one without says so before anything is intended
    prices = way.paying.prices
    rows, purse = waiting(moment, way.endpoint, scope), Purse(prices, budget_usd=way.paying.budget_usd)
    refuse_too_little(way.endpoint, rows, purse)
    first = await _tried(moment, way, fitting(way.endpoint, rows[:MOST], purse), purse)
    begin(way.answers, way.endpoint)
    keep(way.answers, first)
    left = rows[len(first) :]
    held = fitting(way.endpoint, left, purse)
    tags = way.out.intend(held, takes_schema=way.endpoint.takes_schema is not False, prices=prices)
    again_usd = purse.spent_usd - purse.lost_usd - sum(row.cost_usd or 0.0 for row in first)
    return Begun(tuple(first), tags, purse.lost_usd, max(round(again_usd, 9), 0.0), len(left) - len(held))


async def _tried(moment: Moment, way: Way, rows: list[tuple[str, str | None, int]], purse: Purse) -> list[Caption]:
    """Raises CaptionError where the budget does not hold the calls that it takes, Again."""
    try:
        return await tried(way.endpoint, pictures(moment, rows), purse, known=known(moment, way.endpoint))
    except Spent as error:
        raise CaptionError(
            f"The budget is spent before an image was answered: ${purse.lost_usd:.4f} at most for calls whose answers "
            "never came. No batch was submitted; the same command asks again, with its own budget."
        ) from error
    except Again as error:
        if not purse.lost_usd:
            raise
        raise Again(f"{error}; at most ${purse.lost_usd:.4f} for calls whose answers never came") from error


async def _submit(moment: Moment, way: Way, new: frozenset[str]) -> None:
    """Each batch once: one that an earlier command intended is looked for before it is submitted, since a kill may have
    cost its id.
    """
    done = way.out.submitted()
    for tag, intended in way.out.under_way().items():
        if tag not in done:
            rows = [(each.image_sha256, each.text, each.n_attempts) for each in intended.pictures]
            files = pictures(moment, rows)
            lines, unreadable = await lines_of(way.endpoint, files, takes_schema=intended.takes_schema)
            found = None if tag in new else await find(way.endpoint, tag=tag)
            batch_id = found or (await _submitted(way, lines, tag) if lines else None)
            begin(way.answers, way.endpoint)
            keep(way.answers, unreadable)
            way.out.note(tag, batch_id, n_unreadable=len(unreadable))


async def _submitted(way: Way, lines: bytes, tag: str) -> str:
    try:
        return await submit(way.endpoint, lines, tag=tag)
    except CaptionError:  # not for now but for good: what was not submitted waits again
        way.out.keep_only(way.out.submitted())
        raise


async def _collected(way: Way, tag: str, batch: Standing) -> Collected:
    """Under the prices that it was submitted with."""
    intended = way.out.under_way()[tag]
    asked = {caption_id(way.endpoint, each, each.n_attempts): each for each in intended.pictures}
    purse = Purse(intended.prices or way.paying.prices)
    found = await collect(way.endpoint, batch, asked, purse, n_sent=way.out.n_sent(tag))
    begin(way.answers, way.endpoint)
    keep(way.answers, found.rows)
    return found


def _committed(way: Way, begun: Begun, found: list[Collected], unknown: set[str], seconds: float) -> Captioned:
    """`unknown`: tags of batches that stay under way. `n_failed`: lines without an answer; images that were never sent
    are refused for good, and no failure. Raises CaptionError, once the rest is committed, where a batch was rejected
    as a whole.
    """
    n_asked = sum(way.out.n_sent(tag) for tag in way.out.under_way() if tag not in unknown)
    run_id = fold(way.store, way.answers)
    if unknown:
        way.out.keep_only(unknown)
    else:
        way.out.journal.fold()
    doubts = [each.doubt for each in found if each.doubt is not None]
    if doubts:
        raise CaptionError(
            f"{way.endpoint.model} took none of the images of a batch: {doubts[0]}. Nothing of them is marked as "
            "refused, and they wait again. Ask one by one, where a batch is not taken: msa caption"
        )
    answers = tuple(row for each in found for row in each.rows)
    n_failed = n_asked - len(answers)
    rows, outcome = (*begun.rows, *answers), Outcome(n_failed, lost_usd=begun.lost_usd, again_usd=begun.again_usd)
    n_waiting = n_failed + sum(not is_last(row) for row in rows)
    return Captioned(f"{way.endpoint.name} ({way.endpoint.model})", run_id, rows, outcome, n_waiting, seconds)
