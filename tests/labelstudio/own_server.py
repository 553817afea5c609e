"""A Label Studio of one test alone, to be killed, and to be put back on older data."""

import os
import shutil
import signal
from pathlib import Path

import pytest
from label_studio_sdk import LabelStudio

from labelstudio import server
from tests.labelstudio.queue_desk import QueueDesk
from warehouse import Store


class OwnServer:
    """Started, killed and started again on one folder and one port."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._monkeypatch = folder, monkeypatch
        self.started: server.Started | None = None

    def start(self) -> None:
        port = int(self.started.server.url.rpartition(":")[2]) if self.started else None
        self.started = server.start(self.folder, port=port)
        self._monkeypatch.setenv("LABEL_STUDIO_URL", self.started.server.url)
        self._monkeypatch.setenv("LABEL_STUDIO_API_KEY", self.started.server.token)
        self._monkeypatch.setenv("LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT", str(self.started.server.files))

    def kill(self) -> None:
        """As a power cut would."""
        if self.started and self.started.process.poll() is None:
            os.killpg(self.started.pid, signal.SIGKILL)
            self.started.process.wait()

    def desk(self, store: Store) -> QueueDesk:
        assert self.started
        return QueueDesk(
            store, "mine", LabelStudio(base_url=self.started.server.url, api_key=self.started.server.token)
        )

    def copy(self, to: Path) -> None:
        """Its data as they are now, taken while it rests."""
        self.kill()
        shutil.copytree(self.folder / "data", to)
        self.start()

    def go_back(self, older: Path) -> None:
        """The server again, on a copy of its data from before."""
        self.kill()
        shutil.rmtree(self.folder / "data")
        shutil.copytree(older, self.folder / "data")
        self.start()
