"""Limits a minute are kept, also by calls that are larger than what may come at once."""

import asyncio
from time import monotonic

import pytest

from msa_core.captions import pace
from msa_core.captions.pace import Limits, Pace


def left_at(n_calls: int, n_tokens: int, tokens_a_minute: float) -> list[float]:
    """Seconds after which each of the calls, all wanted at once, may be made."""

    async def turns() -> list[float]:
        found, started = Pace(Limits(tokens_a_minute=tokens_a_minute)), monotonic()

        async def turn() -> float:
            await found.turn(n_tokens)
            return monotonic() - started

        return sorted(await asyncio.gather(*(turn() for _ in range(n_calls))))

    return asyncio.run(turns())


def test_a_call_that_wants_more_tokens_than_come_at_once_waits_for_all_of_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pace, "WINDOW", 0.1)  # seconds: at 10,000 a second, 1,000 may come at once
    first, second, third = left_at(3, 3_000, 600_000)
    assert first >= 0.19, "2,000 more than the window holds"
    assert second >= 0.49
    assert third >= 0.79
    assert second - first >= 0.25, "one after the other, not all of them at the end"


def test_calls_that_fit_come_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pace, "WINDOW", 0.1)
    assert left_at(2, 500, 600_000)[-1] < 0.05
