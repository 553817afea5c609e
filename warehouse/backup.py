"""`msa backup`: what is committed at one moment becomes one more state of a folder; only what is new is copied."""

import shutil
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from warehouse.committed import Committed, Source, changing, committed
from warehouse.durable import publish, writing
from warehouse.errors import BackupError
from warehouse.leases import lease
from warehouse.pruning import Pruned, prune
from warehouse.shelf import Kept, Shelf, State, digest_of, name_after, named, settled_digest
from warehouse.store import Store

N_THREADS = 4  # files are small, and each waits for the disk
TIMES = 5  # a sweep removed a file that was to be copied: look again
BEFORE_THE_MARK = {"tmp", "leases"}  # what a backup that was killed at once has left
NOTHING = Pruned(0, 0)
Done = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class BackedUp:
    """`is_new` is false where the folder's last state holds all of this already; `n_new` files were not there yet."""

    state: str
    is_new: bool
    n_runs: int
    n_files: int
    n_bytes: int
    n_new: int
    n_new_bytes: int
    pruned: Pruned = NOTHING


def backup(
    store: Store,
    folder: Path,
    *,
    with_labelstudio: bool = False,
    verify: bool = False,
    keep: int | None = None,
    on_done: Done = lambda n: None,
) -> BackedUp:
    """Writers need not wait. A killed backup leaves every earlier state as it was, and the same command goes on from
    what it copied. What is copied is read back; `verify` reads all else back too, and mends what it can. `keep`:
    so many states stay. Raises BackupError. `on_done` is told of each file.
    """
    shelf = Shelf(Path(folder).absolute())
    _check_place(store, shelf)
    with writing(shelf.root, what="the backup"), _alone(shelf):
        for _ in range(TIMES):
            try:
                found = committed(store, changing(store.places, shelf.aside, with_labelstudio=with_labelstudio))
                done = _take(shelf, found, verify, on_done)
            except FileNotFoundError:
                continue
            return replace(done, pruned=prune(shelf, keep)) if keep else done
        raise BackupError(f"Files of {store.places.root} vanish while they are copied: is msa gc at work? Try again.")


def _check_place(store: Store, shelf: Shelf) -> None:
    with store.moment() as moment:
        store_id = moment.value("select store_id from store_identity")
    if shelf.root.is_relative_to(store.places.root) or store.places.root.is_relative_to(shelf.root):
        raise BackupError(f"{shelf.root} and the store {store.places.root} lie within one another; name another.")
    if shelf.root.exists() and not shelf.root.is_dir():
        raise BackupError(f"{shelf.root} is a file; a backup is a folder. Name another.")
    held = {each.name for each in shelf.root.iterdir()} if shelf.root.exists() else set()
    if shelf.store_id is None and held - BEFORE_THE_MARK:
        raise BackupError(f"{shelf.root} holds other things than backups. Name an empty folder, or a new one.")
    if shelf.store_id not in (None, store_id):
        raise BackupError(
            f"{shelf.root} holds the backups of another store ({shelf.store_id}; this is {store_id}). "
            "Give each store a folder of its own."
        )


@contextmanager
def _alone(shelf: Shelf) -> Iterator[None]:
    """One process a folder; what a killed one left half copied goes."""
    with lease(shelf.places, "backup"):
        shutil.rmtree(shelf.tmp, ignore_errors=True)
        try:
            yield
        finally:
            shutil.rmtree(shelf.tmp, ignore_errors=True)


def _take(shelf: Shelf, found: Committed, verify: bool, on_done: Done) -> BackedUp:
    if shelf.store_id is None:
        shelf.mark(found.store_id)
    names = shelf.states()
    states = list(_readable(shelf, names if verify else names[-1:]))
    last = {kept.path: kept for kept in states[-1].files} if states else {}

    def put(source: Source) -> tuple[Kept, bool]:
        outcome = _put(shelf, source, last.get(source.at), verify)
        on_done(1)
        return outcome

    with ThreadPoolExecutor(N_THREADS) as threads:
        outcomes = list(threads.map(put, found.sources))
    files = tuple(kept for kept, _ in outcomes)
    new = [kept for kept, is_new in outcomes if is_new]
    is_new = not states or states[-1].name != names[-1] or _content(files) != _content(states[-1].files)
    state = State(name_after(names), found.n_runs, files) if is_new else states[-1]
    if is_new:
        shelf.keep(state)
    if verify:
        _verify(shelf, states, {kept.sha256 for kept in files})
    n_bytes, n_new_bytes = (sum(kept.n_bytes for kept in some) for some in (files, new))
    return BackedUp(state.name, is_new, found.n_runs, len(files), n_bytes, len(new), n_new_bytes)


def _readable(shelf: Shelf, names: list[str]) -> Iterator[State]:
    """What a damaged list names is looked for anew."""
    for name in names:
        with suppress(BackupError):
            yield shelf.state(name)


def _put(shelf: Shelf, source: Source, last: Kept | None, verify: bool) -> tuple[Kept, bool]:
    """The file as the state will name it, and whether its content is new here."""
    status = source.path.stat()
    is_as_it_was = last is not None and (last.n_bytes, last.modified_ns) == (status.st_size, status.st_mtime_ns)
    if last and is_as_it_was and shelf.is_whole(last, reads=verify):
        return last, False
    sha256 = digest_of(source.path)
    kept = Kept(source.at, sha256, status.st_size, status.st_mtime_ns, stat.S_IMODE(status.st_mode))
    if shelf.is_whole(kept, reads=verify):
        return kept, False
    aside = shelf.aside()
    shutil.copyfile(source.path, aside)
    if settled_digest(aside) != sha256:
        raise BackupError(
            f"{source.at} changed while it was copied, or the copy is damaged. Run the same command again."
        )
    aside.chmod(kept.mode & ~0o222 | 0o400)
    publish(aside, shelf.place(sha256))
    return kept, True


def _verify(shelf: Shelf, states: list[State], seen: set[str]) -> None:
    """What only earlier states hold: nobody can mend that."""
    older = {kept.sha256: (state, kept) for state in states for kept in state.files if kept.sha256 not in seen}
    damaged = [f"{kept.path} ({state.name})" for state, kept in older.values() if not shelf.is_whole(kept, reads=True)]
    if damaged:
        raise BackupError(
            f"Damaged in earlier states of {shelf.root}: {named(damaged)}. The store no longer holds them."
        )


def _content(files: tuple[Kept, ...]) -> list[tuple[str, str, int]]:
    return [(kept.path, kept.sha256, kept.mode) for kept in files]
