"""The only locks, one file a resource: for effects on the outside, and where two would do the same work."""

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warehouse.durable import writing
from warehouse.errors import LeaseHeld
from warehouse.places import Places

LASTS = timedelta(hours=1)


@contextmanager
def lease(places: Places, resource: str, *, lasts: timedelta = LASTS) -> Iterator[None]:
    """Hold `resource` for the block. Raises LeaseHeld while a living process, or one elsewhere, holds it."""
    path = places.leases / f"{resource}.json"
    mine = _claim(lasts)
    with writing(places.root):
        path.parent.mkdir(parents=True, exist_ok=True)
        is_mine = _create(path, mine) or _take_over(path, mine)
    if not is_mine:
        raise LeaseHeld(
            f"Another process works on {resource!r} (lease {path}). Wait for it, then run the same command again; "
            f"a lease of a dead process ends by itself after {lasts}."
        )
    try:
        yield
    finally:
        if _read(path) == mine:
            with suppress(OSError):  # of a disk that became read-only; a dead process' lease is over
                path.unlink()


def held(places: Places) -> list[str]:
    """The resources that somebody works on now."""
    found = [(path.stem, _read(path)) for path in sorted(places.leases.glob("*.json"))]
    return [resource for resource, claim in found if claim is not None and not _is_over(claim)]


def _claim(lasts: timedelta) -> dict[str, str]:
    return {"host": platform.node(), "pid": str(os.getpid()), "expires_at": (datetime.now(UTC) + lasts).isoformat()}


def _create(path: Path, claim: dict[str, str]) -> bool:
    """Whole at once: a written file is linked into place, which fails where one stands."""
    aside = path.with_suffix(f".{os.getpid()}")
    aside.write_text(json.dumps(claim), encoding="utf-8")
    try:
        os.link(aside, path)
    except FileExistsError:
        return False
    finally:
        aside.unlink()
    return True


def _take_over(path: Path, claim: dict[str, str]) -> bool:
    standing = _read(path)
    if standing is not None and not _is_over(standing):
        return False
    grave = path.with_suffix(f".over-{os.getpid()}")
    try:
        os.rename(path, grave)
    except FileNotFoundError:
        return _create(path, claim)
    buried = _read(grave)
    if buried != standing:  # another heir was faster: this is its lease, give it back
        with suppress(FileExistsError):
            os.link(grave, path)
        grave.unlink()
        return False
    grave.unlink()
    return _create(path, claim)


def _read(path: Path) -> dict[str, str] | None:
    try:
        return {str(k): str(v) for k, v in json.loads(path.read_text(encoding="utf-8")).items()}
    except (FileNotFoundError, json.JSONDecodeError):
        return None


def _is_over(claim: dict[str, str]) -> bool:
    """On this machine a lease lasts as long as its process; of another machine only the expiry can tell."""
    if claim["host"] == platform.node():
        return not _is_alive(int(claim["pid"]))
    return datetime.fromisoformat(claim["expires_at"]) < datetime.now(UTC)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
