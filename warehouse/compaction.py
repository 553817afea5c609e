"""`msa compact`: many small runs' files become one run's. Views, lineage and readers see no change; what a fact forgets
(names that were written over) is in no file then.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from warehouse import declarations
from warehouse.catalog import parsed
from warehouse.declarations import Declaration, template
from warehouse.leases import lease
from warehouse.moment import Moment
from warehouse.places import Places
from warehouse.run import Run
from warehouse.store import Store

MEGABYTE = 1_000_000
MEMORY = "256MB"  # of a sort; what is larger is sorted on the disk
FILES_AT_ONCE = 64  # images in memory


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did; `run_id` is None where fewer than two small runs stood, and none had a row to forget."""

    run_id: str | None
    n_runs: int
    n_rows: int


def compact(store: Store, *, below_mb: float = 64.0) -> Compacted:
    """Merge the runs whose files are smaller than `below_mb` together; larger ones stay as they are, but those with a
    row that is to be forgotten: these are written anew, even alone.
    """
    with lease(store.places, "compact"), store.moment() as moment:
        forgetful = _forgetful(moment)
        merged = sorted(forgetful | _small(store.places, moment, below_mb))
        run = None
        if forgetful or len(merged) > 1:
            origins = _origins(moment, merged)
            parameters = {"merges": merged}
            run = store.begin("compact", parameters=parameters, inputs=origins, version=1)
        if run is None:
            return Compacted(None, 0, 0)
        hidden = moment.table("select distinct run_id from facts.runs anti join runs using (run_id)")["run_id"]
        run.replaces = sorted({*merged, *hidden.to_pylist()})
        with run, _bounded(moment, store.places.tmp / f"{run.run_id}.spill"):
            _merge(run, moment, merged)
        return Compacted(run.run_id, len(merged), sum(run.n_rows.values()))


def _small(places: Places, moment: Moment, below_mb: float) -> set[str]:
    live = moment.table("select run_id from runs")["run_id"].to_pylist()
    return {run_id for run_id in live if _n_bytes(places, run_id) < below_mb * MEGABYTE}


def _forgetful(moment: Moment) -> set[str]:
    """The runs, of any size, with rows that a merge leaves out."""
    found: set[str] = set()
    for fact in declarations.facts().values():
        if fact.forgets:
            row = ", ".join([*fact.grain, "origin_run_id", "run_id"])
            lost = moment.table(f"from facts.{fact.name} anti join main.{fact.name} using ({row})")
            found.update(lost["run_id"].to_pylist())
    return found


def _n_bytes(places: Places, run_id: str) -> int:
    partitions = [places.partition(table, run_id) for table in declarations.facts()]
    return sum(path.stat().st_size for partition in partitions for path in partition.glob("*.parquet"))


def _origins(moment: Moment, merged: list[str]) -> list[str]:
    """The first makers of the rows: a compaction of compactions names the runs beneath."""
    rows = moment.table("select run_id, verb, inputs from runs where list_contains($merged, run_id)", merged=merged)
    found: set[str] = set()
    for run_id, verb, inputs in zip(*(column.to_pylist() for column in rows.columns), strict=True):
        found.update(parsed(inputs) if verb == "compact" else [run_id])
    return sorted(found)


@contextmanager
def _bounded(moment: Moment, spill: Path) -> Iterator[None]:
    """Memory has a bound inside, and the disk takes what is above it."""
    folder = str(spill).replace("'", "''")
    moment.value(template("bounds").format(memory=MEMORY, spill=folder))
    try:
        yield
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def _merge(run: Run, moment: Moment, merged: list[str]) -> None:
    for fact in declarations.facts().values():
        if fact.name != "runs":
            for batch in _as_they_lie(moment, fact, merged) if fact.hides else _sorted(moment, fact, merged):
                if batch.num_rows:
                    run.write(fact.name, pa.Table.from_batches([batch]))
    run.carry_history(moment.table("select * exclude (run_id), run_id as origin_run_id from run_history"))


def _sorted(moment: Moment, fact: Declaration, merged: list[str]) -> Iterator[pa.RecordBatch]:
    """All runs' rows in one order, so that a reader skips most of the file; where a fact forgets, those that count."""
    key = ", ".join(dict.fromkeys([*fact.grain, "origin_run_id"]))
    relation = f"main.{fact.name}" if fact.forgets else f"facts.{fact.name}"
    yield from moment.batches(f"from {relation} where list_contains($merged, run_id) order by {key}", merged=merged)


def _as_they_lie(moment: Moment, fact: Declaration, merged: list[str]) -> Iterator[pa.RecordBatch]:
    """Files, a few at a time: run after run, each in its own order."""
    held = f"select distinct run_id from facts.{fact.name} where list_contains($merged, run_id) order by 1"  # noqa: S608
    for run_id in moment.table(held, merged=merged)["run_id"].to_pylist():
        yield from moment.batches(f"from facts.{fact.name} where run_id = $run_id", rows=FILES_AT_ONCE, run_id=run_id)
