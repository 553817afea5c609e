"""Options that several verbs share."""

from pathlib import Path
from typing import Annotated

import typer

from warehouse import Store

DEFAULT_STORE = Path("store")

StoreOption = Annotated[Path, typer.Option("--store", envvar="MSA_STORE", help="Folder of the store.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Run again although the same run stands; it is replaced.")]


def open_store(root: Path) -> Store:
    """Raises NoStore with the remedy."""
    return Store.open(root)
