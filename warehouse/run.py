"""A run: its identity, its rows, its commit."""

import hashlib
import json
import logging
import os
import platform
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.clock import after_commits, stamp
from warehouse.durable import publish, publish_all, writing
from warehouse.parts import Parts, Rows
from warehouse.places import Places
from warehouse.schema import arrow_schema

LOGGER = logging.getLogger("msa")  # silent unless somebody listens


def canonical(value: Any) -> str:
    """JSON that is equal for equal values."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest(value: Any) -> str:
    """16 hex digits of the canonical JSON's SHA-256."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()[:16]


def run_identity(
    verb: str, parameters: Mapping[str, Any], inputs: Sequence[str], *, algorithm: int, attempt: int
) -> str:
    """`<verb>-<digest>`: the same command on the same inputs is the same run."""
    what = {"parameters": dict(parameters), "inputs": sorted(inputs), "version": algorithm, "attempt": attempt}
    return f"{verb}-{digest(what)}"


def code_version() -> str:
    """The installed version of msa-loop."""
    try:
        return version("msa-loop")
    except PackageNotFoundError:
        return "not installed"


class Run:
    """Use as a context: rows are written aside, and a clean exit makes all of them visible at once. It starts after
    every commit that can be seen, and finishes after every commit that can be seen then.
    """

    def __init__(
        self,
        places: Places,
        run_id: str,
        *,
        parameters: Mapping[str, Any],
        inputs: Sequence[str],
        replaces: Sequence[str] = (),
    ) -> None:
        self.run_id = run_id
        self.verb = run_id.rpartition("-")[0]
        self.parameters = dict(parameters)
        self.inputs = sorted(inputs)
        self.replaces = list(replaces)
        self.started_at = after_commits(places)
        self._places = places
        self._folder = places.tmp / f"{run_id}.{uuid4().hex[:8]}"
        self._parts: dict[str, Parts] = {}
        self._counts: dict[str, int] = {}
        self._history: pa.Table | None = None

    @property
    def n_rows(self) -> dict[str, int]:
        """Rows per table so far, and the verb's own counters."""
        return {name: parts.n_rows for name, parts in self._parts.items()} | self._counts

    def write(self, table: str, rows: Rows) -> None:
        """Add rows (records, a table or a batch) in their order, which must be total."""
        with writing(self._places.root):
            if table not in self._parts:
                self._parts[table] = Parts(table, self._folder / table, self.run_id)
            self._parts[table].append(rows)

    def count(self, name: str, n: int) -> None:
        """A counter beside the tables in `runs.n_rows`."""
        self._counts[name] = n

    def carry_history(self, rows: pa.Table) -> None:
        """Rows of `runs` that this run keeps on behalf of those that it replaces (compaction only)."""
        self._history = rows

    def __enter__(self) -> "Run":
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        try:
            if kind is None:
                with writing(self._places.root):
                    self._commit()
        finally:
            for parts in self._parts.values():
                parts.abandon()
            shutil.rmtree(self._folder, ignore_errors=True)

    def _commit(self) -> None:
        finished = {name: parts.close() for name, parts in sorted(self._parts.items())}
        if self._places.commit(self.run_id).exists():
            return  # another process ran the same command and was first: its files are these files
        publish_all([pair for table, paths in finished.items() for pair in self._places_of(table, paths)])
        row = self._folder / "run.parquet"
        row.parent.mkdir(parents=True, exist_ok=True)
        finished_at = max(after_commits(self._places), self.started_at)
        pq.write_table(self._row(finished_at), row)
        stamp(row, finished_at)
        publish(row, self._places.commit(self.run_id))
        LOGGER.info("committed", extra={"verb": self.verb, "run_id": self.run_id, "n_rows": self.n_rows})

    def _places_of(self, table: str, paths: list[Path]) -> list[tuple[Path, Path]]:
        """Each file with its place, from which goes what a killed run left there."""
        partition = self._places.partition(table, self.run_id)
        names = {path.name for path in paths}
        for stale in partition.glob("*.parquet"):
            if stale.name not in names:
                stale.unlink(missing_ok=True)
        return [(path, partition / path.name) for path in paths]

    def _row(self, finished_at: datetime) -> pa.Table:
        values = {
            "verb": self.verb,
            "parameters": canonical(self.parameters),
            "inputs": canonical(self.inputs),
            "replaces": self.replaces,
            "code_version": code_version(),
            "started_at": self.started_at,
            "finished_at": finished_at,
            "n_rows": canonical(self.n_rows),
            "host": f"{platform.node()}:{os.getpid()}",
            "origin_run_id": self.run_id,
        }
        schema = arrow_schema("runs")
        row = pa.Table.from_pylist([values], schema=schema)
        if self._history is None:
            return row
        return pa.concat_tables([row, self._history.select(schema.names).cast(schema)])
