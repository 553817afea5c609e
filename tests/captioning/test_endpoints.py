"""The scripted endpoint is a real server: the official client and a plain HTTP client find in it what they expect."""

import asyncio
import json
import socket
import time
from pathlib import Path

import httpx
import openai
import pytest
from pydantic import BaseModel

from msa_core.captions.gate import refused
from msa_core.captions.prompts import prompt_named
from tests.captioning import rules
from tests.captioning.client_of import async_client, client, digest, jpeg, request, said
from tests.captioning.manners import KEY, MODEL, Manners
from tests.captioning.own_process import spawned
from tests.captioning.plausible import description_of, mark_of
from tests.captioning.request_log import log_in
from tests.captioning.scripted_endpoint import ScriptedEndpoint


class Answer(BaseModel):
    description: str
    text_in_the_image: str
    n_people: int
    colours: list[str]


def test_each_image_gets_its_own_words(endpoint: ScriptedEndpoint):
    words = [said(endpoint.url, n) for n in range(5)]
    assert words == [description_of(digest(jpeg(n))) for n in range(5)]
    assert all(mark_of(digest(jpeg(n))) in (words[n] or "") for n in range(5))
    assert len(set(words)) == 5


def test_an_answer_fits_the_schema_that_was_asked_for(endpoint: ScriptedEndpoint):
    answer = client(endpoint.url).chat.completions.parse(**request(jpeg(1)), response_format=Answer)
    parsed = answer.choices[0].message.parsed
    assert parsed
    assert parsed.description == description_of(digest(jpeg(1)))
    assert mark_of(digest(jpeg(1))) in parsed.text_in_the_image


@pytest.mark.parametrize("name", ["objective", "ocr", "meme"])
def test_what_it_says_passes_the_gate(endpoint: ScriptedEndpoint, name: str):
    prompt = prompt_named(name)
    for n in range(20):
        answer = client(endpoint.url).chat.completions.parse(**request(jpeg(n)), response_format=prompt.schema())
        parsed = answer.choices[0].message.parsed
        assert parsed
        assert refused(prompt.caption(parsed.model_dump()), prompt=prompt) is None


def test_the_log_holds_what_was_asked_and_no_key(endpoint: ScriptedEndpoint, tmp_path: Path):
    began = time.monotonic()
    for temperature in (0.2, 0.8):
        said(endpoint.url, 3, temperature=temperature, max_tokens=200)
    first, second = endpoint.asked
    assert (first.image, first.nth, second.nth) == (digest(jpeg(3)), 1, 2)
    assert (first.chat.temperature, second.chat.temperature, first.chat.max_tokens) == (0.2, 0.8, 200)
    assert (first.chat.model, first.chat.image_bytes, first.chat.response_format) == (MODEL, len(jpeg(3)), None)
    assert first.chat.messages[0]["content"][1]["image_url"]["url"] == f"sha256:{digest(jpeg(3))}"
    assert (first.status, first.delivered) == (200, True)
    assert began < first.at <= (first.answered_at or 0) < second.at < time.monotonic()
    assert first.headers["authorization"].startswith("Bearer ")
    assert KEY not in repr(endpoint.log.every)


def test_sixteen_at_once_are_served_at_once(endpoint: ScriptedEndpoint):
    endpoint.manners.latency_s = 1.0

    async def ask_all() -> list[str | None]:
        async with async_client(endpoint.url) as asking:
            answers = await asyncio.gather(*(asking.chat.completions.create(**request(jpeg(n))) for n in range(16)))
        return [answer.choices[0].message.content for answer in answers]

    assert asyncio.run(ask_all()) == [description_of(digest(jpeg(n))) for n in range(16)]
    assert endpoint.most_at_once == 16
    assert len({each.image for each in endpoint.asked}) == 16


def test_more_than_it_allows_at_once_are_told_to_wait(endpoint: ScriptedEndpoint):
    endpoint.manners.latency_s, endpoint.manners.at_once = 1.0, 4

    async def ask_all() -> list[object]:
        async with async_client(endpoint.url) as asking:
            asked = (asking.chat.completions.create(**request(jpeg(n))) for n in range(8))
            return await asyncio.gather(*asked, return_exceptions=True)

    assert sum(isinstance(each, openai.RateLimitError) for each in asyncio.run(ask_all())) == 4


def test_a_rule_for_an_image_waits_for_that_image(endpoint: ScriptedEndpoint):
    endpoint.add(rules.saying("any"))
    endpoint.add(rules.saying("the second"), times=2, image=digest(jpeg(2)))
    assert [said(endpoint.url, n) for n in (2, 1, 2)] == ["the second", "any", "the second"]
    assert said(endpoint.url, 2) == description_of(digest(jpeg(2)))


def test_key_model_and_image_are_checked_without_a_rule(endpoint: ScriptedEndpoint):
    with pytest.raises(openai.AuthenticationError):
        client(endpoint.url, key="another").models.list()
    with pytest.raises(openai.NotFoundError, match="another"):
        said(endpoint.url, model="another")
    for bad in (b"no image", b""):
        with pytest.raises(openai.BadRequestError):
            client(endpoint.url).chat.completions.create(**request(bad))
    assert [model.id for model in client(endpoint.url).models.list()] == [MODEL]


def test_a_plain_client_may_send_what_it_likes(endpoint: ScriptedEndpoint):
    with httpx.Client(base_url=endpoint.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=5) as plain:
        good = request(jpeg(0))
        assert plain.post("chat/completions", content=iter([json.dumps(good).encode()])).status_code == 200
        assert plain.post("chat/completions", json=good, headers={"Connection": "close"}).status_code == 200
        assert plain.post("chat/completions", content=b'{"half').status_code == 400
        assert plain.get("nothing").status_code == 404
    with socket.create_connection(("127.0.0.1", endpoint.port)) as raw:
        raw.sendall(b"no http at all\r\n\r\n")
        assert raw.recv(100) == b""


def test_an_image_of_thirty_megabytes_arrives(endpoint: ScriptedEndpoint):
    picture = b"\xff\xd8\xff" + bytes(30_000_000)
    assert client(endpoint.url).chat.completions.create(**request(picture)).choices
    assert endpoint.asked[0].image == digest(picture)


def test_as_a_process_of_its_own_it_is_light_and_its_log_is_a_file(tmp_path: Path):
    with spawned(tmp_path / "asked.jsonl", "--latency", "0.01") as endpoint:
        asking, picture = client(endpoint.url), b"\xff\xd8\xff" + bytes(range(256)) * 200
        asking.chat.completions.create(**request(picture))
        before = endpoint.cpu_s
        for _ in range(100):
            asking.chat.completions.create(**request(picture))
        assert (endpoint.cpu_s - before) / 100 < 0.003
        assert [each.nth for each in endpoint.asked] == list(range(1, 102))
    assert {each.image for each in log_in(tmp_path / "asked.jsonl")} == {digest(picture)}


def test_without_a_key_any_will_do():
    with ScriptedEndpoint(Manners(key=None, models=("a", "b"))) as open_door:
        assert [model.id for model in client(open_door.url, key="whatever").models.list()] == ["a", "b"]
