"""Files that are whole or absent: written aside, made durable, then renamed into place."""

import errno
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
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
    settle(source)
    _rename(source, target)
    for folder in _grown(target):
        _settle_folder(folder)


def publish_all(files: Sequence[tuple[Path, Path]]) -> None:
    """The same of several, renamed in this order; their ways to the disk are gone side by side."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(settle, [source for source, _ in files]))
        for source, target in files:
            _rename(source, target)
        list(pool.map(_settle_folder, {folder for _, target in files for folder in _grown(target)}))


def _rename(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(source, target)


def _grown(target: Path) -> Sequence[Path]:
    """Folders with a new entry: a killed process may have made the file's own, and not have settled it."""
    return target.parents[:2]


def _settle_folder(folder: Path) -> None:
    """Where it may be read: one above the store need not be ours."""
    with suppress(PermissionError):
        settle(folder)


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
