"""Empty stores by the dozen: each is a copy of one, which is faster than making it."""

from pathlib import Path
from shutil import copytree

import pytest

from warehouse import Store


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Store.init(tmp_path_factory.mktemp("empty") / "store").places.root


@pytest.fixture
def store(empty: Path, tmp_path: Path) -> Store:
    return Store.open(copytree(empty, tmp_path / "store"))
