"""Money and odd endpoints: a budget holds, a limit is no failure, and what nobody expects ends no run."""

import asyncio
import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image

from flows.caption import Captioned, caption
from flows.caption_ledger import Scope
from flows.caption_options import FREE, Paying
from flows.captioners import Asked
from msa_core.captions import pace
from msa_core.captions.asking import Asking
from msa_core.captions.captioner import Picture
from msa_core.captions.keeping import Keeping
from msa_core.captions.pace import Limits
from msa_core.captions.pixels import Pixels
from msa_core.captions.purse import Prices, Purse
from msa_core.errors import CaptionError
from tests.captioning import rules
from tests.captioning.scripted_endpoint import ScriptedEndpoint
from warehouse import Store

N_OPEN = 48


def described(
    store: Store, *, at_once: int = 8, paying: Paying = FREE, timeout_s: float = 5.0, **scope: Any
) -> Captioned:
    asked = Asked("openai", timeout_s=timeout_s)
    done = caption(store, asked=asked, scope=Scope(**scope), limits=Limits(at_once), paying=paying)
    assert done is not None
    return done


def n_rows(store: Store, where: str = "true") -> int:
    with store.moment() as moment:
        return int(moment.value(f"select count(*) from captions where {where}"))


def billed(tokens: Any) -> Callable[[dict[str, Any]], None]:
    usage = {"prompt_tokens": tokens, "completion_tokens": 10, "total_tokens": tokens}
    return lambda body: body.update(usage=usage)


def test_where_images_cost_ten_times_the_bound_only_the_first_can_surprise(store: Store, endpoint: ScriptedEndpoint):
    endpoint.manners.latency_s = 0.05
    endpoint.add(rules.altered(billed(40_000)), times=None)
    done = described(store, at_once=32, paying=Paying(Prices(1.0, 1.0), 0.1))
    assert done.outcome.is_spent
    assert done.cost_usd == pytest.approx(0.08, abs=0.002)
    assert len(endpoint.asked) == 2


def test_calls_whose_answers_never_came_count_as_paid(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.hanging(), times=None)
    done = described(store, at_once=2, timeout_s=0.3, paying=Paying(Prices(1.0, 1.0), 0.008))
    assert done.outcome.is_spent
    assert 0 < done.outcome.lost_usd <= 0.008
    assert len(endpoint.asked) == 2


def test_an_endpoint_that_takes_one_call_at_a_time_is_not_taken_for_dead(
    store: Store, endpoint: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(
        pace, "LONGEST_SPREAD_S", 1.0
    )  # of thirty: callers come back sooner, and are refused more often
    endpoint.manners.at_once, endpoint.manners.latency_s = 1, 0.2
    limits = Limits(8, n_tries=2, patience=2)
    done = caption(store, asked=Asked("openai"), scope=Scope(limit=8), limits=limits)
    assert done is not None
    assert (done.n_ok, done.n_failed, n_rows(store)) == (8, 0, 8)
    assert max(each.nth for each in endpoint.asked) > 2, "more often than a failure may happen"


def test_a_wish_to_wait_for_a_day_ends_the_command(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.too_many(retry_after=86_400), times=None)
    with pytest.raises(CaptionError, match=r"wait 86,400 s"):
        described(store)


def test_when_a_known_model_rejects_everything_nothing_is_marked(store: Store, endpoint: ScriptedEndpoint):
    described(store, limit=3)
    endpoint.add(rules.image_rejected(), times=None)
    with pytest.raises(CaptionError, match="took none of the last 45 images"):
        described(store)
    assert n_rows(store, "status = 'refused'") == 0
    endpoint.script.clear()
    assert described(store).n_ok == N_OPEN - 3


@pytest.mark.parametrize("tokens", ["12 tokens", 10**12, -1, None, 3.5], ids=str)
def test_an_odd_usage_is_kept_as_unknown(store: Store, endpoint: ScriptedEndpoint, tokens: Any):
    endpoint.add(rules.altered(billed(tokens)))
    described(store, limit=1)
    assert n_rows(store, "n_prompt_tokens is null and status = 'ok'") == 1


def content(value: Any) -> Callable[[dict[str, Any]], None]:
    choice = {"index": 0, "finish_reason": "stop", "message": {"content": value}}
    return lambda body: body.update(choices=[choice])


def test_content_in_parts_is_read(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.altered(content([{"type": "text", "text": "A dog sits on a red sofa beside a lamp."}])))
    described(store, limit=1)
    assert n_rows(store, "caption like 'A dog sits%' and status = 'ok'") == 1


@pytest.mark.parametrize(
    "odd",
    [{"choices": {}}, {"choices": [None]}, {"choices": ["text"]}, {"choices": [{"message": "text"}]}, {"usage": []}],
    ids=str,
)
def test_an_answer_of_another_shape_is_asked_for_again(store: Store, endpoint: ScriptedEndpoint, odd: dict[str, Any]):
    endpoint.add(rules.altered(lambda body: body.update(odd)))
    endpoint.add(rules.altered(content(5)))
    assert described(store, limit=2).n_ok == 2


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MSA_VLM_API_KEY", "sk-sëcret", "characters that no key has"),
        ("MSA_VLM_BASE_URL", "http://user:hunter2@127.0.0.1:1/v1", "belongs into MSA_VLM_API_KEY"),
        ("MSA_VLM_BASE_URL", "http://host:port/v1", "cannot be read"),
        ("MSA_VLM_BASE_URL", "http://[::1/v1", "no address|cannot be read"),
        ("MSA_VLM_BASE_URL", "http://", "no address"),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(
    store: Store, endpoint, monkeypatch, name: str, value: str, words: str
):
    monkeypatch.setenv(name, value)
    with pytest.raises(CaptionError, match=words) as told:
        described(store)
    assert "hunter2" not in str(told.value)
    assert "cret" not in str(told.value)


def test_a_keys_line_end_is_no_part_of_it(store: Store, endpoint: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MSA_VLM_API_KEY", "sk-scripted\n")
    assert described(store, limit=2).n_ok == 2


def a_png() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (8, 8), "red").save(written, "PNG")
    return written.getvalue()


@pytest.mark.parametrize("fails", ["write", "settle"])
def test_when_answers_cannot_be_kept_no_more_are_asked_for(fails: str):
    n_asked = 0

    def pictures():
        nonlocal n_asked
        for number in range(500):
            n_asked += 1
            yield Picture(f"{number:064x}", a_png())

    def full(*rows: object) -> None:
        raise OSError(28, "No space left on device")

    def well(*rows: object) -> None: ...

    keeping = Keeping(full, well) if fails == "write" else Keeping(well, full)
    with pytest.raises(OSError, match="No space"):
        asyncio.run(Asking(Pixels(), keeping, limits=Limits(4), purse=Purse()).describe(pictures()))
    assert n_asked < 40
