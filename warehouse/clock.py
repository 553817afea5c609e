"""The time of what happens to a store: after all that happened before, whatever the clocks of its machines say."""

import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.places import SEED, Places

TICK = timedelta(microseconds=1)


def after(earlier: datetime | None) -> datetime:
    """Now, and in any case later than `earlier`."""
    now = datetime.now(UTC)
    return now if earlier is None else max(now, earlier + TICK)


def after_commits(places: Places) -> datetime:
    """Now, and later than every commit that can be seen. A commit's file carries its `finished_at` as its own time, so
    that none is opened, but the newest where it lies in the future.
    """
    written_ns, newest = max(_commits(places), default=(0, None))
    if newest is None or written_ns <= datetime.now(UTC).timestamp() * 1e9:
        return after(None)
    return after(_finished(newest))


def stamp(path: Path, at: datetime) -> None:
    """Give a file this time."""
    os.utime(path, ns=(_nanoseconds(at), _nanoseconds(at)))


def stamp_commits(places: Places) -> None:
    """Give each commit its time again, where the store was copied without times. One that lands meanwhile has it."""
    for written_ns, path in _commits(places):
        with suppress(FileNotFoundError, PermissionError):  # swept; or another user's, who can do the same
            at = _finished(path)
            if written_ns != _nanoseconds(at):
                stamp(Path(path), at)


def _commits(places: Places) -> Iterator[tuple[int, str]]:
    """(when it was written, where it lies) of each."""
    with os.scandir(places.facts / "runs") as partitions:
        for partition in partitions:
            path = f"{partition.path}/part-0.parquet"
            if partition.name != f"run_id={SEED}":
                with suppress(FileNotFoundError, NotADirectoryError):  # swept, or no partition
                    yield os.stat(path).st_mtime_ns, path


def _finished(path: str) -> datetime:
    """Of the run whose commit this is; the runs that a compaction carries on ended before it."""
    at: datetime = pc.max(pq.read_table(path, columns=["finished_at"], partitioning=None)["finished_at"]).as_py()
    return at


def _nanoseconds(at: datetime) -> int:
    return (at - datetime.fromtimestamp(0, UTC)) // TICK * 1000
