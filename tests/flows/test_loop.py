"""`msa loop` under a real Prefect: first on a server of its own, then on the ephemeral one; only ids pass."""

import errno
import json
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from urllib.request import Request, urlopen

import pyarrow as pa
import pytest
from prefect.states import Failed

from flows.patience import may_pass
from flows.sample_dump import sample_dump
from flows.servers import ask
from msa_core.errors import DumpError
from warehouse import LeaseHeld, Store, StoreUnwritable
from warehouse.durable import writing

STAGES = ["ingest", "split", "train", "score", "evaluate", "gate", "mine", "caption", "report"]

FIRST_TRY = SimpleNamespace(run_count=1)


@dataclass(frozen=True)
class Place:
    """A folder with a dump and a store, and a home that must stay as it is."""

    folder: Path

    def started(self, *words: str, **environment: str) -> subprocess.Popen[str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        return subprocess.Popen(
            [sys.executable, "-c", f"from flows.cli import main; main({list(words)!r})"],
            env=kept | {"HOME": str(self.folder / "home"), "OMP_NUM_THREADS": "1"} | environment,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def msa(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        with self.started(*words, **environment) as process:
            out, told = process.communicate(timeout=500)
        return subprocess.CompletedProcess(words, process.returncode, out, told)

    def words(self) -> list[str]:
        options = ["--towers", "tiny", "--folds", "2", "--epochs", "1", "--output", str(self.report)]
        words = ["loop", "mvsa-single", str(self.folder / "dump"), "--source", "drawn", "--store", self.store]
        return [*words, *options]

    def loop(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.msa(*self.words(), **environment)

    def runs(self) -> pa.Table:
        with Store.open(self.folder / "store").moment() as moment:
            return moment.table("from runs order by run_id")

    @property
    def store(self) -> str:
        return str(self.folder / "store")

    @property
    def report(self) -> Path:
        return self.folder / "report.html"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    made = Place(tmp_path_factory.mktemp("loop"))
    (made.folder / "home").mkdir()
    sample_dump(made.folder / "dump", posts=80, seed=7)
    Store.init(made.folder / "store")
    return made


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = str(free.getsockname()[1])
    url = f"http://127.0.0.1:{port}/api"
    quiet = {"PREFECT_HOME": str(tmp_path_factory.mktemp("prefect")), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port]
    running = subprocess.Popen(
        command, env=os.environ | quiet | {"DO_NOT_TRACK": "1"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 180
    while not ask(f"{url}/health", timeout_s=2).is_well:
        assert running.poll() is None
        assert time.monotonic() < deadline, "the Prefect server did not start"
        time.sleep(0.5)
    yield url
    running.terminate()
    running.wait(timeout=60)


def asked(url: str, what: str) -> list[dict]:
    request = Request(f"{url}/{what}/filter", b"{}", {"Content-Type": "application/json"})
    with urlopen(request, timeout=30) as response:
        return json.load(response)


def assert_recorded(server: str, place: Place) -> None:
    """What Prefect's own server says of the loop."""
    runs = {run["name"]: run for run in asked(server, "task_runs")}
    assert sorted(name.rpartition("-")[0] for name in runs) == sorted(STAGES)
    assert {run["state_type"] for run in [*runs.values(), *asked(server, "flow_runs")]} == {"COMPLETED"}
    artifacts = {one["key"]: one for one in asked(server, "artifacts")}
    counts = {row["what"]: row["rows"] for row in json.loads(artifacts["msa-loop-counts"]["data"])}
    assert counts["posts"] == counts["predictions"] == 80
    assert place.report.as_uri() in artifacts["msa-loop-report"]["data"]


@pytest.mark.prefect
@pytest.mark.timeout(900)
def test_the_loop_goes_from_a_dump_to_a_report_and_again_does_nothing(place: Place, server: str):
    first = place.loop(PREFECT_API_URL=server)
    assert first.returncode == 0, first.stderr
    assert [line.split()[0] for line in first.stdout.splitlines()[:9]] == STAGES
    assert f"report: {place.report}" in first.stdout
    page, before = place.report.read_bytes(), place.runs()
    assert b"Fill this with" not in page
    assert_recorded(server, place)

    again = place.loop()
    assert again.returncode == 0, again.stderr
    assert again.stdout.count("nothing to do") == 8
    assert place.runs() == before
    assert place.report.read_bytes() == page
    assert list((place.folder / "home").glob(".prefect*")) == []
    with closing(sqlite3.connect(place.folder / "store" / "cache" / "prefect" / "prefect.db")) as database:
        assert ("COMPLETED",) in database.execute("select state_type from flow_run").fetchall()


HOLD = """
import sys
from pathlib import Path
from warehouse import Places, lease
with lease(Places(Path(sys.argv[1])), "mine"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.prefect
@pytest.mark.timeout(900)
def test_a_stage_that_finds_another_process_at_work_is_tried_again_and_goes_on(place: Place):
    holding = [sys.executable, "-c", HOLD, place.store]
    with subprocess.Popen(holding, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with place.started(*place.words(), PREFECT_LOGGING_LEVEL="INFO") as running:
            assert running.stderr is not None
            told = []
            for line in running.stderr:
                told.append(line)
                if "Retry 1/" in line:
                    other.communicate()  # its work is done, and so is its lease
            assert running.stdout is not None
            said = running.stdout.read()
    assert running.returncode == 0, "".join(told)
    assert "another process works on 'mine'" in "".join(told).lower()
    assert [word for word in (line.split()[0] for line in said.splitlines()[:10]) if word != "captions:"] == STAGES


@pytest.mark.prefect
@pytest.mark.timeout(900)
def test_the_loop_reads_a_table_by_its_columns_and_learns_the_task_that_is_named(place: Place):
    table = place.folder / "mine.csv"
    moods = (("glad", "what a fine day"), ("sad", "such awful rain"))
    rows = [f"{mood}{n},{words} {n},{mood}\n" for n in range(40) for mood, words in moods]
    table.write_text("".join(["nr,said,mood\n", *rows]))
    columns = ["--id-column", "nr", "--text-column", "said", "--image-column", "", "--label-column", "mood"]
    columns += ["--allow-missing", "image"]
    options = ["--towers", "tiny", "--folds", "0", "--epochs", "1", "--store", place.store]
    asked = ["--source", "mine", "--task", "mood", "--labels", "glad,sad", "--output", str(place.folder / "mine.html")]
    done = place.msa("loop", "table", str(table), *asked, *columns, *options)
    assert done.returncode == 0, done.stderr
    assert "80 posts, 0 refused" in done.stdout
    with Store.open(place.folder / "store").moment() as moment:
        (first,) = moment.table("from models where task = 'mood'").to_pylist()
    assert first["labels"] == ["glad", "sad"]
    page = str(place.folder / "mine.html")
    again = place.msa("loop", "--task", "mood", "--output", page, *options, "--epochs", "2")
    assert again.returncode == 0, again.stderr
    assert "no verdict: 8 labelled test posts" in again.stdout, "another model was trained, and the champion stays"
    with Store.open(place.folder / "store").moment() as moment:
        assert moment.value("select model_id from champions where task = 'mood'") == first["model_id"]
        assert moment.value("select count(*) from models where task = 'mood'") == 2
        assert moment.value("select count(*) from test_reads") == 0
    assert first["model_id"] in Path(page).read_text(encoding="utf-8")


@pytest.mark.prefect
def test_a_mistake_is_one_line_and_exit_2(place: Place):
    out = place.msa("loop", "mvsa-single", "/nowhere", "--source", "drawn", "--store", place.store)
    assert out.returncode == 2
    assert [line.partition(":")[0] for line in out.stderr.splitlines()].count("error") == 1
    assert "Traceback" not in out.stderr


def test_a_dump_without_a_source_is_a_mistake_before_prefect_starts(place: Place):
    out = place.msa("loop", "mvsa-single", str(place.folder / "dump"), "--store", place.store)
    assert (out.returncode, out.stderr) == (
        2, "error: A dump needs its format, its path and a source: msa loop FORMAT PATH --source NAME\n",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("error", "is_tried_again"),
    [
        (OSError(28, "No space left on device"), True),
        (ConnectionResetError(), True),
        (TimeoutError(), True),
        (LeaseHeld("another process scores"), True),
        (FileNotFoundError("dump"), False),
        (PermissionError("dump"), False),
        (DumpError("no label file"), False),
        (ZeroDivisionError(), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, is_tried_again: bool):
    assert may_pass(None, FIRST_TRY, Failed(data=error)) is is_tried_again


def test_a_full_disk_is_tried_thrice_and_a_lease_is_waited_for():
    third_try = SimpleNamespace(run_count=3)
    assert not may_pass(None, third_try, Failed(data=OSError(28, "No space left on device")))
    assert may_pass(None, third_try, Failed(data=LeaseHeld("another process scores")))


def test_a_full_disk_is_tried_again_under_the_name_that_the_store_gives_it(tmp_path: Path):
    with pytest.raises(StoreUnwritable) as told, writing(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert may_pass(None, FIRST_TRY, Failed(data=told.value))
