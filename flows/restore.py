"""`msa restore FOLDER --store NEW`: make a store of a backup, whole or not at all."""

from pathlib import Path
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption
from flows.output import say
from flows.progress import progress
from warehouse.restoring import Restored, states
from warehouse.restoring import restore as put_back


def restore(backup: Path, *, store: Path, at: str | None = None) -> Restored:
    """The state that `at` begins, or the last one, as the new folder `store`. Raises BackupError."""
    with progress("restore", total=None) as done:
        return put_back(backup, store, at=at, on_done=done)


def command(
    folder: Annotated[Path, typer.Argument(help="What msa backup wrote.")],
    store: StoreOption = DEFAULT_STORE,
    at: Annotated[
        str | None, typer.Option(help="The state, or how it begins (2026-11-21); of several the last.")
    ] = None,
    list_states: Annotated[bool, typer.Option("--list", help="Only list the states.")] = False,
) -> None:
    """Print what stands now."""
    if list_states:
        for name in states(folder):
            say(name)
        return
    done = restore(folder, store=store, at=at)
    say(f"store {done.root}: the state {done.state}, {done.n_runs} runs, {done.n_files} files, {done.n_bytes} bytes")
    say(f"next: msa audit --store {store}")
