"""A store with one post of each kind, made once; each test has a copy of its own."""

from pathlib import Path

import pytest

from tests.curation.curated_store import copied, curated_store
from warehouse import Store


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """To be copied, never written to."""
    return curated_store(tmp_path_factory.mktemp("made") / "store")


@pytest.fixture
def store(made: Store, tmp_path: Path) -> Store:
    return copied(made, tmp_path / "store")
