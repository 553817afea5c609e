"""`msa caption --dry-run`: what it says before a call is made holds once they are."""

from collections.abc import Callable
from typing import Any

import pytest

from flows.caption import Captioned, caption
from flows.caption_ledger import Scope
from flows.caption_options import FREE, Paying
from flows.caption_plan import Plan, lines, plan
from flows.captioners import Asked
from msa_core.captions.pace import Limits
from msa_core.captions.purse import Prices
from msa_core.errors import CaptionError
from tests.captioning import rules
from tests.captioning.scripted_endpoint import ScriptedEndpoint
from warehouse import Store

QWEN = Asked("openai")
N_OPEN = 48


def described(store: Store, *, paying: Paying = FREE, limit: int | None = None) -> Captioned:
    done = caption(store, asked=QWEN, scope=Scope(limit=limit), limits=Limits(1), paying=paying)
    assert done is not None
    return done


def planned(store: Store, *, budget_usd: float | None = None) -> Plan:
    found = plan(store, asked=QWEN, scope=Scope(), paying=Paying(Prices(1.0, 1.0), budget_usd))
    assert found is not None
    return found


def test_a_dry_run_counts_and_asks_nothing(store: Store, endpoint: ScriptedEndpoint):
    found = planned(store)
    assert (found.n_calls, found.n_most_calls, found.usual, endpoint.log.every) == (N_OPEN, 2 * N_OPEN, None, [])
    described(store, limit=8)
    later = planned(store)
    assert (later.n_calls, later.n_most_calls) == (N_OPEN - 8, 2 * (N_OPEN - 8))
    assert later.usual
    assert later.usual.cost_usd
    assert later.most.cost_usd
    assert later.usual.cost_usd < later.most.cost_usd
    assert "nothing was asked" in lines(later)[0]


def test_the_most_of_a_dry_run_is_the_most(store: Store, endpoint: ScriptedEndpoint):
    most = planned(store).most
    assert most.cost_usd is not None
    endpoint.add(rules.altered(as_dear_as_a_call_can_be(most.n_prompt // (2 * N_OPEN))), times=None)
    done = described(store, paying=Paying(Prices(1.0, 1.0)))
    assert (done.n_ok, len(endpoint.asked)) == (0, 2 * N_OPEN), "each is drawn twice"
    assert done.cost_usd is not None
    assert done.cost_usd == pytest.approx(most.cost_usd)


def test_a_dry_run_says_how_many_calls_a_budget_holds(store: Store, endpoint: ScriptedEndpoint):
    most = planned(store).most
    assert most.cost_usd is not None
    budget_usd = most.cost_usd / (2 * N_OPEN) * 5.5
    found = planned(store, budget_usd=budget_usd)
    assert found.n_held == 5
    assert "holds at least 5 of these calls" in lines(found)[-1]
    endpoint.add(rules.altered(as_dear_as_a_call_can_be(most.n_prompt // (2 * N_OPEN))), times=None)
    done = described(store, paying=Paying(Prices(1.0, 1.0), budget_usd))
    assert (done.outcome.is_spent, len(endpoint.asked)) == (True, 5)
    with pytest.raises(CaptionError, match="does not hold one image"):
        planned(store, budget_usd=budget_usd / 100)


def as_dear_as_a_call_can_be(n_prompt: int) -> Callable[[dict[str, Any]], None]:
    """And refused by the gate."""
    usage = {"prompt_tokens": n_prompt, "completion_tokens": 300, "total_tokens": n_prompt + 300}

    def change(body: dict[str, Any]) -> None:
        body["usage"] = usage
        body["choices"][0]["message"]["content"] = "!" * 64

    return change
