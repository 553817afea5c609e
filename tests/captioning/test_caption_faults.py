"""What endpoints do wrong, one by one: nothing is lost, nothing is paid twice, and errors say what to do."""

import asyncio
import io
import time
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from flows.caption import Captioned, caption
from flows.caption_ledger import Scope
from flows.captioners import Asked
from msa_core.captions.captioner import Decoding, Picture
from msa_core.captions.pace import Limits
from msa_core.captions.prompts import prompt_named
from msa_core.captions.request import Request
from msa_core.errors import CaptionError
from tests.captioning import rules
from tests.captioning.request_log import Asked as Asked_
from tests.captioning.scripted_endpoint import ScriptedEndpoint
from warehouse import Store

QWEN = Asked("openai", timeout_s=5.0)
N_OPEN = 48


def described(store: Store, *, limits: Limits = Limits(4), asked: Asked = QWEN, limit: int | None = None) -> Captioned:  # noqa: B008
    done = caption(store, asked=asked, scope=Scope(limit=limit), limits=limits)
    assert done is not None
    return done


def n_captions(store: Store) -> int:
    with store.moment() as moment:
        return int(moment.value("select count(*) from captions where status = 'ok'"))


@pytest.mark.parametrize(
    "fault",
    [
        rules.failing(500),
        rules.failing(503),
        rules.dropped(),
        rules.cut(),
        rules.half_json(),
        rules.without_choices(),
        rules.too_many(None),
        rules.leaving(),
    ],
    ids=["500", "503", "dropped", "cut in the middle", "half a JSON", "no choices", "429", "keep-alive dropped"],
)
def test_a_call_that_may_succeed_later_is_tried_again(store: Store, endpoint: ScriptedEndpoint, fault: rules.Rule):
    endpoint.add(fault, times=3)
    done = described(store)
    assert (done.n_ok, done.n_failed, n_captions(store)) == (N_OPEN, 0, N_OPEN)


def test_a_hanging_call_is_given_up_after_its_timeout_and_tried_again(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.hanging())
    done = described(store, asked=Asked("openai", timeout_s=0.5), limit=3)
    assert (done.n_ok, len(endpoint.asked)) == (3, 4)


def test_retry_after_rests_all_callers(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.too_many(retry_after=2))
    described(store, limits=Limits(2))
    begun = [each.at for each in endpoint.asked]
    limited = next(each for each in endpoint.asked if each.status == 429)
    assert not [at for at in begun if limited.at + 0.3 < at < limited.at + 1.9]
    assert n_captions(store) == N_OPEN


def test_requests_a_minute_are_spread_evenly(store: Store, endpoint: ScriptedEndpoint):
    described(store, limits=Limits(8, requests_a_minute=600), limit=11)
    begun = [each.at for each in endpoint.asked]
    assert begun[-1] - begun[0] >= 0.9
    assert sum(later - earlier < 0.05 for earlier, later in pairwise(begun)) <= 2


def test_no_more_calls_than_allowed_are_in_flight(store: Store, endpoint: ScriptedEndpoint):
    endpoint.manners.latency_s = 0.05
    described(store, limits=Limits(6))
    assert endpoint.most_at_once == 6


def test_an_endpoint_that_is_down_ends_it_and_what_came_is_kept(store: Store, endpoint: ScriptedEndpoint):
    described(store, limit=7)
    endpoint.stop()
    started = time.monotonic()
    with pytest.raises(CaptionError, match=r"does not answer.*kept"):
        described(store)
    assert time.monotonic() - started < 20
    assert n_captions(store) == 7
    endpoint.start()
    assert described(store).n_ok == N_OPEN - 7


def test_an_endpoint_that_breaks_half_way_keeps_what_it_gave(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.saying('{"description": "A dog sits on a red sofa beside a lamp."}'), times=10)
    endpoint.add(rules.failing(500), times=None)
    with pytest.raises(CaptionError, match="HTTP 500"):
        described(store, limits=Limits(2))
    assert n_captions(store) == 10


