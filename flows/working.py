"""The folder in which a long training keeps what it has, so that a killed one goes on; and the lease on it."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from warehouse import Run, Store, lease


def work_of(store: Store, run: Run) -> Path:
    """Where a run keeps its epochs until it is committed."""
    return store.places.tmp / run.verb / run.run_id


@contextmanager
def working(store: Store, run: Run, *, resume: bool) -> Iterator[Path]:
    """The run's folder, under a lease of its own, which one process of a launch holds for all; its time is set to now,
    so that a sweep leaves what a kill of yesterday left.
    """
    from flows.fold_models import is_main_process, start_over

    work = work_of(store, run)
    with lease(store.places, run.run_id) if is_main_process() else nullcontext():
        if not resume:
            start_over(work)
        work.mkdir(parents=True, exist_ok=True)
        work.touch()
        yield work
