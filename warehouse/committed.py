"""The files that hold what a store has committed at one moment: what a backup is made of."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from warehouse.moment import Moment
from warehouse.places import SEED, Places
from warehouse.store import Store

DATABASE = ".sqlite3"
BESIDE_A_DATABASE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it is read, and its path in the store; the two differ where a copy was made of what still changes."""

    path: Path
    at: str


@dataclass(frozen=True, slots=True)
class Committed:
    """Everything of one moment. `n_runs`: those that count."""

    store_id: str
    n_runs: int
    sources: tuple[Source, ...]


def committed(store: Store, changing: tuple[Source, ...]) -> Committed:
    """`changing` must have been copied before: an answer that is folded meanwhile then lies in both, never in none."""
    with store.moment() as moment:
        known = set(moment.table("select distinct run_id from facts.runs")["run_id"].to_pylist())
        visible = set(moment.table("select run_id from runs")["run_id"].to_pylist())
        store_id = moment.value("select store_id from store_identity")
        models = _models(store.places, moment)
    facts = _facts(store.places, known | {SEED}, visible | {SEED})
    found = (Source(path, str(path.relative_to(store.places.root))) for path in [*facts, *models])
    return Committed(store_id, len(visible), tuple(sorted((*found, *changing), key=lambda source: source.at)))


def changing(places: Places, aside: Callable[[], Path], *, with_labelstudio: bool) -> tuple[Source, ...]:
    """Copies of what is appended to or rewritten in place: journals, and the store's own Label Studio. Raises
    FileNotFoundError where one of them vanishes meanwhile.
    """
    folders = [places.journal, *([places.labelstudio] if with_labelstudio else [])]
    found = [
        path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()
    ]
    lasting = [path for path in found if not path.name.endswith(BESIDE_A_DATABASE) and path.stat().st_size]
    return tuple(Source(_copy(path, aside()), str(path.relative_to(places.root))) for path in lasting)


def _facts(places: Places, known: set[str], visible: set[str]) -> Iterator[Path]:
    """Rows of runs that count, and the commits of all runs: what is hidden must stay hidden."""
    for table in sorted(places.facts.iterdir()):
        wanted = known if table.name == "runs" else visible
        for entry in table.iterdir():
            if entry.is_file():
                yield entry
            elif entry.name.removeprefix("run_id=") in wanted:
                yield from entry.glob("*.parquet")


def _models(places: Places, moment: Moment) -> list[Path]:
    names = moment.table("select model_id from models")["model_id"].to_pylist()
    return [path for name in names for path in (places.models / name).rglob("*") if path.is_file()]


def _copy(path: Path, aside: Path) -> Path:
    """A database is copied by its own means, so that a server may write meanwhile."""
    if path.suffix == DATABASE:
        with (
            closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as live,
            closing(sqlite3.connect(aside)) as copy,
        ):
            live.backup(copy)
        shutil.copymode(path, aside)
    else:
        shutil.copyfile(path, aside)
        shutil.copystat(path, aside)
    return aside
