"""`msa init`: make a store, or bring one up to date."""

from pathlib import Path
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption
from flows.output import say
from warehouse import Store


def init(root: Path, *, label_policy: str | None = None) -> Store:
    """Seeds, views and the label policy in force; the same again changes nothing."""
    return Store.init(root, label_policy=label_policy)


def command(
    store: StoreOption = DEFAULT_STORE,
    label_policy: Annotated[
        str | None, typer.Option(help="How the dump's annotations become labels: literature (default) or strict.")
    ] = None,
) -> None:
    """Make the store and print where it is."""
    made = init(store, label_policy=label_policy)
    with made.moment() as moment:
        policy = moment.value("select label_policy from policy_in_force")
    say(f"store {made.places.root}")
    say(f"label policy {policy}")
    say(f"next: msa ingest FORMAT PATH --source NAME --store {store}")
