"""`msa restore`: a state of a backup becomes a store, whole or not at all."""

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from warehouse import catalog
from warehouse.backup import N_THREADS
from warehouse.durable import publish, writing
from warehouse.errors import BackupError
from warehouse.landing import is_empty, land, place_aside, resume
from warehouse.places import Places
from warehouse.shelf import Kept, Shelf, State, named, settled_digest
from warehouse.store import Store


@dataclass(frozen=True, slots=True)
class Restored:
    """The new store, and the state that it was made of."""

    root: Path
    state: str
    n_runs: int
    n_files: int
    n_bytes: int


def states(folder: Path) -> list[str]:
    """What the folder can give back, the oldest first. Raises BackupError where it holds no backup."""
    shelf = Shelf(Path(folder).absolute())
    if shelf.store_id is None:
        raise BackupError(f"No backup in {folder}. Make one with: msa backup {folder}")
    found = shelf.states()
    if not found:
        raise BackupError(f"The first backup into {folder} was never finished. Give it again: msa backup {folder}")
    return found


def restore(
    folder: Path, root: Path, *, at: str | None = None, on_done: Callable[[int], None] = lambda n: None
) -> Restored:
    """`at`: how the state's name begins, of several the last is meant; None: the last of all. The store is built aside
    and put in its place when every digest is right. Raises BackupError, which names each damaged file.
    """
    shelf = Shelf(Path(folder).absolute())
    state = shelf.state(_named(states(folder), at, folder))
    root = Path(root).absolute()
    name, tops = f"restoring-{state.name}", {Path(kept.path).parts[0] for kept in state.files}
    if not is_empty(root, {f".{name}", *tops} if (root / f".{name}").exists() else ()):
        raise BackupError(f"{root} is there already, and not empty. Name a new folder: --store NEW")
    _refuse_damaged(shelf, [kept for kept in state.files if not shelf.is_whole(kept, reads=False)])
    with writing(root):
        aside = place_aside(root, name)
        resume(aside, root, tops)
        _fill(shelf, state, aside, on_done)
        catalog.unbuilt(Places(aside))
        land(aside, root, last=Places(aside).catalog.name)
    Store.init(root)
    return Restored(root, state.name, state.n_runs, len(state.files), sum(kept.n_bytes for kept in state.files))


def _named(names: list[str], at: str | None, folder: Path) -> str:
    found = [name for name in names if name.startswith(at or "")]
    if not found:
        raise BackupError(f"No state of {folder} begins with {at!r}. States: {', '.join(names)}")
    return found[-1]


def _fill(shelf: Shelf, state: State, aside: Path, on_done: Callable[[int], None]) -> None:
    """What a killed restore of the same state has brought already stays, if its digest is right."""

    def put(kept: Kept) -> bool:
        is_right = _put(shelf, kept, aside)
        on_done(1)
        return is_right

    with ThreadPoolExecutor(N_THREADS) as threads:
        are_right = list(threads.map(put, state.files))
    damaged = [kept for kept, is_right in zip(state.files, are_right, strict=True) if not is_right]
    if damaged:
        shutil.rmtree(aside)
    _refuse_damaged(shelf, damaged)


def _put(shelf: Shelf, kept: Kept, aside: Path) -> bool:
    target = aside / kept.path
    if not (target.is_file() and settled_digest(target) == kept.sha256):
        part = target.with_name(f".{target.name}.part")
        part.parent.mkdir(parents=True, exist_ok=True)
        part.unlink(missing_ok=True)
        part.touch(mode=0o600)
        shutil.copyfile(shelf.place(kept.sha256), part)
        if settled_digest(part) != kept.sha256:
            return False
        publish(part, target)
    target.chmod(kept.mode)
    os.utime(target, ns=(kept.modified_ns, kept.modified_ns))
    return True


def _refuse_damaged(shelf: Shelf, damaged: list[Kept]) -> None:
    if damaged:
        raise BackupError(
            f"{len(damaged)} files of {shelf.root} are missing or damaged: {named(kept.path for kept in damaged)}. "
            "Nothing was restored. Where the store still stands, msa backup --verify mends them; or take another state."
        )
