"""`msa backup FOLDER`: copy what is committed, and check the copy; only what is new since the last backup is copied."""

from pathlib import Path
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.progress import progress
from warehouse import Store
from warehouse.backup import BackedUp
from warehouse.backup import backup as take


def backup(
    store: Store, *, output: Path, with_labelstudio: bool = False, verify: bool = False, keep: int | None = None
) -> BackedUp:
    """One more state of `output`, none where nothing has changed; the newest `keep` stay. Raises BackupError."""
    with progress("backup", total=None) as done:
        return take(store, output, with_labelstudio=with_labelstudio, verify=verify, keep=keep, on_done=done)


def command(
    folder: Annotated[Path, typer.Argument(help="Where the backups of this store lie; made where there is none.")],
    store: StoreOption = DEFAULT_STORE,
    with_labelstudio: Annotated[
        bool, typer.Option("--with-labelstudio", help="Also the store's own Label Studio, its login included.")
    ] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every earlier copy back too, and mend what the store still holds.")
    ] = False,
    keep: Annotated[int | None, typer.Option(min=1, help="So many states stay, the newest; else all.")] = None,
) -> None:
    """Print what was copied, and how to get it back."""
    done = backup(open_store(store), output=folder, with_labelstudio=with_labelstudio, verify=verify, keep=keep)
    words = f"{done.n_runs} runs, {done.n_files} files, {done.n_bytes} bytes"
    if done.pruned.n_states:
        say(f"{done.pruned.n_states} older states went, {done.pruned.n_bytes} bytes")
    if not done.is_new:
        mended = f"; {done.n_new} damaged copies mended" if done.n_new else ""
        say(f"nothing to do: the state {done.state} holds all of it: {words}{mended}")
        return
    say(f"state {done.state}: {words}")
    say(f"copied and read back: {done.n_new} files, {done.n_new_bytes} bytes; the rest was there")
    say(f"to get it back: msa restore {folder} --store NEW --at {done.state}")
