"""`msa review server`: a Label Studio of the store's own, on 127.0.0.1, until Ctrl-C; answers stay for next time."""

import signal
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.reviewing import server_folder
from labelstudio.errors import ServerBroken
from labelstudio.server import start, stop
from labelstudio.server_folder import Server
from warehouse import Store


def serve(
    store: Store, *, port: int | None, on_step: Callable[[str], None], on_ready: Callable[[Server], None]
) -> None:
    """Returns after Ctrl-C or SIGTERM. Raises ServerBroken where the server ends by itself."""
    started = start(server_folder(store), port=port, on_step=on_step)
    try:
        on_ready(started.server)
        code = started.process.wait()
    except KeyboardInterrupt:
        return
    finally:
        stop(started)
    raise ServerBroken(f"Label Studio ended by itself (exit {code}). Its log: {started.folder / 'server.log'}")


def command(
    store: StoreOption = DEFAULT_STORE,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0: any free one.")] = 8080,
) -> None:
    """Print where it is and how to log in, then wait."""
    opened = open_store(store)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    serve(opened, port=port or None, on_step=say_now, on_ready=_welcome)
    say("stopped")


def _welcome(server: Server) -> None:
    """What a person needs in the browser, and a program in its environment."""
    say_now(f"Label Studio  {server.url}")
    say_now(f"e-mail        {server.email}")
    say_now(f"password      {server.password}")
    say_now(f"export LABEL_STUDIO_URL={server.url}")
    say_now(f"export LABEL_STUDIO_API_KEY={server.token}")
    say_now("Ctrl-C stops it. `msa review …` with this store finds it without these variables.")


def say_now(text: str) -> None:
    """Also through a pipe: the command goes on for hours."""
    say(text)
    sys.stdout.flush()
