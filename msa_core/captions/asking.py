"""Many images described, few at a time: every answer is kept as it comes, whatever stops the rest.

A call that may succeed later is tried again after a jittered back-off (Brooker 2015); an answer that the gate refuses
is drawn once more at another temperature; when images in a row are given up, the endpoint is down and all of it stops.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import Any

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from msa_core.captions.captioner import Again, Captioner, Picture, Rejected, Said
from msa_core.captions.checking import checked, rejected
from msa_core.captions.pace import Limits, Pace
from msa_core.captions.purse import Purse, Spent
from msa_core.errors import CaptionError
from msa_core.records import Caption

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 20.0
READ_AT_ONCE = 8  # images
AHEAD = 16  # images that are made ready while as many calls as allowed are in flight
DOUBTS = 10  # images rejected in a row: then it is not the images
LONGEST_REST_S = 600.0  # a longer wish, or so long without an answer, ends the command

Keep = Callable[[list[Caption]], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """`n_failed` images were given up for now: no row, asked again next time. `is_spent`: the budget ended it.

    `lost_usd`: for calls whose answers never came, the most that they can have cost.
    """

    n_failed: int = 0
    is_spent: bool = False
    lost_usd: float = 0.0


class Asking:
    """One command's asking. `keep` stores answers for good and runs in a thread; what it has returned from is safe.

    `knows`: whether the endpoint has described images before, so that a rejection is the image's fault.
    """

    def __init__(
        self,
        captioner: Captioner,
        keep: Keep,
        *,
        limits: Limits,
        purse: Purse,
        knows: bool = False,
    ) -> None:
        self.captioner = captioner
        self.limits = limits
        self.purse = purse
        self._keep = keep
        self._pace = Pace(limits)
        self._free = asyncio.Semaphore(limits.n_at_once)
        self._answers: asyncio.Queue[tuple[list[Caption], asyncio.Future[None] | None] | None] = asyncio.Queue()
        self._reading = asyncio.Lock()
        self._read: deque[Picture] = deque()
        self._knows = knows
        self._doubted: list[Caption] = []
        self._last_good_at = monotonic()
        self._n_failed = self._n_failed_in_a_row = 0
        self._is_spent = False

    async def describe(self, pictures: Iterable[Picture]) -> Outcome:
        """Takes pictures only as calls become free. Raises CaptionError once everything that came is kept."""
        left = iter(pictures)
        keeper = asyncio.create_task(self._keep_answers())
        workers = [asyncio.create_task(self._work(left)) for _ in range(self.limits.n_at_once + AHEAD)]
        work = asyncio.gather(*workers)
        either: list[asyncio.Future[Any]] = [keeper, work]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
                self._judge_rejections()
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            self._answers.put_nowait(None)
            await keeper
        return Outcome(self._n_failed, self._is_spent, self.purse.lost_usd)

    async def _work(self, left: Iterator[Picture]) -> None:
        while not self._is_spent:
            picture = await self._next(left)
            if picture is None:
                return
            await self._describe(picture)

    async def _next(self, left: Iterator[Picture]) -> Picture | None:
        """A store is read by one at a time, some pictures at once: each change of threads costs."""
        async with self._reading:
            if not self._read:
                self._read.extend(await asyncio.to_thread(_some, left))
            return self._read.popleft() if self._read else None

    async def _describe(self, picture: Picture) -> None:
        """At most two answers: the first, and one at another temperature where the gate refuses it."""
        for attempt in range(picture.n_attempts, (picture.n_attempts | 1) + 1):
            try:
                said, cost_usd = await self._said(picture, attempt)
            except Spent:
                self._is_spent = True
                return
            except Rejected as error:
                self._reject(rejected(self.captioner, picture, attempt, str(error)))
                return
            except Again as error:
                self._give_up(error)
                return
            row = checked(self.captioner, picture, attempt, said, cost_usd=cost_usd)
            await self._answered(row)
            if row.status == "ok":
                return

    async def _said(self, picture: Picture, attempt: int) -> tuple[Said, float | None]:
        request = await self.captioner.prepared(picture, attempt)
        retrying = AsyncRetrying(
            retry=retry_if_exception_type(Again),
            stop=stop_after_attempt(self.limits.n_tries),
            wait=wait_random_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S),
            reraise=True,
        )
        return await retrying(self._patiently, request, self.captioner.most_tokens(picture))

    async def _patiently(self, request: Any, most: tuple[int, int]) -> tuple[Said, float | None]:
        """A limit is no failure: the endpoint answers, and asks for time."""
        while True:
            try:
                return await self._once(request, most)
            except Again as error:
                if not error.is_limit or monotonic() - self._last_good_at > LONGEST_REST_S:
                    raise

    async def _once(self, request: Any, most: tuple[int, int]) -> tuple[Said, float | None]:
        async with self.purse.reserving(most), self._free:
            await self._pace.turn(sum(most))
            try:
                said = await self.captioner.say(request)
            except Again as error:
                self._rest(error)
                if error.is_billed:
                    self.purse.lose(most)
                raise
            self._last_good_at = monotonic()
            self._pace.went_well()
            return said, self.purse.pay(said, most)

    def _rest(self, error: Again) -> None:
        seconds = error.after_s or 0.0
        if seconds > LONGEST_REST_S:
            raise CaptionError(
                f"The endpoint asks to wait {seconds:,.0f} s ({error}). Come back then; what came is kept."
            )
        self._pace.rest(seconds or (FIRST_WAIT_S if error.is_limit else 0.0), is_limit=error.is_limit)

    async def _answered(self, row: Caption) -> None:
        """Returns once it is kept, and with it the rejections that were held back before it."""
        self._n_failed_in_a_row = 0
        held, self._doubted = self._doubted, []
        self._knows = True
        kept = asyncio.get_running_loop().create_future()
        self._answers.put_nowait(([*held, row], kept))
        await kept

    def _reject(self, row: Caption) -> None:
        """Held back until an answer comes: where none does, it is the model, the address or the account."""
        self._doubted.append(row)
        if len(self._doubted) >= DOUBTS:
            self._judge_rejections()

    def _judge_rejections(self) -> None:
        """Raises CaptionError where images in a row were rejected, or all there were."""
        if self._doubted and (len(self._doubted) >= DOUBTS or not self._knows):
            raise CaptionError(
                f"{self.captioner.model} takes none of the images: {self._doubted[-1].caption}. Does it read images, "
                "is it served under this name, is the account in order? Nothing of them is marked as refused."
            )
        if self._doubted:
            self._answers.put_nowait((self._doubted, None))
            self._doubted = []

    def _give_up(self, error: Again) -> None:
        self._n_failed += 1
        self._n_failed_in_a_row += 1
        if self._n_failed_in_a_row >= self.limits.patience:
            raise CaptionError(
                f"The endpoint does not answer: {self._n_failed_in_a_row} images in a row were given up after "
                f"{self.limits.n_tries} tries each ({error}). What came is kept; the same command goes on from there."
            )

    async def _keep_answers(self) -> None:
        """Those that wait are kept together, so that one write to the disk serves many."""
        is_over = False
        while not is_over:
            waiting = [await self._answers.get()]
            while not self._answers.empty():
                waiting.append(self._answers.get_nowait())
            is_over = None in waiting
            groups = [each for each in waiting if each is not None]
            rows = [row for some, _ in groups for row in some]
            if rows:
                await asyncio.to_thread(self._keep, rows)
            for _, kept in groups:
                if kept is not None and not kept.done():
                    kept.set_result(None)


def _some(left: Iterator[Picture]) -> list[Picture]:
    return list(islice(left, READ_AT_ONCE))
