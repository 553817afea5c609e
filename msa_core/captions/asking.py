"""Many images described, few at a time: every answer is kept as it comes, whatever stops the rest.

A call that may succeed later is tried again after a jittered back-off (Brooker 2015); an answer that the gate refuses
is drawn once more at another temperature; when images in a row are given up, or calls in a row bring no reply, the
endpoint is down and all of it stops.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from time import monotonic
from typing import Any

from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from msa_core.captions.captioner import Again, Captioner, Picture, Rejected, Said
from msa_core.captions.checking import checked, rejected
from msa_core.captions.keeping import Keeping
from msa_core.captions.pace import Limits, Pace
from msa_core.captions.purse import Purse, Spent
from msa_core.captions.reasons import CaptionReason
from msa_core.captions.rejections import Rejections
from msa_core.captions.silence import Silence
from msa_core.errors import CaptionError
from msa_core.records import Caption

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 20.0
READ_AT_ONCE = 8  # images
UNSETTLED = 4  # answers on their way to the disk beside the calls in flight: what a power cut can lose, too
AHEAD = 16  # images that are made ready while as many calls as allowed are in flight
LONGEST_REST_S = 600.0  # a longer wish, or so long without an answer, ends the command

Answer = tuple[Said, float | None]  # and what it cost


@dataclass(frozen=True, slots=True)
class Outcome:
    """`n_failed` images were given up for now: no row, asked again next time. `is_spent`: the budget ended it.

    `lost_usd`: for calls whose answers never came, the most that they can have cost. `again_usd`: for asking once more
    about an image that was described before, to learn whose fault rejections are. `cause`: of the last failure.
    """

    n_failed: int = 0
    is_spent: bool = False
    lost_usd: float = 0.0
    again_usd: float = 0.0
    cause: str = ""


class Asking:
    """One command's asking. An answer is handed to `keeping` in the same step of the loop in which it is read.

    `known`: an image that the model has described before; while it takes that one, a rejection is the image's fault.
    """

    def __init__(
        self,
        captioner: Captioner,
        keeping: Keeping,
        *,
        limits: Limits,
        purse: Purse,
        known: Picture | None = None,
    ) -> None:
        self.captioner = captioner
        self.limits = limits
        self.purse = purse
        self._keeping = keeping
        self._pace = Pace(limits)
        self._free = asyncio.Semaphore(limits.n_at_once)
        self._unsettled = asyncio.Semaphore(limits.n_at_once + UNSETTLED)
        self._reading = asyncio.Lock()
        self._read: deque[Picture] = deque()
        self._rejections = Rejections(captioner.model, known=known, against=self._against)
        self._silence = Silence(limits, timeout_s=captioner.timeout_s)
        self._last_good_at = monotonic()
        self._n_failed = self._n_failed_in_a_row = 0
        self._is_spent = False
        self._again_usd = 0.0
        self._cause = ""

    async def describe(self, pictures: Iterable[Picture]) -> Outcome:
        """Takes pictures only as calls become free. Raises CaptionError once everything that came is kept."""
        left = iter(pictures)
        keeper = asyncio.create_task(self._keeping.run())
        workers = [asyncio.create_task(self._work(left)) for _ in range(self.limits.n_at_once + AHEAD)]
        work = asyncio.gather(*workers)
        either: list[asyncio.Future[Any]] = [keeper, work]
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
                await self._judge()
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, work, return_exceptions=True)
            self._keeping.end()
            await keeper
        return Outcome(self._n_failed, self._is_spent, self.purse.lost_usd, self._again_usd, self._cause)

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
                request = await self.captioner.prepared(picture, attempt)
                async with self._unsettled:
                    said, cost_usd = await self._said(picture, request)
                    row = checked(self.captioner, picture, attempt, said, cost_usd=cost_usd)
                    await self._answered(picture, row)
            except Spent:
                self._is_spent = True
                return
            except Rejected as error:
                await self._reject(rejected(self.captioner, picture, attempt, str(error)))
                return
            except Again as error:
                self._give_up(error)
                return
            if row.status == "ok":
                return

    async def _said(self, picture: Picture, request: Any) -> Answer:
        try:
            return await self._patiently(picture, request)
        except Again as error:
            failed = error
        return await self._again(failed, lambda: self._patiently(picture, request))

    async def _again(self, failed: Again, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """After a first try that failed: few images need what is made here."""
        failures = [failed]

        async def tried() -> Answer:
            if failures:
                raise failures.pop()
            return await call()

        return await AsyncRetrying(
            retry=retry_if_exception_type(Again),
            stop=stop_after_attempt(self.limits.n_tries),
            wait=wait_random_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S),
            reraise=True,
        )(tried)

    async def _patiently(self, picture: Picture, request: Any) -> Answer:
        """A limit is no failure: the endpoint answers, and asks for time."""
        while True:
            try:
                return await self._once(picture, request)
            except Again as error:
                if not error.is_limit or monotonic() - self._last_good_at > LONGEST_REST_S:
                    raise

    async def _once(self, picture: Picture, request: Any) -> Answer:
        most = self.captioner.most_tokens(picture)
        async with self.purse.reserving(most), self._free:
            await self._pace.turn(sum(most))
            begun_at = monotonic()
            try:
                said = await self.captioner.say(request)
            except (Again, Rejected) as error:
                self._hear(error, picture, begun_at, most)
                raise
            self._silence.ends()
            self._last_good_at = monotonic()
            self._pace.went_well()
            return said, self.purse.pay(said, most)

    def _hear(self, error: Again | Rejected, picture: Picture, begun_at: float, most: tuple[int, int]) -> None:
        """What a failed call tells of the endpoint, and may have cost."""
        if isinstance(error, Rejected):
            self._silence.ends()
            return
        self._rest(error)
        if error.is_billed:
            self.purse.lose(most)
        if error.is_silent:
            lost_usd = self.purse.lost_usd
            self._silence.lasts(error, image_sha256=picture.image_sha256, begun_at=begun_at, lost_usd=lost_usd)
        else:
            self._silence.ends()

    def _rest(self, error: Again) -> None:
        seconds = error.after_s or 0.0
        if seconds > LONGEST_REST_S:
            raise CaptionError(
                f"The endpoint asks to wait {seconds:,.0f} s ({error}). Come back then; what came is kept."
            )
        self._pace.rest(seconds or (FIRST_WAIT_S if error.is_limit else 0.0), is_limit=error.is_limit)

    async def _answered(self, picture: Picture, row: Caption) -> None:
        """Returns once it is kept, and with it the rejections that were held back before it."""
        self._n_failed_in_a_row = 0
        await self._keeping.kept([*self._rejections.answered(picture), row])

    async def _reject(self, row: Caption) -> None:
        """A file that cannot be decoded says nothing of the endpoint."""
        if row.reason == CaptionReason.UNREADABLE_IMAGE:
            self._keeping.soon([row])
        elif self._rejections.add(row):
            await self._judge()

    async def _judge(self) -> None:
        """Where the budget does not hold the question, the images wait."""
        try:
            self._keeping.soon(await self._rejections.judged())
        except Spent:
            self._is_spent = True

    async def _against(self, known: Picture) -> str | None:
        """Why the endpoint does not take this image; None where it does. Raises Spent."""
        try:
            _, cost_usd = await self._said(known, await self.captioner.prepared(known, known.n_attempts))
        except (Again, Rejected) as error:
            return str(error)
        self._again_usd += cost_usd or 0.0
        return None

    def _give_up(self, error: Again) -> None:
        self._cause = str(error)
        self._n_failed += 1
        self._n_failed_in_a_row += 1
        if self._n_failed_in_a_row >= self.limits.patience:
            raise CaptionError(
                f"The endpoint does not answer: {self._n_failed_in_a_row} images in a row were given up after "
                f"{self.limits.n_tries} tries each ({error}). What came is kept; the same command goes on from there."
            )


def _some(left: Iterator[Picture]) -> list[Picture]:
    return list(islice(left, READ_AT_ONCE))
