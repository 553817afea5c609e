"""A scripted endpoint as a process of its own: it shares no interpreter with a client whose speed is measured."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.captioning.request_log import Asked, log_in
from tests.captioning.scripted_endpoint import HOST

TOP = Path(__file__).parent.parent.parent


@dataclass(frozen=True, slots=True)
class Spawned:
    """`log` grows by a line when a request is over."""

    port: int
    pid: int
    log: Path

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.port}/v1"

    @property
    def asked(self) -> list[Asked]:
        return log_in(self.log)

    @property
    def cpu_s(self) -> float:
        """That the process has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def spawned(log: Path, *words: str) -> Iterator[Spawned]:
    """For the block. `words`: of the command line, e.g. "--latency", "0.2"."""
    command = [sys.executable, "-m", "tests.captioning.scripted_endpoint", "--log", str(log), *words]
    with subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield Spawned(int(process.stdout.readline()), process.pid, log)
        finally:
            process.terminate()
