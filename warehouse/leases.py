"""The only locks, one file a resource: for effects on the outside, and where two would do the same work.

A lease names its process. On the same machine that process is looked for; from elsewhere a lease lasts as long as its
file is touched, which its holder does every minute. File times are compared with one another, not with a clock, since
they come from one file server.
"""

import fcntl
import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

from warehouse.durable import writing
from warehouse.errors import LeaseHeld
from warehouse.places import Places
from warehouse.processes import Process

LASTS_S, RENEWED_EVERY_S = 300.0, 60.0
LOGGER = logging.getLogger("msa")


@dataclass(frozen=True, slots=True)
class Claim:
    """A process, and which of its claims this is."""

    process: Process
    token: str

    def is_over(self, unrenewed_s: float) -> bool:
        """Seconds since it was renewed tell where the process cannot be looked for."""
        runs = self.process.runs()
        return unrenewed_s > LASTS_S if runs is None else not runs


@contextmanager
def lease(places: Places, resource: str) -> Iterator[None]:
    """Hold `resource` for the block. Raises LeaseHeld while a living process, here or elsewhere, holds it."""
    path = places.leases / f"{resource}.json"
    mine = Claim(Process.mine(), uuid4().hex)
    with writing(places.root):
        path.parent.mkdir(parents=True, exist_ok=True)
        is_mine = _claimed(path, mine)
    if not is_mine:
        raise LeaseHeld(
            f"Another process works on {resource!r} ({_holder(path)}; lease {path}). Wait for it, then run the same "
            f"command again; a lease of a dead process ends by itself, within {LASTS_S / 60:g} minutes."
        )
    try:
        with _renewed(path, mine):
            yield
    finally:
        if _read(path) == mine:
            with suppress(OSError):  # of a disk that became read-only; a dead process' lease is over
                path.unlink()


def held(places: Places) -> list[str]:
    """The resources that somebody works on now."""
    return [path.stem for path in sorted(places.leases.glob("*.json")) if not _is_over(path, time.time())]


def _claimed(path: Path, claim: Claim) -> bool:
    """Whole at once: a written file is linked into place, which fails where one stands."""
    aside = path.with_suffix(f".{claim.token}")
    aside.write_text(json.dumps({**asdict(claim.process), "token": claim.token}), encoding="utf-8")
    try:
        return _is_linked(aside, path) or (_is_cleared(path, aside.stat().st_mtime) and _is_linked(aside, path))
    finally:
        aside.unlink()


def _is_linked(aside: Path, path: Path) -> bool:
    try:
        os.link(aside, path)
    except FileExistsError:
        return False
    return True


def _is_cleared(path: Path, now_s: float) -> bool:
    """Bury a lease that is over. One heir of this machine after the other; one of another machine that was faster has
    its lease given back.
    """
    grave = path.with_suffix(f".over-{uuid4().hex}")
    with (path.parent / "heirs").open("a", encoding="utf-8") as one_at_a_time:
        with suppress(OSError):  # a file server that has no locks
            fcntl.flock(one_at_a_time, fcntl.LOCK_EX)
        if not _is_over(path, now_s):
            return False
        try:
            os.rename(path, grave)
        except FileNotFoundError:
            return True
        is_right = _is_over(grave, now_s)
        if not is_right:
            _is_linked(grave, path)
        grave.unlink()
        return is_right


@contextmanager
def _renewed(path: Path, claim: Claim) -> Iterator[None]:
    over = Event()
    thread = Thread(target=_renew, args=(path, claim, over), name=f"lease {path.stem}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _renew(path: Path, claim: Claim, over: Event) -> None:
    """Until it is over, or lost: to somebody elsewhere, while this process was held up for minutes."""
    while not over.wait(RENEWED_EVERY_S):
        if _read(path) != claim:
            LOGGER.warning("lease lost", extra={"lease": path.stem})
            return
        with suppress(OSError):
            os.utime(path)


def _read(path: Path) -> Claim | None:
    """Null where none stands. Raises no error for what is no claim: it stands for nobody."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        process = Process(found["host"], found.get("where", ""), int(found["pid"]), found.get("started", ""))
        return Claim(process, found.get("token", ""))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def _is_over(path: Path, now_s: float) -> bool:
    claim = _read(path)
    try:
        return claim is None or claim.is_over(now_s - path.stat().st_mtime)
    except FileNotFoundError:
        return True


def _holder(path: Path) -> str:
    claim = _read(path)
    return f"process {claim.process.pid} of {claim.process.host}" if claim else "it has just ended"
