"""`msa review listen` as one process, as a service manager runs it: started, hinted, stopped, killed, started again."""

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from tests.labelstudio.queue_desk import QueueDesk

pytestmark = [pytest.mark.labelstudio, pytest.mark.slow]

PROGRAM = "from flows.cli import main; main()"
ANSWERS = "select label from answers where project is not null order by label"


class Listener:
    """The process, and what it has said so far."""

    def __init__(self, desk: QueueDesk, port: int, every_s: float) -> None:
        words = ["review", "listen", "--store", str(desk.store.places.root), "--project", desk.title]
        words += ["--port", str(port), "--every", str(every_s)]
        self.port, self.url, self.said = port, f"http://127.0.0.1:{port}/", list[str]()
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))

    def end(self, sign: signal.Signals) -> int:
        self.process.send_signal(sign)
        return self.process.wait(30)


@pytest.fixture
def started(desk: QueueDesk) -> Iterator[Callable[..., Listener]]:
    """Starts listeners on one port; each has pulled once when this returns. What lives at the end is killed."""
    found: list[Listener] = []

    def start(every_s: float = 3600.0) -> Listener:
        found.append(Listener(desk, found[0].port if found else a_port(), every_s))
        until(lambda: any(line.startswith(f"{desk.title}: ") for line in found[-1].said), found[-1])
        return found[-1]

    yield start
    for listener in found:
        listener.process.kill()


def a_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def until(holds: Callable[[], bool], listener: Listener, within_s: float = 30.0) -> float:
    """How long it took."""
    began = time.monotonic()
    while not holds():
        assert listener.process.poll() is None, listener.said
        assert time.monotonic() - began < within_s, listener.said
        time.sleep(0.05)
    return time.monotonic() - began


def hooks(desk: QueueDesk) -> list[str]:
    return [hook.url for hook in desk.client.webhooks.list(project=desk.project.id)]


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_an_answer_comes_within_seconds_and_a_signal_ends_it_cleanly(
    desk: QueueDesk, started: Callable[..., Listener], sign: signal.Signals
):
    desk.push(2)
    first, second = desk.tasks()
    listener = started()
    assert hooks(desk) == [listener.url]
    desk.answer(first.id, "positive")
    assert until(lambda: desk.ask(ANSWERS) == [("positive",)], listener) < 10
    assert listener.end(sign) == 0
    assert f"{desk.title}: 1 new, 0 corrected, 0 withdrawn" in listener.said
    assert listener.said[-1] == "stopped"
    assert hooks(desk) == []
    desk.answer(second.id, "negative")
    assert desk.pull().n_new == 1


def test_a_listener_that_was_killed_is_replaced_and_its_webhook_taken_over(
    desk: QueueDesk, started: Callable[..., Listener]
):
    desk.push(3)
    first, second, _ = desk.tasks()
    assert started().end(signal.SIGKILL) == -signal.SIGKILL
    desk.answer(first.id, "positive")
    assert len(hooks(desk)) == 1
    again = started()
    assert desk.ask(ANSWERS) == [("positive",)]
    assert hooks(desk) == [again.url]
    desk.answer(second.id, "negative")
    until(lambda: desk.ask(ANSWERS) == [("negative",), ("positive",)], again)
    assert again.end(signal.SIGTERM) == 0
    assert hooks(desk) == []


def test_a_port_that_is_taken_is_an_error_with_the_remedy_and_no_webhook(desk: QueueDesk):
    desk.push(1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listener = Listener(desk, taken.getsockname()[1], 3600.0)
        assert listener.process.wait(60) == 2
    assert hooks(desk) == []
    assert any("Choose another: --port" in line for line in listener.said)
