"""An endpoint that gives no reply: what was never sent costs nothing, and what hangs ends soon."""

import asyncio
import socket
import time

import pytest

from flows.caption import Captioned, caption
from flows.caption_ledger import Scope
from flows.caption_options import FREE, Paying
from flows.captioners import Asked, captioner_of
from msa_core.captions.captioner import Again
from msa_core.captions.endpoint import Endpoint
from msa_core.captions.pace import Limits
from msa_core.captions.purse import Prices
from msa_core.errors import CaptionError
from tests.captioning import rules
from tests.captioning.scripted_endpoint import ScriptedEndpoint
from warehouse import Store

BUDGET = Paying(Prices(1.0, 1.0), 0.02)  # a few calls


def described(
    store: Store, *, at_once: int = 4, timeout_s: float = 5.0, limit: int | None = None, paying: Paying = FREE
) -> Captioned:
    asked = Asked("openai", timeout_s=timeout_s)
    done = caption(store, asked=asked, scope=Scope(limit=limit), limits=Limits(at_once), paying=paying)
    assert done is not None
    return done


def failure(url: str, monkeypatch: pytest.MonkeyPatch) -> Again:
    """Of one call."""
    monkeypatch.setenv("MSA_VLM_BASE_URL", url)
    asking = captioner_of(Asked("openai", timeout_s=0.5))
    assert isinstance(asking, Endpoint)

    async def call() -> Again:
        async with asking:
            with pytest.raises(Again) as failed:
                await asking.say({"model": "m", "messages": []})
        return failed.value

    return asyncio.run(call())


def test_a_refused_connection_costs_nothing(store: Store, endpoint: ScriptedEndpoint):
    endpoint.stop()
    with pytest.raises(CaptionError, match=rf"does not answer.*Cannot connect to host 127\.0\.0\.1:{endpoint.port}"):
        described(store, paying=BUDGET)
    few = described(store, limit=3, paying=BUDGET)
    assert (few.n_failed, few.outcome.is_spent, few.outcome.lost_usd) == (3, False, 0.0)


def test_an_unknown_host_is_named_and_costs_nothing(endpoint, monkeypatch: pytest.MonkeyPatch):
    failed = failure("http://no-such-host.invalid/v1", monkeypatch)
    assert "no-such-host.invalid" in str(failed)
    assert not failed.is_billed


def test_a_host_that_lets_nobody_connect_costs_nothing(endpoint, monkeypatch: pytest.MonkeyPatch):
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        waiting = [socket.socket() for _ in range(3)]  # the queue of connections is full: more of them hang
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(full.getsockname())
        failed = failure(f"http://127.0.0.1:{full.getsockname()[1]}/v1", monkeypatch)
        for each in waiting:
            each.close()
    assert (failed.is_billed, failed.is_silent) == (False, True)


@pytest.mark.parametrize("rule", [rules.dropped(), rules.cut(), rules.hanging()], ids=["dropped", "cut", "hanging"])
def test_what_was_sent_and_not_answered_may_have_been_billed(endpoint: ScriptedEndpoint, monkeypatch, rule: rules.Rule):
    endpoint.add(rule)
    failed = failure(endpoint.url, monkeypatch)
    assert (failed.is_billed, failed.is_silent) == (True, True)
    assert "ConnectTimeout" not in str(failed)


def test_an_endpoint_that_hangs_is_given_up_after_three_timeouts(store: Store, endpoint: ScriptedEndpoint):
    described(store, limit=3)
    endpoint.add(rules.hanging(), times=None)
    started = time.monotonic()
    with pytest.raises(CaptionError, match=r"does not answer.*--timeout"):
        described(store, at_once=8, timeout_s=0.4)
    assert time.monotonic() - started < 6
    assert len(endpoint.asked) - 3 <= 4 * 8


def test_an_endpoint_that_drops_every_call_is_given_up_before_it_costs_much(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.dropped(), times=None)
    with pytest.raises(CaptionError, match=r"does not answer.*may have cost \$"):
        described(store, at_once=2, paying=Paying(Prices(1.0, 1.0), 100.0))
    assert len(endpoint.asked) <= 5 * 2 + 2


def test_an_endpoint_that_asks_for_time_is_not_silent(store: Store, endpoint: ScriptedEndpoint):
    for _ in range(4):
        endpoint.add(rules.hanging(), times=2)
        endpoint.add(rules.too_many(None))
    assert described(store, at_once=1, timeout_s=0.3, limit=4).n_ok == 4


def test_one_image_that_is_never_answered_does_not_end_the_rest(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.hanging(), times=6)
    done = described(store, at_once=1, timeout_s=0.2, limit=1)
    assert (done.n_ok, done.n_failed) == (0, 1)
    assert "Timeout" in done.outcome.cause
