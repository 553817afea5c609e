"""A push that dies while the server still takes in what it sent: the tasks come after the sender is gone."""

import multiprocessing
import os
import signal
import sqlite3
import threading
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest

from flows import review_round
from flows.review_push import Asked, push
from labelstudio.connection import Connection
from labelstudio.server_folder import Server
from tests.labelstudio.queue_desk import QueueDesk
from warehouse import Store

pytestmark = [pytest.mark.labelstudio, pytest.mark.slow]


def push_killed_in_its_request(root: str, title: str, is_ready: Event, may_send: Event) -> None:
    """A push of five posts that dies half a second after it began to send them, without an answer."""
    post = Connection.post

    def dying(self: Connection, path: str, body: bytes, **asked: str) -> Any:
        is_ready.set()
        may_send.wait()
        threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGKILL)).start()
        return post(self, path, body, **asked)

    Connection.post = dying  # type: ignore[method-assign]
    push(Store.open(Path(root)), asked=Asked(None, 5, 1, "hidden"), project=title)


@pytest.fixture
def writing(label_studio: Server) -> sqlite3.Connection:
    """The server's database; whoever begins to write there holds up the server's own writing."""
    return sqlite3.connect(
        label_studio.files.parent / "data" / "label_studio.sqlite3", isolation_level=None, check_same_thread=False
    )


def test_tasks_that_arrive_after_their_sender_died_are_waited_for_and_not_sent_again(
    desk: QueueDesk, writing: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
):
    desk.push(1)
    context = multiprocessing.get_context("spawn")
    is_ready, may_send = context.Event(), context.Event()
    told = (str(desk.store.places.root), desk.title, is_ready, may_send)
    process = context.Process(target=push_killed_in_its_request, args=told)
    process.start()
    assert is_ready.wait(60)
    writing.execute("begin immediate")
    may_send.set()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len(desk.tasks()) == 1
    settled = review_round.settled

    def settled_meanwhile(*about: Any) -> Any:
        threading.Timer(0.5, writing.execute, ("rollback",)).start()  # the server goes on with what it was sent
        return settled(*about)

    monkeypatch.setattr(review_round, "settled", settled_meanwhile)
    assert desk.push(5).n_unanswered == 5
    assert len(desk.tasks()) == 5
    assert desk.is_exact()
