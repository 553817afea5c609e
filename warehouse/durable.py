"""Files that are whole or absent: written aside, made durable, then renamed into place."""

import errno
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from warehouse.errors import StoreUnwritable

AT_ONCE = 8  # disks take several at little more than the price of one


def settle(path: Path) -> None:
    """Return when the file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(source: Path, target: Path) -> None:
    """Rename a finished file into place; who reads sees the old one or the new one, never a part."""
    publish_all([(source, target)])


def publish_all(files: Sequence[tuple[Path, Path]]) -> None:
    """The same of several, renamed in this order; their ways to the disk are gone side by side."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(settle, [source for source, _ in files]))
        grown: dict[Path, None] = {}  # folders with a new entry
        for source, target in files:
            if not target.parent.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                grown[target.parent.parent] = None
            os.replace(source, target)
            grown[target.parent] = None
        list(pool.map(settle, grown))


@contextmanager
def writing(root: Path, *, what: str = "the store") -> Iterator[None]:
    """Turn a full or read-only disk into an error that says so. `what` lies at `root`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM):
            raise StoreUnwritable(
                f"Cannot write to {what} {root}: {error.strerror}. Nothing was committed; "
                "free some space or mend the permissions, then run the same command again."
            ) from error
        raise
