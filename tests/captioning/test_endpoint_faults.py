"""The faults of the scripted endpoint are real ones: the official client meets them as it would meet them anywhere."""

import json
import threading
import time
from collections.abc import Callable
from email.utils import formatdate

import openai
import pytest

from tests.captioning import rules
from tests.captioning.client_of import client, digest, jpeg, request, said
from tests.captioning.plausible import description_of
from tests.captioning.scripted_endpoint import ScriptedEndpoint


def until(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < within_s
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("rule", "error", "status"),
    [
        (rules.failing(), openai.InternalServerError, 500),
        (rules.failing(503, "overloaded"), openai.InternalServerError, 503),
        (rules.too_many(), openai.RateLimitError, 429),
        (rules.wrong_key(), openai.AuthenticationError, 401),
        (rules.unknown_model(), openai.NotFoundError, 404),
        (rules.image_rejected(), openai.BadRequestError, 400),
        (rules.page_of_html(502), openai.InternalServerError, 502),
    ],
)
def test_a_fault_has_the_status_that_the_client_knows(
    endpoint: ScriptedEndpoint, rule: rules.Rule, error: type[openai.APIStatusError], status: int
):
    endpoint.add(rule)
    with pytest.raises(error):
        said(endpoint.url)
    assert said(endpoint.url), "the next request is answered"
    assert [each.status for each in endpoint.asked] == [status, 200]


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        (rules.dropped(), openai.APIConnectionError),
        (rules.cut(), openai.APIConnectionError),
        (rules.half_json(), json.JSONDecodeError),
        (rules.hanging(), openai.APITimeoutError),
        (rules.slow(3), openai.APITimeoutError),
    ],
)
def test_what_never_arrives_whole_is_an_error(endpoint: ScriptedEndpoint, rule: rules.Rule, error: type[Exception]):
    endpoint.add(rule)
    hasty = client(endpoint.url, timeout_s=0.5)
    with pytest.raises(error):
        hasty.chat.completions.create(**request(jpeg(0)))
    assert hasty.chat.completions.create(**request(jpeg(0))).choices
    assert endpoint.asked[-1].delivered


def test_what_was_not_delivered_is_logged_as_that(endpoint: ScriptedEndpoint):
    hasty = client(endpoint.url, timeout_s=0.3)
    for rule in (rules.dropped(), rules.cut(), rules.slow(0.6), rules.hanging()):
        endpoint.add(rule)
        with pytest.raises(openai.APIConnectionError):
            hasty.chat.completions.create(**request(jpeg(0)))
    until(lambda: all(each.answered_at for each in endpoint.asked))
    assert [(each.status, each.delivered) for each in endpoint.asked] == [
        (None, False),
        (200, False),
        (200, False),
        (None, False),
    ]


def test_a_retry_after_comes_as_seconds_or_as_a_date_or_not_at_all(endpoint: ScriptedEndpoint):
    date = formatdate(time.time() + 60, usegmt=True)
    for wanted in (0.5, date, None):
        endpoint.add(rules.too_many(wanted))
        with pytest.raises(openai.RateLimitError) as found:
            said(endpoint.url)
        assert found.value.response.headers.get("retry-after") == (str(wanted) if wanted else None)


def test_a_client_that_retries_gets_through_a_queue_of_faults(endpoint: ScriptedEndpoint):
    for rule in (rules.too_many(0.01), rules.failing(), rules.dropped()):
        endpoint.add(rule)
    assert client(endpoint.url, retries=3).chat.completions.create(**request(jpeg(0))).choices
    assert [each.nth for each in endpoint.asked] == [1, 2, 3, 4]
    assert endpoint.script.waiting == 0


def test_only_a_request_with_a_schema_is_told_that_there_are_none(endpoint: ScriptedEndpoint):
    endpoint.add(rules.schema_rejected(), times=None)
    with pytest.raises(openai.BadRequestError, match="response_format"):
        said(endpoint.url, response_format={"type": "json_object"})
    assert said(endpoint.url)


def test_odd_answers_have_the_status_200(endpoint: ScriptedEndpoint):
    faults = (rules.garbage(), rules.cut_off(), rules.refusing(), rules.without_usage(), rules.without_choices())
    for rule in (*faults, rules.page_of_html()):
        endpoint.add(rule)
    asking = client(endpoint.url).chat.completions
    garbage, cut_off, refusing, no_usage, no_choices, page = [asking.create(**request(jpeg(0))) for _ in range(6)]
    assert garbage.choices[0].message.content == "!" * 64
    assert (cut_off.choices[0].finish_reason, no_usage.usage, no_choices.choices) == ("length", None, None)
    assert refusing.choices[0].message.content is None
    assert refusing.choices[0].message.refusal
    assert "<html>" in page
    assert said(endpoint.url, max_tokens=3) == description_of(digest(jpeg(0)))[:12]


def test_an_endpoint_may_go_down_and_come_back_where_it_was(endpoint: ScriptedEndpoint):
    asking = client(endpoint.url)
    endpoint.add(rules.slow(30))

    def stop_it() -> None:
        until(lambda: bool(endpoint.asked))
        endpoint.stop()

    stopping = threading.Thread(target=stop_it)
    stopping.start()
    for _ in range(2):  # in flight when it stops, and after
        with pytest.raises(openai.APIConnectionError):
            asking.chat.completions.create(**request(jpeg(0)))
    stopping.join()
    endpoint.start()
    assert asking.chat.completions.create(**request(jpeg(0))).choices
    assert [each.delivered for each in endpoint.asked] == [False, True]
