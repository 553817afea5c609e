"""A Label Studio of the store's own, on 127.0.0.1: started without a click, stopped with all it started."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from labelstudio.environment import Told, home_folder, program, set_up, silent, surroundings
from labelstudio.errors import ReviewError, ServerBroken, TokenRefused
from labelstudio.server_folder import Server, claim, is_held, keep, kept, lay_data, login

HOST = "127.0.0.1"
HEALTHY_WITHIN_S = 240.0
STOPS_WITHIN_S = 10.0
STEP_S = 5.0


@dataclass(frozen=True, slots=True)
class Started:
    """A server, and the process that is it; all it starts are in its process group."""

    server: Server
    process: subprocess.Popen[bytes]
    folder: Path

    @property
    def pid(self) -> int:
        """Of the server itself, for those who kill it."""
        return self.process.pid


@contextmanager
def running(
    folder: Path, *, home: Path | None = None, port: int | None = None, on_step: Told = silent
) -> Iterator[Server]:
    """A server for the block; set up first where that was never done."""
    started = start(folder, home=home, port=port, on_step=on_step)
    try:
        yield started.server
    finally:
        stop(started)


def start(folder: Path, *, home: Path | None = None, port: int | None = None, on_step: Told = silent) -> Started:
    """Returns once it answers. Raises ReviewError where one runs here already, or the port is taken; ServerBroken
    where it does not come up. `port`: any free one if None.
    """
    home = home or home_folder()
    set_up(home, on_step)
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    lock = claim(folder)
    try:
        lay_data(folder, home)
        server = replace(login(folder), url=f"http://{HOST}:{_free(port)}")
        on_step(f"starting Label Studio at {server.url} on {folder}")
        process = _launch(folder, home, server, lock)
    finally:
        os.close(lock)
    started = Started(replace(server, pid=process.pid), process, folder)
    try:
        _wait(started, on_step)
    except BaseException:
        stop(started)
        raise
    keep(folder, started.server)
    return started


def stop(started: Started) -> None:
    """The whole process group, gently first; its address goes, the login stays."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(started.process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            started.process.wait(STOPS_WITHIN_S)
            break
    last = kept(started.folder)
    if last is None or last.pid == started.pid:
        keep(started.folder, replace(started.server, url="", pid=0))


def known(folder: Path) -> Server | None:
    """The server that lives on this folder now; None where none does, whatever was written."""
    found = kept(folder)
    return found if found is not None and found.url and is_held(folder) else None


def _free(port: int | None) -> int:
    """Raises ReviewError where the wanted port is taken; Label Studio itself would quietly take another."""
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((HOST, port or 0))
        except OSError as error:
            raise ReviewError(
                f"Port {port} of {HOST} cannot be used ({error.strerror}). Choose another: --port"
            ) from None
        return int(trial.getsockname()[1])


def _launch(folder: Path, home: Path, server: Server, lock: int) -> subprocess.Popen[bytes]:
    log = folder / "server.log"
    if log.exists():
        log.replace(folder / "server.log.old")
    port = server.url.rpartition(":")[2]
    with log.open("wb") as said:
        return subprocess.Popen(  # noqa: S603
            [str(program(home)), "start", "--no-browser", "--port", port, "--internal-host", HOST],
            cwd=folder,
            env=surroundings(folder / "data", server.secret_key, _settings(server)),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            pass_fds=[lock],
        )


def _settings(server: Server) -> dict[str, str]:
    return {
        "USERNAME": server.email,
        "PASSWORD": server.password,
        "USER_TOKEN": server.token,
        "ENABLE_LEGACY_API_TOKEN": "true",
        "ALLOWED_HOSTS": f"{HOST},localhost",
        "DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "LOCAL_FILES_SERVING_ENABLED": "true",
        "LOCAL_FILES_DOCUMENT_ROOT": str(server.files),
        "SSRF_PROTECTION_ENABLED": "false",  # webhooks go to 127.0.0.1
    }


def _wait(started: Started, on_step: Told) -> None:
    """Until the server answers, and knows our token."""
    began = told = time.monotonic()
    while not _knows_us(started.server):
        now = time.monotonic()
        if started.process.poll() is not None or now - began > HEALTHY_WITHIN_S:
            log = started.folder / "server.log"
            said = " ".join(log.read_text(encoding="utf-8", errors="replace").split())[-300:]
            raise ServerBroken(f"Label Studio did not come up within {now - began:.0f} s. The end of {log}: {said}")
        if now - told > STEP_S:
            on_step(f"waiting for Label Studio: {now - began:.0f} s")
            told = now
        time.sleep(0.2)


def _knows_us(server: Server) -> bool:
    """Raises TokenRefused where it answers, but its user of that e-mail has another token."""
    asked = Request(f"{server.url}/api/current-user/whoami", headers={"Authorization": f"Token {server.token}"})  # noqa: S310
    try:
        with urlopen(asked, timeout=10) as answer:  # noqa: S310
            return int(answer.status) == 200
    except HTTPError as error:
        if error.code not in (401, 403):
            return False
        raise TokenRefused(
            f"The data of this Label Studio know {server.email} by another token. Unset LABEL_STUDIO_USER_TOKEN, "
            "or name another LABEL_STUDIO_USERNAME."
        ) from None
    except OSError:
        return False
