"""What captions cost, and a budget that is kept: the most that a call can cost is reserved before it is made."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from msa_core.captions.captioner import Said

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars for a million tokens."""

    prompt: float
    completion: float

    def cost_usd(self, n_prompt: int, n_completion: int) -> float:
        """Of one call."""
        return (n_prompt * self.prompt + n_completion * self.completion) / MILLION


class Spent(Exception):  # noqa: N818
    """The budget does not hold another call."""


class Purse:
    """The money of one command. Without prices nothing is counted; without a budget nothing is refused.

    Under a budget the first call goes alone, since it tells what an image really costs. Where an endpoint bills more
    than a token for 14 × 14 pixels, that one call may cost more than was reserved.
    """

    def __init__(self, prices: Prices | None = None, *, budget_usd: float | None = None) -> None:
        self.prices = prices
        self.budget_usd = math.inf if budget_usd is None else budget_usd
        self.spent_usd = self.lost_usd = 0.0
        self._reserved_usd = self._dearest_usd = 0.0
        self._n_paid = 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def reserving(self, most: tuple[int, int]) -> AsyncIterator[None]:
        """Waits while calls in flight may leave enough. Raises Spent where they cannot."""
        if self.budget_usd == math.inf:
            yield
            return
        async with self._changed:
            await self._changed.wait_for(lambda: self._fits(most) or not self._reserved_usd)
            if not self._fits(most):
                raise Spent
            wanted = self._wanted(most)
            self._reserved_usd += wanted
        try:
            yield
        finally:
            async with self._changed:
                self._reserved_usd -= wanted
                self._reserved_usd = self._reserved_usd if self._reserved_usd > 1e-12 else 0.0
                self._changed.notify_all()

    def pay(self, said: Said, most: tuple[int, int]) -> float | None:
        """What the answer cost; the most it can have cost where the endpoint does not say; None without prices."""
        if self.prices is None:
            return None
        n_prompt = most[0] if said.n_prompt_tokens is None else said.n_prompt_tokens
        n_completion = most[1] if said.n_completion_tokens is None else said.n_completion_tokens
        cost = self.prices.cost_usd(n_prompt, n_completion)
        self.spent_usd += cost
        self._dearest_usd = max(self._dearest_usd, cost)
        self._n_paid += 1
        return cost

    def lose(self, most: tuple[int, int]) -> None:
        """A call whose answer never came may be billed all the same: it counts as the most it can have cost."""
        cost = self._wanted(most)
        self.spent_usd += cost
        self.lost_usd += cost

    def holds(self, calls: Iterable[tuple[int, int]]) -> int:
        """How many of these calls, in order, what is left pays for in any case; each as the most that it can take."""
        left, n_held = self.budget_usd - self.spent_usd - self._reserved_usd, 0
        for most in calls:
            left -= self._wanted(most)
            if left < 0:
                break
            n_held += 1
        return n_held

    def _wanted(self, most: tuple[int, int]) -> float:
        """Asked anew each time: what others have cost meanwhile tells more than the bound."""
        return max(self.prices.cost_usd(*most), self._dearest_usd) if self.prices else 0.0

    def _fits(self, most: tuple[int, int]) -> bool:
        is_alone = not self._reserved_usd
        left = self.budget_usd - self.spent_usd - self._reserved_usd
        return (self._n_paid > 0 or is_alone) and self._wanted(most) <= left
