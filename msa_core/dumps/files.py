"""The files that a row names, each opened once, by the first of its possible paths."""

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from msa_core.dumps.row import Paths
from msa_core.refusals import Reason, Refusal

SMALL = 2**20  # bytes that are read at once
# A pipe that bears an image's name must not keep a worker waiting for its writer.
FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True, slots=True)
class File:
    """Bytes as they came; `path` is relative to the dump."""

    path: str
    data: bytes
    sha256: str


def read_first(root: Path, paths: Paths, *, limit: int, too_large: Reason) -> File | Refusal | None:
    """The first of these that is a file of at most `limit` bytes; None where there is none."""
    for path in paths:
        try:
            found = _read(f"{root}/{path}", limit)
        except OSError as error:
            return Refusal(Reason.UNREADABLE_FILE, f"{path}: {error.strerror}")
        if isinstance(found, int):
            return Refusal(too_large, f"{path}: {found} bytes")
        if found is not None:
            return File(path, found, hashlib.sha256(found).hexdigest())
    return None


def digest_first(root: Path, paths: Paths) -> tuple[str, int, str | None]:
    """Path, size and digest of the first of these that is a file; size 0 and None where none can be read."""
    for path in paths:
        try:
            found = _read(f"{root}/{path}", SMALL)
            if isinstance(found, bytes):
                return path, len(found), hashlib.sha256(found).hexdigest()
            if isinstance(found, int):
                with (root / path).open("rb") as file:
                    return path, found, hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return path, 0, None
    return paths[0], 0, None


def _read(path: str, limit: int) -> bytes | int | None:
    """The bytes, or how many there are where that is beyond the limit; None where no regular file has this name.

    Raises PermissionError, and what a failing disk raises.
    """
    try:
        descriptor = os.open(path, FLAGS)
    except PermissionError:
        raise
    except OSError:  # absent, or a name that the file system cannot hold
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return None
        if status.st_size > limit:
            return status.st_size
        return _read_whole(descriptor, status.st_size)
    finally:
        os.close(descriptor)


def _read_whole(descriptor: int, n_bytes: int) -> bytes:
    data = os.read(descriptor, n_bytes)
    while len(data) < n_bytes and (more := os.read(descriptor, n_bytes - len(data))):
        data += more
    return data
