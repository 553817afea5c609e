"""Webhooks are hints: lost, doubled and out of order they change nothing that a pull would not bring."""

import os
import random
import statistics
import threading
import time
from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from flows.review_listen import Puller
from flows.review_pull import pull
from labelstudio.connection import Connection
from labelstudio.errors import ReviewError
from labelstudio.project import find
from labelstudio.receiver import HEADER, receiver, register
from tests.labelstudio.queue_desk import QueueDesk

pytestmark = pytest.mark.labelstudio


@pytest.fixture
def listener(desk: QueueDesk) -> Iterator[tuple[str, Puller]]:
    """Our receiver on a free port; the server calls it. Yields its address and the puller, not yet started: one that
    pulls after a hint, and by itself only within the hour.
    """
    import uvicorn  # noqa: PLC0415

    puller = Puller(desk.store, desk.title, 3600.0, lambda done: None)
    config = uvicorn.Config(receiver("open sesame", puller.hinted.set), host="127.0.0.1", port=0, log_level="error")
    serving = uvicorn.Server(config)
    thread = threading.Thread(target=serving.run)
    thread.start()
    while not serving.started:
        time.sleep(0.02)
    port = serving.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/", puller
    serving.should_exit = True
    thread.join()


def call(url: str, secret: str) -> int:
    try:
        with urlopen(Request(url, data=b"{}", headers={HEADER: secret}), timeout=5) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


def test_a_webhook_without_the_secret_is_refused_and_one_with_it_is_a_hint(listener: tuple[str, Puller]):
    url, puller = listener
    assert call(url, "guessed") == 403
    assert not puller.hinted.is_set()
    assert call(url, "open sesame") == 202
    assert puller.hinted.is_set()


def test_a_webhook_is_answered_in_milliseconds(listener: tuple[str, Puller]):
    def seconds() -> float:
        started = time.perf_counter()
        assert call(listener[0], "open sesame") == 202
        return time.perf_counter() - started

    assert statistics.median(seconds() for _ in range(20)) < 0.05


def test_an_answer_arrives_by_webhook_without_anybody_pulling(desk: QueueDesk, listener: tuple[str, Puller]):
    url, puller = listener
    desk.push(2)
    target = find(Connection(os.environ["LABEL_STUDIO_URL"], os.environ["LABEL_STUDIO_API_KEY"]), desk.title)
    assert target is not None
    for _ in range(2):
        register(
            Connection(os.environ["LABEL_STUDIO_URL"], os.environ["LABEL_STUDIO_API_KEY"]),
            target,
            url=url,
            secret="open sesame",
        )
    assert len(desk.client.webhooks.list(project=target.project_id)) == 1
    thread = threading.Thread(target=puller.run)
    thread.start()
    try:
        desk.answer(desk.tasks()[0].id, "positive")
        for _ in range(100):
            if desk.ask("select 1 from answers where project is not null"):
                break
            time.sleep(0.1)
    finally:
        puller.stop()
        thread.join()
    assert desk.ask("select label from answers where project is not null") == [("positive",)]


def test_webhooks_that_are_lost_and_doubled_lose_and_double_nothing(desk: QueueDesk, listener: tuple[str, Puller]):
    url, puller = listener
    chance = random.Random(5)  # the clock is at an hour: only hints pull
    desk.push(20)
    thread = threading.Thread(target=puller.run)
    thread.start()
    counted = "select count(*), count(distinct post_id) from annotations where project is not null"
    try:
        for task in desk.tasks():
            desk.answer(task.id, chance.choice(["positive", "negative"]))
            for _ in range(chance.choice([0, 0, 1, 2])):
                assert call(url, "open sesame") == 202
        assert call(url, "open sesame") == 202  # of all that are lost one comes at last
        waited = time.monotonic() + 60
        while desk.ask(counted) != [(20, 20)] and time.monotonic() < waited:
            time.sleep(0.3)
    finally:
        puller.stop()
        thread.join()
    assert desk.ask(counted) == [(20, 20)]
    assert desk.pull().run_id is None


def test_a_server_that_answers_nonsense_is_named(
    monkeypatch: pytest.MonkeyPatch, desk: QueueDesk, listener: tuple[str, Puller]
):
    monkeypatch.setenv("LABEL_STUDIO_URL", listener[0].rstrip("/"))
    with pytest.raises(ReviewError):
        pull(desk.store, project="none")
