"""A real Label Studio for each test process; the first of them installs it, where that was never done."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from label_studio_sdk import LabelStudio

from labelstudio.server import running
from labelstudio.server_folder import Server
from tests.flows.filled_store import filled
from tests.labelstudio.queue_desk import QueueDesk


@pytest.fixture(scope="session")
def label_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("label-studio")) as server:
        yield server


@pytest.fixture
def client(label_studio: Server) -> LabelStudio:
    return LabelStudio(base_url=label_studio.url, api_key=label_studio.token)


@pytest.fixture
def desk(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    label_studio: Server,
    client: LabelStudio,
) -> QueueDesk:
    """A store with 47 posts in its queue, and a project of the test's own on the shared server."""
    monkeypatch.setenv("LABEL_STUDIO_URL", label_studio.url)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", label_studio.token)
    monkeypatch.setenv("LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT", str(label_studio.files))
    return QueueDesk(filled(tmp_path / "store"), f"{request.node.name[:20]}-{uuid4().hex[:8]}", client)
