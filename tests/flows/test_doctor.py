"""`msa doctor`: says what is there and what to do, prints no secret, and fails only for what is required."""

import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from typer.testing import CliRunner

from flows import doctor as module
from flows.cli import app
from flows.doctor import ABSENT, BROKEN, THERE, TOWERS, Check, doctor
from flows.servers import shown
from msa_core.clara import ClaraConfig
from tests.flows.filled_store import filled

SECRET = "s3cret-token"
NAMES = (
    "PREFECT_API_URL",
    "LABEL_STUDIO_URL",
    "LABEL_STUDIO_API_KEY",
    "MSA_VLM_BASE_URL",
    "MSA_VLM_API_KEY",
    "HF_HOME",
)


class Server(BaseHTTPRequestHandler):
    """Answers /health to anyone, /v1/models to who knows the key."""

    def do_GET(self) -> None:
        is_known = self.headers.get("Authorization") == f"Bearer {SECRET}"
        self.send_response(200 if self.path in ("/health", "/api/health") or is_known else 401)
        self.end_headers()

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[str]:
    listening = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    Thread(target=listening.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{listening.server_port}"
    listening.shutdown()
    listening.server_close()


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))


def check(what: str, root: Path) -> Check:
    return next(one for one in doctor(root, timeout_s=1.0) if one.what == what)


def test_a_bare_machine_is_well_and_each_gap_has_a_remedy(tmp_path: Path):
    out = CliRunner().invoke(app, ["doctor", "--store", str(tmp_path / "store")])
    assert out.exit_code == 0, out.output
    checks = doctor(tmp_path / "store")
    assert all(one.todo for one in checks if one.state != THERE)
    assert {one.what for one in checks if one.state == ABSENT} >= {"store", "Label Studio", "VLM endpoint"}


def test_the_store_is_counted(tmp_path: Path):
    filled(tmp_path / "store", "ingested")
    assert "60 posts" in check("store", tmp_path / "store").found


def test_weights_are_found_in_the_cache(tmp_path: Path):
    assert check(f"weights of {TOWERS[0]}", tmp_path).state == ABSENT
    folder = tmp_path / "hub" / "models--openai--clip-vit-base-patch16" / "snapshots" / "abc"
    folder.mkdir(parents=True)
    (folder / "model.safetensors").touch()
    assert check(f"weights of {TOWERS[0]}", tmp_path).state == THERE


def test_the_towers_are_those_of_the_model():
    config = ClaraConfig("sentiment", ("negative", "positive"))
    assert (config.vision, config.text) == TOWERS


def test_servers_that_answer_are_well(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: str):
    monkeypatch.setenv("PREFECT_API_URL", f"{server}/api")
    monkeypatch.setenv("LABEL_STUDIO_URL", server)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", SECRET)
    monkeypatch.setenv("MSA_VLM_BASE_URL", f"{server}/v1")
    monkeypatch.setenv("MSA_VLM_API_KEY", SECRET)
    out = CliRunner().invoke(app, ["doctor", "--store", str(tmp_path / "store")])
    states = [check(what, tmp_path).state for what in ("Prefect", "Label Studio", "VLM endpoint")]
    assert states == [THERE] * 3
    assert SECRET not in out.output


def test_a_missing_token_and_a_refused_key_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, server: str):
    monkeypatch.setenv("LABEL_STUDIO_URL", server)
    monkeypatch.setenv("MSA_VLM_BASE_URL", f"{server}/v1")
    assert check("Label Studio", tmp_path).todo.startswith("set LABEL_STUDIO_API_KEY")
    assert check("VLM endpoint", tmp_path).found.endswith("refuses the key")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9", "file:///etc/passwd", "nonsense", "http://[", "http://127.0.0.1:x"]
)
def test_a_server_that_does_not_answer_is_broken_and_no_crash(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str
):
    monkeypatch.setenv("PREFECT_API_URL", url)
    assert check("Prefect", tmp_path).state == BROKEN


def test_an_address_is_shown_without_its_secrets():
    assert shown(f"https://anna:{SECRET}@host:8080/api?token={SECRET}#x") == "https://host:8080/api"


def test_a_wrong_package_fails_the_doctor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setattr(module, "requires", lambda name: ["duckdb>=99", "no-such-thing>=1", 'mypy>=99; extra == "dev"'])
    out = CliRunner().invoke(app, ["doctor", "--store", str(tmp_path / "store")])
    assert out.exit_code == 1
    assert "duckdb>=99 wanted" in out.output
    assert "no-such-thing is missing" in out.output
    assert "mypy" not in out.output


def test_the_doctor_imports_no_framework(tmp_path: Path):
    program = (
        "import sys; from flows.doctor import doctor; from pathlib import Path\n"
        f"doctor(Path({str(tmp_path)!r}))\n"
        "print(sorted({'torch', 'transformers', 'prefect', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"
