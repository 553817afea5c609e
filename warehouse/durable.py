"""Files that are whole or absent: written aside, made durable, then renamed into place."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse.errors import StoreUnwritable


def settle(path: Path) -> None:
    """Return when the file or folder is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(source: Path, target: Path) -> None:
    """Rename a finished file into place; who reads sees the old one or the new one, never a part."""
    target.parent.mkdir(parents=True, exist_ok=True)
    settle(source)
    os.replace(source, target)
    settle(target.parent)


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
