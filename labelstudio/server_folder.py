"""The folder of a store's own Label Studio: its data, the images it serves, its log, and `server.json` with its address
and login, for the owner's eyes only. The server itself holds a lock on `server.lock` as long as it lives, so that no
file can claim that a dead server lives, and no second one is started on the same data.
"""

import fcntl
import json
import os
import secrets
import shutil
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from labelstudio.errors import ReviewError

EMAIL = "reviewer@localhost"
STILL_S = 1.0  # a lock held no longer than this is somebody who only looks


@dataclass(frozen=True, slots=True)
class Server:
    """`url` is empty where none runs. `files`: what it serves as local files, per project that has a storage there."""

    url: str
    token: str = field(repr=False)
    email: str
    password: str = field(repr=False)
    secret_key: str = field(repr=False)
    files: Path
    pid: int = 0


def claim(folder: Path) -> int:
    """The descriptor of the lock, which the server inherits."""
    lock = os.open(folder / "server.lock", os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + STILL_S
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(lock)
                raise _runs_already(folder) from None
            time.sleep(0.05)
        else:
            return lock


def is_held(folder: Path) -> bool:
    """Whether a server, or somebody who starts one, lives."""
    try:
        lock = os.open(folder / "server.lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def lay_data(folder: Path, home: Path) -> None:
    """Whole or absent: copied aside, then renamed into place."""
    (folder / "files").mkdir(exist_ok=True)
    if (folder / "data").exists():
        return
    aside = folder / "data.new"
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(home / "template", aside)
    aside.rename(folder / "data")


def login(folder: Path) -> Server:
    """The login of last time, or a new one that nobody can guess; the environment has the first word."""
    last = kept(folder) or Server(
        "", secrets.token_hex(20), EMAIL, secrets.token_urlsafe(12), secrets.token_hex(32), folder / "files"
    )
    found = replace(
        last,
        url="",
        pid=0,
        email=os.environ.get("LABEL_STUDIO_USERNAME") or last.email,
        password=os.environ.get("LABEL_STUDIO_PASSWORD") or last.password,
        token=os.environ.get("LABEL_STUDIO_USER_TOKEN") or last.token,
    )
    keep(folder, found)
    return found


def kept(folder: Path) -> Server | None:
    """None where nothing, or nothing that can be read, was kept."""
    try:
        found = json.loads((folder / "server.json").read_text(encoding="utf-8"))
        return Server(**{**found, "files": folder.resolve() / "files"})
    except (OSError, ValueError, TypeError):
        return None


def keep(folder: Path, server: Server) -> None:
    """Mode 0600 from its first byte."""
    words = {name: getattr(server, name) for name in ("url", "token", "email", "password", "secret_key", "pid")}
    aside = folder / f"server.json.{os.getpid()}"
    aside.unlink(missing_ok=True)
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(words, file, indent=1)
    aside.replace(folder / "server.json")


def _runs_already(folder: Path) -> ReviewError:
    found = kept(folder)
    if found is None or not found.url:
        return ReviewError(f"Another process starts a Label Studio on {folder} right now. Wait for it.")
    return ReviewError(
        f"A Label Studio runs on {folder} already: {found.url}. Use that one, or end it first: kill {found.pid}"
    )
