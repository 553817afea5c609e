"""`msa serve` as a process on a store of its own, for tests."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.flows.scheduling import Api, Inbox, alive, environment, until

TOP = Path(__file__).parent.parent.parent
NEVER = "0 0 29 2 *"  # by the clock; a finished round starts it all the same
SERVE = ["--port", "0", "--metrics-port", "0", "--towers", "tiny", "--captioner", "none", "--cron", f"retrain={NEVER}"]


@dataclass(frozen=True)
class Served:
    """What `msa serve` said of itself."""

    process: subprocess.Popen[bytes]
    api: Api
    metrics: str

    def ended(self, run_id: str, *states: str) -> str:
        """The message of the run's last state, which is one of these."""
        over = {"FAILED", *states}
        until(lambda: self.api.state(run_id)[0] in over, within_s=120, what=f"the run is {' or '.join(states)}")
        state, message = self.api.state(run_id)
        assert state in states, message
        return message


@dataclass(frozen=True)
class House:
    """A folder with a store and an inbox. `more`: what `msa serve` is told beside the usual."""

    folder: Path
    more: tuple[str, ...] = ()

    @property
    def store(self) -> Path:
        return self.folder / "store"

    @property
    def inbox(self) -> Inbox:
        return Inbox(self.folder / "inbox")

    def words(self, verb: str, *more: str) -> list[str]:
        told = [verb, "--store", str(self.store), *more]
        return [sys.executable, "-c", f"from flows.cli import main; main({told!r})"]

    def start(self) -> subprocess.Popen[bytes]:
        env = environment(self.folder / "home", PYTHONPATH=str(TOP))
        with (self.folder / "serve.out").open("wb") as said:
            words = self.words("serve", "--inbox", str(self.inbox.path), *SERVE, *self.more)
            return subprocess.Popen(words, env=env, stdout=said, stderr=said)

    @contextmanager
    def served(self) -> Iterator[Served]:
        """Killed at the end of the block, where it still lives."""
        running = self.start()

        def told() -> dict[str, str]:
            lines = (self.folder / "serve.out").read_text().splitlines()
            assert running.poll() is None, "\n".join(lines)
            known = dict(line.split(maxsplit=1) for line in lines if " " in line)
            return known if "Ctrl-C" in known else {}

        try:
            known = until(told, within_s=180, what="msa serve is ready")
            yield Served(running, Api(f"{known['Prefect']}/api"), known["metrics"])
        finally:
            running.kill()
            running.wait()

    def pids(self) -> list[int]:
        """Of whatever works on the store: server, runner, flows."""
        return sorted(set(alive(str(self.store)) + [pid for pid in alive("prefect") if self.is_ours(pid)]))

    def is_ours(self, pid: int) -> bool:
        try:
            return str(self.folder).encode() in Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False
