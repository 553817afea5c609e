"""`msa gc`: remove what no commit owns, once it is a day old."""

from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from warehouse import Store
from warehouse.sweep import DAY_S, Leftover, leftovers, sweep


def gc(store: Store, *, dry_run: bool = False, older_than_s: float = DAY_S) -> list[Leftover]:
    """What was (or would be) removed."""
    found = leftovers(store, older_than_s=older_than_s)
    if not dry_run:
        sweep(store.places, found)
    return found


def command(
    store: StoreOption = DEFAULT_STORE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    older_than_hours: Annotated[
        float, typer.Option(min=0, help="Leave what is younger: it may be work in progress.")
    ] = 24.0,
) -> None:
    """Print what went, or would go."""
    opened = open_store(store)
    found = gc(opened, dry_run=dry_run, older_than_s=older_than_hours * 3600)
    root = opened.places.root
    if found:
        show("leftovers", ["path", "why", "bytes"], [(f.path.relative_to(root), f.why, f.n_bytes) for f in found])
    n_bytes = sum(each.n_bytes for each in found)
    say(f"{'would free' if dry_run else 'freed'} {n_bytes} bytes in {len(found)} places")
