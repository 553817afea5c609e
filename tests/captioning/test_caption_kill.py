"""A kill or Ctrl-C in the middle of hundreds of captions: what came is kept, and nothing is bought twice."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.audit import audit
from flows.ingest import ingest
from flows.sample_dump import sample_dump
from flows.split import split
from tests.captioning.manners import KEY, MODEL
from tests.captioning.request_log import log_in
from warehouse import Store

TOP = Path(__file__).parents[2]
MSA = [str(Path(sys.executable).with_name("msa"))]
AT_ONCE = 8


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """500 images, and some more in test."""
    places = tmp_path_factory.mktemp("many")
    store = Store.init(places / "store")
    dump = sample_dump(places / "dump", posts=640, seed=3)
    ingest(store, format="mvsa-single", path=dump.path, source="sample")
    split(store)
    return store


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[dict[str, str], Path]]:
    """An endpoint in a process of its own; the environment that names it, and its log."""
    log = tmp_path / "asked.jsonl"
    command = [sys.executable, "-m", "tests.captioning.scripted_endpoint", "--latency", "0.05", "--log", str(log)]
    with subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        yield {**os.environ, "MSA_VLM_BASE_URL": url, "MSA_VLM_MODEL": MODEL, "MSA_VLM_API_KEY": KEY}, log
        process.terminate()


def caption(store: Store, environment: dict[str, str], *options: str) -> "subprocess.Popen[str]":
    command = [
        *MSA,
        "caption",
        "--store",
        str(store.places.root),
        "--posts",
        "all",
        "--at-once",
        str(AT_ONCE),
        *options,
    ]
    return subprocess.Popen(
        command, cwd=TOP, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def stopped_after(log: Path, n: int, process: "subprocess.Popen[str]", how: signal.Signals) -> None:
    while process.poll() is None and (not log.exists() or len(log.read_text().splitlines()) < n):
        time.sleep(0.02)
    process.send_signal(how)
    process.wait(30)


def n_captions(store: Store) -> int:
    with store.moment() as moment:
        return int(moment.value("select count(*) from captions where status = 'ok'"))


def n_images(store: Store) -> int:
    with store.moment() as moment:
        return int(moment.value("select count(distinct image_sha256) from caption_subjects"))


def test_after_a_kill_in_the_middle_of_500_only_the_calls_in_flight_are_made_again(many: Store, served, tmp_path: Path):
    environment, log = served
    assert n_images(many) >= 480
    for n in (60, 200):
        stopped_after(log, n, caption(many, environment), signal.SIGKILL)
    with caption(many, environment) as process:
        out, problem = process.communicate(timeout=120)
    assert process.returncode == 0, problem
    times = Counter(each.image for each in log_in(log) if each.delivered and each.status == 200)
    assert len(times) == n_images(many) == n_captions(many)
    assert sum(n - 1 for n in times.values()) <= 2 * AT_ONCE
    n_asked = len(log_in(log))
    with caption(many, environment) as process:
        out, _ = process.communicate(timeout=60)
    assert "nothing to do" in out
    assert len(log_in(log)) == n_asked
    assert not [finding for finding in audit(many) if finding.n_broken]


def test_ctrl_c_commits_what_came(tmp_path: Path, served):
    environment, log = served
    store = Store.init(tmp_path / "store")
    ingest(store, format="mvsa-single", path=sample_dump(tmp_path / "dump", posts=90, seed=4).path, source="sample")
    split(store)
    process = caption(store, environment)
    stopped_after(log, 20, process, signal.SIGINT)
    assert process.returncode == 130
    n_kept = n_captions(store)
    answered = {each.image for each in log_in(log) if each.delivered and each.status == 200}
    assert 0 < len(answered) - AT_ONCE <= n_kept <= len(answered)
    assert not (store.places.journal / "caption" / "answers.jsonl").exists()
    with caption(store, environment) as process:
        process.communicate(timeout=60)
    assert n_captions(store) == n_images(store)