def test_one_image_that_always_fails_does_not_stop_the_rest(store: Store, endpoint: ScriptedEndpoint):
    described(store, limit=1)
    poisoned: list[str] = []

    def is_poisoned(asked: Asked_) -> bool:
        poisoned.append(asked.image)
        return asked.image == poisoned[0]

    endpoint.add(replace(rules.failing(500), applies=is_poisoned), times=None)
    done = described(store)
    assert (done.n_ok, done.n_failed, done.n_waiting) == (N_OPEN - 2, 1, 1)
    endpoint.script.clear()
    assert described(store).n_ok == 1


def test_an_image_that_moderation_forbids_is_refused_and_the_rest_goes_on(store: Store, endpoint: ScriptedEndpoint):
    described(store, limit=1)
    endpoint.add(rules.saying('{"description": "A dog sits on a red sofa beside a lamp."}'))
    endpoint.add(rules.failing(403, "The image was rejected by our safety system"))
    done = described(store, limits=Limits(1))
    (row,) = [row for row in done.rows if row.status == "refused"]
    assert (row.reason, "safety system" in row.caption) == ("endpoint-rejected", True)
    assert (done.n_ok, done.n_failed) == (N_OPEN - 2, 0)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (rules.wrong_key(), "refuses the key.*MSA_VLM_API_KEY"),
        (rules.failing(403, "not for you"), "refuses the key"),
        (rules.unknown_model(), "knows no model.*It serves: scripted-vlm"),
        (rules.page_of_html(), "a page, not JSON.*/v1"),
        (rules.failing(402, "pay first", "insufficient_quota"), "quota"),
    ],
    ids=["401", "403", "404", "HTML", "quota"],
)
def test_what_no_retry_can_mend_stops_at_once(store: Store, endpoint: ScriptedEndpoint, fault: rules.Rule, words: str):
    endpoint.add(fault, times=None)
    with pytest.raises(CaptionError, match=words) as told:
        described(store, limits=Limits(3))
    assert len(endpoint.asked) <= 6
    assert "sk-scripted" not in str(told.value)
    assert n_captions(store) == 0


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("MSA_VLM_BASE_URL", "", "MSA_VLM_BASE_URL is not set.*--captioner pixels"),
        ("MSA_VLM_BASE_URL", "localhost:8000", "begins with http"),
        ("MSA_VLM_MODEL", "", "No model is named"),
    ],
)
def test_a_missing_setting_names_itself(store: Store, endpoint, monkeypatch, name: str, value: str, words: str):
    monkeypatch.setenv(name, value)
    with pytest.raises(CaptionError, match=words):
        described(store)


def test_without_an_endpoint_the_embedded_captioner_serves(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("MSA_VLM_BASE_URL", raising=False)
    done = described(store, asked=Asked("auto"))
    assert (done.captioner, done.n_ok) == ("pixels (pixels-1)", N_OPEN)
    assert described(store, asked=Asked("pixels")).rows == ()
    assert caption(store, asked=Asked("none"), scope=Scope()) is None


def test_an_unknown_captioner_or_prompt_lists_the_choices(store: Store, endpoint: ScriptedEndpoint):
    with pytest.raises(CaptionError, match="pixels"):
        described(store, asked=Asked("gpt"))
    with pytest.raises(CaptionError, match="objective"):
        described(store, asked=Asked("openai", prompt="poem"))


def test_a_30_megabyte_image_is_shrunk_before_it_is_sent(endpoint: ScriptedEndpoint):
    noise = np.random.default_rng(0).integers(0, 256, (3300, 3300, 3), dtype=np.uint8)
    written = io.BytesIO()
    Image.fromarray(noise).save(written, "PNG", compress_level=0)
    assert len(written.getvalue()) > 30_000_000
    request = Request("m", prompt_named("objective"), Decoding())
    body = asyncio.run(request.body(Picture("0" * 64, written.getvalue()), 0))
    assert len(str(body)) < 1_000_000
