"""A budget is kept by reserving the most that a call can cost."""

import asyncio

import pytest

from msa_core.captions.captioner import Said
from msa_core.captions.purse import Prices, Purse, Spent

MOST = (1000, 1000)  # a cent at five dollars a million
PRICES = Prices(5.0, 5.0)


def said(n: int | None = 100) -> Said:
    return Said("A dog.", "stop", n, n, 0.1)


def test_calls_in_flight_count_as_the_most_they_can_cost():
    purse = Purse(PRICES, budget_usd=0.035)
    most_at_once = 0
    n_at_once = 0

    async def call() -> None:
        nonlocal most_at_once, n_at_once
        async with purse.reserving(MOST):
            n_at_once += 1
            most_at_once = max(most_at_once, n_at_once)
            await asyncio.sleep(0.01)
            purse.pay(said(), MOST)
            n_at_once -= 1

    async def calls() -> list[BaseException | None]:
        return await asyncio.gather(*(call() for _ in range(60)), return_exceptions=True)

    ended = asyncio.run(calls())
    assert 1 < most_at_once <= 3
    assert purse.spent_usd <= 0.035
    assert any(isinstance(each, Spent) for each in ended)
    assert purse.spent_usd > 0.035 - 0.01 - 0.001


def test_under_a_budget_the_first_call_goes_alone():
    purse = Purse(PRICES, budget_usd=1.0)
    order: list[str] = []

    async def call(name: str) -> None:
        async with purse.reserving(MOST):
            order.append(f"{name} begins")
            await asyncio.sleep(0.01)
            purse.pay(said(), MOST)
        order.append(f"{name} ends")

    async def calls() -> None:
        await asyncio.gather(call("first"), call("second"))

    asyncio.run(calls())
    assert order == ["first begins", "first ends", "second begins", "second ends"]


def test_a_budget_below_one_call_buys_nothing():
    async def call() -> None:
        async with Purse(PRICES, budget_usd=0.001).reserving(MOST):
            pass

    with pytest.raises(Spent):
        asyncio.run(call())


def test_what_the_endpoint_does_not_bill_is_the_most_it_can_be():
    purse = Purse(PRICES)
    assert purse.pay(said(None), MOST) == pytest.approx(0.01)
    assert Purse(None).pay(said(), MOST) is None
