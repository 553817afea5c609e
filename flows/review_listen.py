"""`msa review listen`: wait for the server's webhooks, and pull when one comes; now and then also when none does."""

import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.review_pull import Pulled, lines, pull
from flows.review_server import say_now
from flows.reviewing import ProjectOption, TaskOption, connected, known_subject, served
from labelstudio.connection import Connection
from labelstudio.errors import ReviewError
from labelstudio.project import Project
from labelstudio.receiver import receiver, register, unregister
from warehouse import LeaseHeld, Store

SECRET = "MSA_WEBHOOK_SECRET"  # noqa: S105 — the variable's name


@dataclass(slots=True)
class Puller:
    """Pulls after a hint, and every `every_s` without one: webhooks are lost, doubled and out of order."""

    store: Store
    project: str
    every_s: float
    on_pull: Callable[[Pulled], None]
    pseudonyms: bool = False
    hinted: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Until stopped. What goes wrong is told, and tried again at the next turn."""
        while not self.stopped.is_set():
            self.hinted.wait(self.every_s)
            self.hinted.clear()
            if not self.stopped.is_set():
                self._pull()

    def stop(self) -> None:
        """After the pull that runs."""
        self.stopped.set()
        self.hinted.set()

    def _pull(self) -> None:
        try:
            self.on_pull(pull(self.store, project=self.project, pseudonyms=self.pseudonyms))
        except LeaseHeld:
            self.stopped.wait(1.0)
            self.hinted.set()
        except Exception as error:
            say_now(f"not pulled, tried again later: {type(error).__name__}: {error}")


def listen(
    store: Store,
    *,
    host: str,
    port: int,
    every_s: float,
    project: str | None = None,
    task: str | None = None,
    pseudonyms: bool = False,
    on_pull: Callable[[Pulled], None],
) -> None:
    """Registers itself with the server, then listens until Ctrl-C or SIGTERM, after which the server calls no more.
    `port` 0: any free one. Raises ReviewError where the port is taken.
    """
    connection = connected(store)
    with store.moment() as moment:
        about = known_subject(moment, project=project, task=task)
    target = served(connection, about)
    puller = Puller(store, about.title, every_s, on_pull, pseudonyms)
    secret = os.environ.get(SECRET) or secrets.token_hex(16)
    with _ear(host, port) as ear:
        url = f"http://{host}:{ear.getsockname()[1]}/"
        with _pulling(puller), _registered(connection, target, url, secret):
            puller.hinted.set()
            say_now(f"listening on {url}; Ctrl-C stops")
            _hear(ear, secret, puller.hinted.set)


def _ear(host: str, port: int) -> socket.socket:
    """Bound before the server is told of it."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise ReviewError(f"Port {port} of {host} cannot be used ({error.strerror}). Choose another: --port") from None


@contextmanager
def _registered(connection: Connection, target: Project, url: str, secret: str) -> Iterator[None]:
    register(connection, target, url=url, secret=secret)
    try:
        yield
    finally:
        try:
            unregister(connection, target, url=url)
        except ReviewError as error:
            say_now(f"the server still calls {url}; the next start takes that over: {error}")


@contextmanager
def _pulling(puller: Puller) -> Iterator[None]:
    """In a thread beside the block; the pull that runs is finished."""
    thread = threading.Thread(target=puller.run, name="pull")
    thread.start()
    try:
        yield
    finally:
        puller.stop()
        thread.join()


def _hear(ear: socket.socket, secret: str, hint: Callable[[], None]) -> None:
    """Until a signal: uvicorn ends what it has begun and raises the signal once more."""
    import uvicorn

    with suppress(KeyboardInterrupt):
        uvicorn.Server(uvicorn.Config(receiver(secret, hint), log_level="warning")).run(sockets=[ear])


def command(
    *,
    store: StoreOption = DEFAULT_STORE,
    project: ProjectOption = None,
    task: TaskOption = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where to listen; 0: any free port.")] = 8765,
    pseudonyms: Annotated[bool, typer.Option("--pseudonyms", help="Keep no reviewer's name.")] = False,
    every: Annotated[float, typer.Option(min=1, help="Seconds between pulls where no webhook comes.")] = 300.0,
) -> None:
    """A webhook is a hint, never the truth. Its secret: MSA_WEBHOOK_SECRET, else a new one each start."""

    def tell(done: Pulled) -> None:
        for line in lines(done):
            say_now(line)

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    listen(
        open_store(store),
        host=host,
        port=port,
        every_s=every,
        project=project,
        task=task,
        pseudonyms=pseudonyms,
        on_pull=tell,
    )
    say_now("stopped")
