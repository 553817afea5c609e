"""`msa review listen`: wait for the server's webhooks, and pull when one comes; now and then also when none does."""

import os
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.review_pull import Pulled, lines, pull
from flows.reviewing import ProjectOption, TaskOption, connected, known_subject
from labelstudio.project import find, gone
from labelstudio.receiver import receiver, register
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
            say(f"not pulled, tried again later: {type(error).__name__}: {error}")


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
    """Registers itself with the server, then listens until stopped with Ctrl-C."""
    import uvicorn

    connection = connected(store)
    with store.moment() as moment:
        about = known_subject(moment, project=project, task=task)
    target = find(connection, about.title)
    if target is None:
        raise gone(about.title, connection.url)
    secret = os.environ.get(SECRET) or secrets.token_hex(16)
    register(connection, target, url=f"http://{host}:{port}/", secret=secret)
    puller = Puller(store, about.title, every_s, on_pull, pseudonyms)
    puller.hinted.set()
    thread = threading.Thread(target=puller.run, name="pull")
    thread.start()
    try:
        uvicorn.run(receiver(secret, puller.hinted.set), host=host, port=port, log_level="warning")
    finally:
        puller.stop()
        thread.join()


def command(
    *,
    store: StoreOption = DEFAULT_STORE,
    project: ProjectOption = None,
    task: TaskOption = None,
    host: Annotated[str, typer.Option(help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Where to listen.")] = 8765,
    pseudonyms: Annotated[bool, typer.Option("--pseudonyms", help="Keep no reviewer's name.")] = False,
    every: Annotated[float, typer.Option(min=1, help="Seconds between pulls where no webhook comes.")] = 300.0,
) -> None:
    """A webhook is a hint, never the truth. Its secret: MSA_WEBHOOK_SECRET, else a new one each start."""

    def tell(done: Pulled) -> None:
        for line in lines(done):
            say(line)

    opened = open_store(store)
    say(f"listening on http://{host}:{port}/; Ctrl-C stops")
    listen(
        opened,
        host=host,
        port=port,
        every_s=every,
        project=project,
        task=task,
        pseudonyms=pseudonyms,
        on_pull=tell,
    )
