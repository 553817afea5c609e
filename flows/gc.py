"""`msa gc`: remove what no commit owns, once it is a day old; if asked, old weights that nobody needs."""

from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from warehouse import Store
from warehouse.sweep import DAY_S, Leftover, leftovers, spare_weights, sweep


def gc(
    store: Store, *, dry_run: bool = False, older_than_s: float = DAY_S, models_older_than_s: float | None = None
) -> list[Leftover]:
    """What was (or would be) removed. `models_older_than_s`: also weights of models that old which never stood for a
    task, refused challengers among them, but the last one, those of open challenges and ancestors of what stays (view
    `spare_models`); None: no weights that a model owns. Facts stay.
    """
    found = leftovers(store, older_than_s=older_than_s)
    if models_older_than_s is not None:
        found += spare_weights(store, older_than_s=models_older_than_s)
    if not dry_run:
        sweep(store.places, found)
    return found


def command(
    store: StoreOption = DEFAULT_STORE,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    older_than_hours: Annotated[
        float, typer.Option(min=0, help="Leave what is younger: it may be work in progress.")
    ] = 24.0,
    models_older_than: Annotated[
        float | None, typer.Option(min=0, help="Days: also weights of models that were never promoted, but the last.")
    ] = None,
) -> None:
    """Print what went, or would go."""
    opened = open_store(store)
    models_s = None if models_older_than is None else models_older_than * DAY_S
    found = gc(opened, dry_run=dry_run, older_than_s=older_than_hours * 3600, models_older_than_s=models_s)
    root = opened.places.root
    if found:
        show("leftovers", ["path", "why", "bytes"], [(f.path.relative_to(root), f.why, f.n_bytes) for f in found])
    n_bytes = sum(each.n_bytes for each in found)
    say(f"{'would free' if dry_run else 'freed'} {n_bytes} bytes in {len(found)} places")
