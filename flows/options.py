"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

from warehouse import Store

DEFAULT_STORE = Path("store")

StoreOption = Annotated[Path, typer.Option("--store", envvar="MSA_STORE", help="Folder of the store.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Run again although the same run stands; it is replaced.")]
AtLeastOption = Annotated[int, typer.Option(min=1, help="Changed labels that justify a challenger.")]
DaysOption = Annotated[float | None, typer.Option(min=0, help="Or so many days since the last verdict.")]
ShareOption = Annotated[
    float, typer.Option(min=0, max=1, help="Or this share of the labels, whichever is less; 1: --at-least alone.")
]
ReadingsOption = Annotated[int, typer.Option("--test-read-budget", min=1, help="Readings that a test post may bear.")]
FewestOption = Annotated[int, typer.Option(min=1, help="Test posts without which nothing is told.")]


def open_store(root: Path) -> Store:
    """Raises NoStore with the remedy."""
    return Store.open(root)
