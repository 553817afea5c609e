"""A real model behind `transformers serve`: what its answers and its faults look like to the official client."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import httpx
import openai
import pytest

from tests.captioning.client_of import async_client, client, jpeg, request
from tests.captioning.tiny_llava import Served, build, served

pytestmark = [pytest.mark.vlm, pytest.mark.slow]

N_TOKENS = 8


def said(llava: Served, picture: bytes | None, **more: object) -> str | None:
    wanted = request(picture, llava.model, **{"max_tokens": N_TOKENS, "temperature": 0, **more})
    return client(llava.url).chat.completions.create(**wanted).choices[0].message.content


def test_the_image_is_seen_and_the_same_image_is_answered_the_same(llava: Served):
    first, second, again = (said(llava, jpeg(n)) for n in (0, 90, 0))
    assert first
    assert first == again != second


def test_an_answer_says_what_it_used_and_that_it_was_cut(llava: Served):
    answer = client(llava.url).chat.completions.create(**request(jpeg(0), llava.model, max_tokens=N_TOKENS))
    assert answer.choices[0].finish_reason == "length"
    assert answer.usage
    assert answer.usage.completion_tokens == N_TOKENS
    longer = client(llava.url).chat.completions.create(**request(jpeg(0), llava.model, max_tokens=2 * N_TOKENS))
    assert longer.usage
    assert (longer.usage.prompt_tokens, longer.usage.completion_tokens) == (answer.usage.prompt_tokens, 2 * N_TOKENS)
    assert said(llava, None), "an image is no must"


def test_sixteen_at_once_get_the_answers_that_each_gets_alone(llava: Served):
    alone = [said(llava, jpeg(n)) for n in range(16)]

    async def ask_all() -> list[str | None]:
        async with async_client(llava.url) as asking:
            wanted = (request(jpeg(n), llava.model, max_tokens=N_TOKENS, temperature=0) for n in range(16))
            answers = await asyncio.gather(*(asking.chat.completions.create(**each) for each in wanted))
        return [answer.choices[0].message.content for answer in answers]

    assert asyncio.run(ask_all()) == alone


def test_a_wrong_model_is_400_and_an_unknown_field_422(llava: Served):
    with pytest.raises(openai.BadRequestError) as wrong:
        client(llava.url).chat.completions.create(**request(jpeg(0), "another"))
    assert "pinned to" in wrong.value.response.text
    with pytest.raises(openai.UnprocessableEntityError) as unknown:
        said(llava, jpeg(0), extra_body={"no_such_field": 1})
    assert "no_such_field" in unknown.value.response.text


def test_a_response_format_is_taken_and_not_followed(llava: Served):
    schema = {"name": "answer", "schema": {"type": "object", "properties": {"description": {"type": "string"}}}}
    wanted = {"type": "json_schema", "json_schema": schema}
    assert said(llava, jpeg(0), response_format=wanted) == said(llava, jpeg(0))


@pytest.mark.parametrize("bad", [b"no image", jpeg(0)[:300], b""])
def test_a_bad_image_is_500_and_may_take_the_connection_along_but_not_the_server(llava: Served, bad: bytes):
    with pytest.raises(openai.InternalServerError):
        said(llava, bad)
    with httpx.Client(base_url=llava.url, timeout=60) as plain:
        for _ in range(10):
            with suppress(httpx.TransportError):  # half of the requests meet the connection while it closes
                assert plain.post("chat/completions", json=request(bad, llava.model)).status_code == 500
    assert said(llava, jpeg(0))


def test_a_client_that_retries_outlives_a_bad_image(llava: Served):
    patient = client(llava.url, retries=1)
    strict = patient.with_options(max_retries=0)  # on the same connections
    for _ in range(5):
        with pytest.raises(openai.InternalServerError):
            strict.chat.completions.create(**request(b"no image", llava.model, max_tokens=2))
        assert patient.chat.completions.create(**request(jpeg(0), llava.model, max_tokens=2)).choices


def test_there_are_no_batches_and_no_list_of_what_is_served(llava: Served):
    with pytest.raises(openai.NotFoundError):
        client(llava.url).batches.list()
    assert list(client(llava.url).models.list()) == []


def test_one_who_leaves_does_not_take_the_server_along(llava: Served):
    with pytest.raises(openai.APITimeoutError):
        client(llava.url, timeout_s=0.05).chat.completions.create(**request(jpeg(0), llava.model, max_tokens=400))
    assert said(llava, jpeg(0))


def test_the_server_ends_with_its_block_and_leaves_no_process(tmp_path: Path):
    with served(build(tmp_path / "llava")) as other:
        assert said(other, jpeg(0))
    with pytest.raises(ProcessLookupError):
        os.killpg(other.pid, 0)
    with pytest.raises(openai.APIConnectionError):
        said(other, jpeg(0))
