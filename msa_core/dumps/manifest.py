"""The files of a dump that its reader uses: path, size and digest of each, and one digest over all.

The digest is the dump's identity: the same files under another address are the same dump.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from msa_core.dumps.files import digest_first
from msa_core.dumps.in_order import in_order
from msa_core.dumps.row import Paths, RawPost, RefusedRow, TextFile

ROWS_A_TASK = 64  # of which no more than digests are kept


@dataclass(frozen=True, slots=True)
class Entry:
    """`sha256` is null, and the size 0, where a row names a file that is absent or cannot be read."""

    path: str
    n_bytes: int
    sha256: str | None


@dataclass(frozen=True, slots=True)
class Manifest:
    """`digest` runs over the entries in the dump's order, which are not kept."""

    digest: str
    n_rows: int
    n_files: int
    n_bytes: int


def manifest(
    root: Path,
    rows: Iterable[RawPost | RefusedRow],
    *,
    n_threads: int = 1,
    on_done: Callable[[int], None] = lambda n: None,
) -> Manifest:
    """Reads every file once."""
    digest, n_rows, n_files, n_bytes = hashlib.sha256(), 0, 0, 0
    work = partial(_entries, root)
    for entries in in_order(work, _files(rows), n_threads=n_threads, values_a_task=ROWS_A_TASK):
        n_rows += 1
        on_done(1)
        for entry in entries:
            digest.update(f"{entry.path}\0{entry.n_bytes}\0{entry.sha256}\n".encode())
            n_files += entry.sha256 is not None
            n_bytes += entry.n_bytes
    return Manifest(digest.hexdigest(), n_rows, n_files, n_bytes)


def _files(rows: Iterable[RawPost | RefusedRow]) -> Iterator[list[Paths]]:
    """What each row names; a label file with its first row."""
    label_files: set[str] = set()
    for row in rows:
        named: list[Paths] = [] if row.path in label_files else [(row.path,)]
        label_files.add(row.path)
        if isinstance(row, RawPost):
            named += [row.text.paths] if isinstance(row.text, TextFile) else []
            named += row.images
        yield named


def _entries(root: Path, files: list[Paths]) -> list[Entry]:
    return [Entry(*digest_first(root, paths)) for paths in files]
