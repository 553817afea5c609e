"""Progress bars on a terminal; silence in a pipe."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def progress(what: str, *, total: int | None, note: Callable[[], str] | None = None) -> Iterator[Callable[[int], None]]:
    """Yields a function that takes how many more are done. `note`: what else to show, beside the rate."""
    if not sys.stderr.isatty():
        yield lambda n: None
        return
    with _bar() as bar:
        task = bar.add_task(what, total=total, note="")

        def done(n: int) -> None:
            bar.update(task, advance=n)
            if note is not None:
                bar.update(task, note=f"{bar.tasks[0].speed or 0:.1f}/s {note()}")

        yield done


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    return Progress(*columns, console=Console(stderr=True))
