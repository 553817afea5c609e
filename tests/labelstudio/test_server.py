"""A store's own Label Studio: found while it lives, never twice on the same data, closed to others."""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from label_studio_sdk import LabelStudio

from labelstudio import environment
from labelstudio.environment import set_up
from labelstudio.errors import ReviewError, TokenRefused
from labelstudio.server import Started, known, start, stop
from labelstudio.server_folder import Server
from warehouse import Store

real = pytest.mark.labelstudio


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Started]:
    server = start(tmp_path / "labelstudio")
    yield server
    stop(server)


def titles(server: Server) -> list[str]:
    client = LabelStudio(base_url=server.url, api_key=server.token)
    return [project.title for project in client.projects.list()]


def status(request: str | Request) -> int:
    try:
        with urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code


@pytest.mark.slow
def test_a_set_up_that_cannot_fetch_says_so_and_is_not_taken_for_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    (tmp_path / "ready").write_text("of an older list of packages")
    (tmp_path / "template").mkdir()
    (tmp_path / "template" / "half").touch()
    with pytest.raises(ReviewError, match=r"install label-studio with pip.*LABEL_STUDIO_URL"):
        set_up(tmp_path)
    assert not (tmp_path / "ready").exists()
    assert not (tmp_path / "template").exists()


def test_a_home_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(ReviewError, match="MSA_LABELSTUDIO_HOME"):
        set_up(tmp_path / "file" / "home")


def test_the_second_of_two_set_ups_waits_and_then_has_nothing_to_do(tmp_path: Path):
    said: list[str] = []
    first = os.open(tmp_path / "set-up.lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(first, fcntl.LOCK_EX)
    second = threading.Thread(target=set_up, args=(tmp_path, said.append))
    second.start()
    second.join(0.5)
    assert second.is_alive()
    (tmp_path / "ready").write_text(environment._wanted())
    os.close(first)
    second.join(10)
    assert not second.is_alive()
    assert said == ["another process sets Label Studio up; waiting for it"]


def test_nothing_is_known_of_a_folder_without_a_server(tmp_path: Path):
    assert known(tmp_path) is None
    (tmp_path / "server.json").write_text('{"url": "http://127.0.0.1:1", "half')
    assert known(tmp_path) is None


@real
def test_a_server_is_found_and_logs_in_without_a_click(label_studio: Server):
    folder = label_studio.files.parent
    assert known(folder) == label_studio
    assert label_studio.url.startswith("http://127.0.0.1:")
    assert titles(label_studio) == titles(label_studio)
    assert (folder / "server.json").stat().st_mode & 0o777 == 0o600
    for secret in (label_studio.token, label_studio.password, label_studio.secret_key):
        assert secret not in repr(label_studio)
        assert secret not in (folder / "server.log").read_text(encoding="utf-8")


@real
def test_nobody_else_can_sign_up(label_studio: Server):
    form = urlencode({"email": "guest@localhost", "password": "a-long-password"}).encode()
    client = LabelStudio(base_url=label_studio.url, api_key=label_studio.token)
    assert status(Request(f"{label_studio.url}/user/signup", data=form)) == 403
    assert [user.email for user in client.users.list()] == [label_studio.email]


@real
def test_a_foreign_name_a_wrong_token_and_a_missing_token_are_refused(label_studio: Server):
    here = f"{label_studio.url}/api/projects"
    assert status(Request(here, headers={"Host": "elsewhere.example"})) == 400
    assert status(Request(here, headers={"Authorization": f"Token {'0' * 40}"})) == 401
    assert status(here) == 401


@real
def test_a_second_server_on_the_same_data_is_refused_and_told_where_the_first_is(label_studio: Server):
    with pytest.raises(ReviewError, match=label_studio.url):
        start(label_studio.files.parent)
    assert known(label_studio.files.parent) == label_studio


@real
def test_a_port_in_use_is_named(tmp_path: Path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ReviewError, match=f"Port {port}"):
            start(tmp_path / "labelstudio", port=port)
    assert known(tmp_path / "labelstudio") is None


@real
def test_a_killed_server_is_not_known_and_the_next_one_has_its_data_and_login(started: Started):
    LabelStudio(base_url=started.server.url, api_key=started.server.token).projects.create(title="kept")
    os.kill(started.pid, signal.SIGKILL)
    started.process.wait()
    assert known(started.folder) is None
    again = start(started.folder)
    assert titles(again.server) == ["kept"]
    assert again.server.token == started.server.token
    stop(started)
    assert known(started.folder) == again.server, "who stops the dead one leaves the living one alone"
    stop(again)
    assert known(started.folder) is None


@real
def test_an_older_database_can_be_put_back(started: Started):
    stop(started)
    shutil.copytree(started.folder / "data", started.folder / "older")
    later = start(started.folder)
    LabelStudio(base_url=later.server.url, api_key=later.server.token).projects.create(title="newer")
    stop(later)
    shutil.rmtree(started.folder / "data")
    (started.folder / "older").rename(started.folder / "data")
    back = start(started.folder)
    assert titles(back.server) == []
    stop(back)


@real
def test_the_environment_names_the_login_and_cannot_change_it_behind_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LABEL_STUDIO_USERNAME", "ann@localhost")
    monkeypatch.setenv("LABEL_STUDIO_USER_TOKEN", "a" * 40)
    first = start(tmp_path / "labelstudio")
    assert (first.server.email, first.server.token) == ("ann@localhost", "a" * 40)
    assert titles(first.server) == []
    stop(first)
    monkeypatch.setenv("LABEL_STUDIO_USER_TOKEN", "b" * 40)
    with pytest.raises(TokenRefused, match="ann@localhost by another token"):
        start(tmp_path / "labelstudio")
    assert known(tmp_path / "labelstudio") is None


def verb(store: Path) -> subprocess.Popen[str]:
    """`msa review server` as a process; it is ready once it has said the token."""
    Store.init(store)
    program = [sys.executable, "-c", "from flows.cli import main; main()", "review", "server", "--port", "0"]
    return subprocess.Popen([*program, "--store", str(store)], stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str], what: str) -> str:
    assert process.stdout is not None
    return next(line for line in iter(process.stdout.readline, "") if what in line)


@real
def test_the_verb_runs_one_until_it_is_told_to_end(tmp_path: Path):
    running = verb(tmp_path)
    lines = [said(running, "password"), said(running, "API_KEY=")]
    found = known(tmp_path / "labelstudio")
    assert found is not None
    assert found.password in lines[0]
    assert found.token in lines[1]
    running.send_signal(signal.SIGINT)
    assert running.wait(30) == 0
    assert known(tmp_path / "labelstudio") is None


@real
def test_a_server_that_outlives_its_verb_is_found_and_none_is_started_beside_it(tmp_path: Path):
    running = verb(tmp_path)
    said(running, "API_KEY=")
    running.kill()
    running.wait()
    found = known(tmp_path / "labelstudio")
    assert found is not None
    assert titles(found) == []
    with pytest.raises(ReviewError, match=f"kill {found.pid}"):
        start(tmp_path / "labelstudio")
    os.kill(found.pid, signal.SIGTERM)
