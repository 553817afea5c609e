"""How fast an endpoint is asked: requests and tokens a minute, and a rest for all callers when it asks for one."""

import asyncio
import time
from dataclasses import dataclass
from random import SystemRandom

from aiolimiter import AsyncLimiter

MINUTE = 60.0
WINDOW = 10.0  # seconds over which tokens may come unevenly
SHORTEST_SPREAD_S, LONGEST_SPREAD_S = 0.5, 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """`requests_a_minute` and `tokens_a_minute`: None for as many as the endpoint takes.

    A call is tried `n_tries` times; `patience` images given up in a row mean that nobody is there.
    """

    n_at_once: int = 8
    requests_a_minute: float | None = None
    tokens_a_minute: float | None = None
    n_tries: int = 6
    patience: int = 5


class Pace:
    """Requests are spread evenly, so that no minute holds more than its share."""

    def __init__(self, limits: Limits) -> None:
        per_minute, tokens = limits.requests_a_minute, limits.tokens_a_minute
        self._requests = AsyncLimiter(1, MINUTE / per_minute) if per_minute else None
        self._tokens = AsyncLimiter(tokens * WINDOW / MINUTE, WINDOW) if tokens else None
        self._taking = asyncio.Lock()
        self._rest_until = 0.0
        self._spread_s = 0.0
        self._random = SystemRandom()

    def rest(self, seconds: float, *, is_limit: bool = False) -> None:
        """Nobody calls for a while; after a limit callers come back one by one, further apart each time."""
        self._rest_until = max(self._rest_until, time.monotonic() + seconds)
        if is_limit:
            self._spread_s = min(max(2 * self._spread_s, SHORTEST_SPREAD_S), LONGEST_SPREAD_S)

    def went_well(self) -> None:
        """An answer came: callers may come closer together again."""
        self._spread_s = 0.8 * self._spread_s if self._spread_s > SHORTEST_SPREAD_S / 2 else 0.0

    async def turn(self, n_tokens: int) -> None:
        """Returns when a call of so many tokens may be made."""
        if self._tokens:
            await self._take(self._tokens, n_tokens)
        if self._requests:
            await self._requests.acquire()
        while (left := self._rest_until - time.monotonic()) > 0:
            await asyncio.sleep(left + self._random.uniform(0, self._spread_s))

    async def _take(self, limiter: AsyncLimiter, n_tokens: float) -> None:
        """A call may want more than the window ever holds: portion by portion, and one call after the other, so that
        not all of them have theirs at the same time.
        """
        async with self._taking:
            while n_tokens > 0:
                portion = min(n_tokens, limiter.max_rate)
                await limiter.acquire(portion)
                n_tokens -= portion
