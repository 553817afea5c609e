"""`msa gc`: removes what no commit owns and what another run replaced, after a day, and nothing that is worked on."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from warehouse import declarations
from warehouse.leases import held
from warehouse.places import SEED, Places
from warehouse.store import Store

DAY_S = 86_400.0
REPLACED = "another run replaces it"
HIDDEN = "select run_id, epoch(replaced_at), is_carried from replaced_runs order by finished_at, run_id"
AT_THE_DOOR = {"serve"}  # leases that are held for weeks, by who reads each moment for itself
SPARE_ONES = "select model_id from spare_models where trained_at <= $before order by all"
SPARE = "its model never stood, and none that stays came from it"


@dataclass(frozen=True, slots=True)
class Leftover:
    """A folder or file that may go, and why; `touched_s` is when its newest part was written, or when it was replaced
    if that was later (Unix time), `verb` the stage that made it.
    """

    path: Path
    why: str
    n_bytes: int
    touched_s: float
    verb: str


def spare_weights(store: Store, *, older_than_s: float) -> list[Leftover]:
    """The weights of models that nobody needs (view `spare_models`) and that were trained so long ago; their rows
    stay. While posts are scored none goes.
    """
    before = datetime.now(UTC) - timedelta(seconds=older_than_s)
    with store.moment() as moment:
        spare = moment.table(SPARE_ONES, before=before)["model_id"].to_pylist()
    folders = [store.places.models / name for name in spare]
    found = [_leftover(folder, SPARE, verb="score") for folder in folders if folder.is_dir()]
    return [] if "score" in _busy(store.places) else found


def leftovers(store: Store, *, older_than_s: float = DAY_S) -> list[Leftover]:
    """What may go, in the order in which it must: a run's files before the row that hides an older one."""
    before = time.time() - older_than_s
    found = [*_replaced(store), *_orphans(store), *_unfinished(store.places), *_models(store)]
    busy = _busy(store.places)
    return [each for each in found if each.touched_s <= before and not _is_in_use(each, busy)]


def sweep(places: Places, found: list[Leftover]) -> int:
    """Remove what nobody has touched or may read; returns the bytes freed."""
    n_bytes = 0
    for each in found:
        if _newest(each.path) > each.touched_s or _is_in_use(each, _busy(places)):
            continue  # the killed run that left it has been given again, or a reader has begun
        n_bytes += each.n_bytes
        if each.path.is_dir():
            shutil.rmtree(each.path, ignore_errors=True)
        else:
            each.path.unlink(missing_ok=True)
    return n_bytes


def _orphans(store: Store) -> Iterator[Leftover]:
    with store.moment() as moment:
        named = moment.table("select run_id from facts.runs union select origin_run_id from facts.runs")
    known = set(named["run_id"].to_pylist())
    for table in declarations.facts():
        for partition in _partitions(store.places, table):
            if partition.name.removeprefix("run_id=") not in known:
                yield _leftover(partition, "no commit owns it")


def _replaced(store: Store) -> Iterator[Leftover]:
    """Rows of `runs` go only where a compaction carries them on; oldest first, so that no hidden run reappears."""
    with store.moment() as moment:
        hidden = moment.table(HIDDEN)
    for run_id, replaced_s, is_carried in zip(*(column.to_pylist() for column in hidden.columns), strict=True):
        for table in declarations.facts():
            partition = store.places.partition(table, run_id)
            if partition.exists() and (table != "runs" or is_carried):
                found = _leftover(partition, REPLACED)
                yield replace(found, touched_s=max(found.touched_s, replaced_s))


def _is_in_use(each: Leftover, busy: set[str]) -> bool:
    """What was replaced, by whoever began before that: all who work. What was not committed, by the stage that left
    it, however old: a killed run may have been given again.
    """
    return bool(busy - AT_THE_DOOR) if each.why == REPLACED else each.verb in busy


def _unfinished(places: Places) -> Iterator[Leftover]:
    for path in sorted(places.tmp.iterdir()) if places.tmp.exists() else []:
        yield _leftover(path, "work that was never finished")


def _models(store: Store) -> Iterator[Leftover]:
    with store.moment() as moment:
        known = set(moment.table("select model_id from models")[0].to_pylist())
    for path in sorted(store.places.models.iterdir()) if store.places.models.exists() else []:
        if path.name not in known:
            yield _leftover(path, "no committed model owns it", verb="train")


def _partitions(places: Places, table: str) -> list[Path]:
    """The one listing of fact folders: what no commit owns, no catalog knows."""
    found = sorted((places.facts / table).glob("run_id=*"))
    return [path for path in found if path.name != f"run_id={SEED}"]


def _files(path: Path) -> list[Path]:
    return [each for each in path.rglob("*") if each.is_file()] if path.is_dir() else [path]


def _newest(path: Path) -> float:
    return max((each.stat().st_mtime for each in [path, *_files(path)] if each.exists()), default=0.0)


def _busy(places: Places) -> set[str]:
    """The stages at work: a lease is named by its stage, or by the stage and what it works on."""
    return {_verb_of(resource) for resource in held(places)}


def _verb_of(name: str) -> str:
    """The first word of a run's, a stage's or a lease's name: `review` for review-pull, too."""
    return name.removeprefix("run_id=").partition("-")[0].partition(".")[0]


def _leftover(path: Path, why: str, verb: str = "") -> Leftover:
    n_bytes = sum(each.stat().st_size for each in _files(path) if each.exists())
    return Leftover(path, why, n_bytes, _newest(path), verb or _verb_of(path.name))
