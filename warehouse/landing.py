"""A folder that is whole or absent: built aside, then put in its place, also where that place is a mounted folder."""

import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

NO_MATTER = {"lost+found"}  # of a disk that was just formatted


def is_empty(root: Path, but: Collection[str] = ()) -> bool:
    """Whether nothing is there, or nothing but these names."""
    return not root.exists() or (root.is_dir() and not {each.name for each in root.iterdir()} - NO_MATTER - set(but))


def place_aside(root: Path, name: str) -> Path:
    """Where to build: a hidden folder beside `root`; or within it, where it is there and cannot be replaced."""
    beside = root.with_name(f".{root.name}.{name}")
    return root / f".{name}" if root.exists() and not _can_be_replaced(root, beside) else beside


def resume(aside: Path, root: Path, names: Collection[str]) -> None:
    """Fetch back what a killed `land` has put in place already, so that it can be built further."""
    for name in names if aside.parent == root and aside.exists() else ():
        if (root / name).exists():
            (root / name).rename(aside / name)


def land(aside: Path, root: Path, *, last: str) -> None:
    """Put it in its place: at once; within a mounted folder one by one, and `last` is what makes it whole."""
    if aside.parent != root:
        os.replace(aside, root)
        return
    for each in sorted(aside.iterdir(), key=lambda each: (each.name == last, each.name)):
        each.rename(root / each.name)
    aside.rmdir()


def _can_be_replaced(root: Path, beside: Path) -> bool:
    """Tried with an empty folder: a mount has a name of its own, and not every folder lets a stranger write."""
    trial = beside.with_name(f"{beside.name}.trial")
    try:
        trial.mkdir(exist_ok=True)
        trial.rename(root)
    except OSError:
        with suppress(OSError):
            trial.rmdir()
        return False
    return True
