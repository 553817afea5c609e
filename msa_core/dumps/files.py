"""The files that a row names, each opened once, by the first of its possible paths."""

import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from msa_core.dumps.row import Paths
from msa_core.refusals import Reason, Refusal

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
            with _opened(root, path) as descriptor:
                if descriptor is None:
                    continue
                n_bytes = os.fstat(descriptor).st_size
                if n_bytes > limit:
                    return Refusal(too_large, f"{path}: {n_bytes} bytes")
                data = _read(descriptor, n_bytes)
        except OSError as error:
            return Refusal(Reason.UNREADABLE_FILE, f"{path}: {error.strerror}")
        return File(path, data, hashlib.sha256(data).hexdigest())
    return None


def digest_first(root: Path, paths: Paths) -> tuple[str, int, str | None]:
    """Path, size and digest of the first of these that is a file; size 0 and None where none can be read."""
    for path in paths:
        try:
            with _opened(root, path) as descriptor:
                if descriptor is None:
                    continue
                digest, n_bytes = hashlib.sha256(), 0
                while piece := os.read(descriptor, 2**20):
                    digest.update(piece)
                    n_bytes += len(piece)
        except OSError:
            return path, 0, None
        return path, n_bytes, digest.hexdigest()
    return paths[0], 0, None


@contextmanager
def _opened(root: Path, path: str) -> Iterator[int | None]:
    """None where no regular file has this name. Raises PermissionError and what a failing disk raises."""
    try:
        descriptor = os.open(f"{root}/{path}", FLAGS)
    except PermissionError:
        raise
    except OSError:  # absent, or a name that the file system cannot hold
        yield None
        return
    try:
        yield descriptor if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
    finally:
        os.close(descriptor)


def _read(descriptor: int, n_bytes: int) -> bytes:
    data = os.read(descriptor, n_bytes)
    while len(data) < n_bytes and (more := os.read(descriptor, n_bytes - len(data))):
        data += more
    return data
