"""Real Prefect servers, workers and `msa serve` for tests, each on a free port and with a home of its own."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from flows.sample_dump import sample_dump
from flows.servers import ask
from warehouse import Store
from warehouse.audit import audit

QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
    "OMP_NUM_THREADS": "1",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
}
DESCRIBED = 'format = "mvsa-single"\nsource = "{source}"\n'


@dataclass(frozen=True)
class Api:
    """A Prefect server, as HTTP sees it."""

    url: str

    def post(self, what: str, body: dict[str, Any] | None = None) -> Any:
        """A database that is busy answers 503, which means: ask again."""
        asked = Request(f"{self.url}/{what}", json.dumps(body or {}).encode(), {"Content-Type": "application/json"})
        for _ in range(20):
            try:
                with urlopen(asked, timeout=30) as answer:
                    return json.load(answer)
            except HTTPError as error:
                if error.code != 503:
                    raise
            time.sleep(1)
        raise AssertionError(f"{what}: 503 for 20 seconds")

    def runs(self, flow: str, *states: str) -> list[dict[str, Any]]:
        """Oldest first."""
        wanted: dict[str, Any] = {"flows": {"name": {"any_": [flow]}}, "sort": "EXPECTED_START_TIME_ASC"}
        if states:
            wanted["flow_runs"] = {"state": {"type": {"any_": list(states)}}}
        return self.post("flow_runs/filter", wanted)

    def start(self, flow: str, **parameters: Any) -> str:
        """A run of the flow's deployment, now; its id. `parameters` stand in the place of the deployment's own."""
        (deployment,) = self.post("deployments/filter", {"flows": {"name": {"any_": [flow]}}})
        wanted = {"state": {"type": "SCHEDULED"}, "parameters": parameters}
        run = self.post(f"deployments/{deployment['id']}/create_flow_run", wanted)
        return str(run["id"])

    def state(self, run_id: str) -> tuple[str, str]:
        """Type and message."""
        (run,) = self.post("flow_runs/filter", {"flow_runs": {"id": {"any_": [run_id]}}})
        return run["state"]["type"], run["state"]["message"] or ""


def until(is_so: Callable[[], Any], *, within_s: float, what: str) -> Any:
    """What `is_so` says once it is true."""
    deadline = time.monotonic() + within_s
    while not (found := is_so()):
        assert time.monotonic() < deadline, f"not within {within_s:.0f} s: {what}"
        time.sleep(0.3)
    return found


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        return int(free.getsockname()[1])


def has_ipv6() -> bool:
    """Whether this machine has a loopback of IPv6."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def environment(home: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "LABEL_STUDIO_"))}
    return kept | QUIET | {"PREFECT_HOME": str(home)} | more


@contextmanager
def process(words: list[str], *, log: Path, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """In a group of its own, which ends with the block."""
    with log.open("ab") as said:
        running = subprocess.Popen(words, env=env, stdout=said, stderr=said, start_new_session=True)
    try:
        yield running
    finally:
        end(running)


def end(running: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the whole group."""
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    running.wait()


@contextmanager
def prefect_server(home: Path) -> Iterator[Api]:
    port = str(free_port())
    api = Api(f"http://127.0.0.1:{port}/api")
    words = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", port]
    env = environment(home, PREFECT_SERVER_UI_API_URL=api.url)
    with process(words, log=home / "server.log", env=env) as running:

        def is_well() -> bool:
            assert running.poll() is None, (home / "server.log").read_text()[-2000:]
            return ask(f"{api.url}/health", timeout_s=2).is_well

        until(is_well, within_s=180, what="the Prefect server answers")
        yield api


@dataclass(frozen=True)
class Inbox:
    """A watched folder, in which a description that is a pipe holds a flow up in the middle of its work."""

    path: Path

    def dump(self, name: str, *, seed: int) -> None:
        sample_dump(self.path / name, posts=20, seed=seed)

    def describe(self, name: str) -> None:
        aside = self.path / f".{name}"
        aside.write_text(DESCRIBED.format(source=name), encoding="utf-8")
        aside.replace(self.path / f"{name}.toml")

    def hold_up(self, name: str) -> None:
        os.mkfifo(self.path / f"{name}.toml")

    def reader_of(self, name: str) -> int | None:
        """The other end of the pipe, once a flow reads it; the flow waits until that is closed."""
        try:
            return os.open(self.path / f"{name}.toml", os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return None

    def let_go(self, name: str, reader: int) -> None:
        """Who waits reads the description; later readers find a file."""
        os.write(reader, DESCRIBED.format(source=name).encode())
        self.describe(name)
        os.close(reader)


def posts_by_source(store: Path) -> dict[str, int]:
    with Store.open(store).moment() as moment:
        rows = moment.table("select source, count(*) as n from facts.posts group by all order by all").to_pylist()
    return {row["source"]: row["n"] for row in rows}


def broken(store: Path) -> list[str]:
    with Store.open(store).moment() as moment:
        return [f"{finding.relation}: {finding.promise}" for finding in audit(moment) if finding.n_broken]


def alive(word: str) -> list[int]:
    """Processes whose command line holds the word."""
    found = []
    for each in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if word.encode() in each.read_bytes() and int(each.parent.name) != os.getpid():
                found.append(int(each.parent.name))
        except OSError:
            continue
    return found
