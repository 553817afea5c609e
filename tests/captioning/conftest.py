"""Endpoints of vision-language models: one that follows a script, new for each test; and a real one, once a session."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from msa_core.captions import asking
from tests.captioning.manners import KEY, MODEL
from tests.captioning.scripted_endpoint import ScriptedEndpoint
from tests.flows.filled_store import filled
from warehouse import Store

if TYPE_CHECKING:
    from tests.captioning.tiny_llava import Served


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedEndpoint]:
    """Where the environment says that captions are to be had."""
    with ScriptedEndpoint() as scripted:
        monkeypatch.setenv("MSA_VLM_BASE_URL", scripted.url)
        monkeypatch.setenv("MSA_VLM_MODEL", MODEL)
        monkeypatch.setenv("MSA_VLM_API_KEY", KEY)
        yield scripted


@pytest.fixture(scope="session")
def llava(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Served]":
    from tests.captioning.tiny_llava import build, served  # noqa: PLC0415 - five seconds that only its tests pay

    with served(build(tmp_path_factory.mktemp("llava") / "tiny")) as running:
        yield running


@pytest.fixture(scope="session")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store of 60 posts, 48 of them hard ones outside test, each with an image of its own."""
    return filled(tmp_path_factory.mktemp("mined") / "store").places.root


@pytest.fixture
def store(mined: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A copy of it; calls that fail are tried again soon."""
    monkeypatch.setattr(asking, "FIRST_WAIT_S", 0.01)
    shutil.copytree(mined, tmp_path / "store")
    return Store.open(tmp_path / "store")
