"""MVSA-Multiple: three annotators, each of whom judged text and image apart."""

from pathlib import Path

from msa_core.dumps.mvsa import read_mvsa
from msa_core.dumps.row import Rows


def read(root: Path) -> Rows:
    """In the order of `labelResultAll.txt`."""
    return read_mvsa(root, ("mvsa-1", "mvsa-2", "mvsa-3"))
