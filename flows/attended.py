"""A process that does not outlive the one that started it, even where that one was killed.

`python -m flows.attended MODULE ARGUMENTS…` runs a module as `python -m` does, as the leader of a process group, and
ends the whole group once its standard input ends: that is a pipe whose other end only the parent holds.
"""

import os
import runpy
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

GRACE_S = 20.0


@dataclass(frozen=True, slots=True)
class Attended:
    """The process, and what it says, in a file."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def is_alive(self) -> bool:
        """Whether it runs; what it left behind when it died is ended by `stop`."""
        return self.process.poll() is None

    def last_words(self, n: int = 400) -> str:
        """The end of its log, on one line."""
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return " ".join(text.split())[-n:]

    def stop(self) -> None:
        """The leader first, which ends its own in order; then whatever of the group is left."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)  # Prefect ends in order after Ctrl-C, not after SIGTERM
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(GRACE_S)
        _kill(self.process.pid)
        self.process.wait()
        if self.process.stdin is not None:
            self.process.stdin.close()


def attended(words: Sequence[str], *, environment: Mapping[str, str], log: Path) -> Attended:
    """`words`: a module and its arguments. The log of the last start stays beside it, as `.old`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_name(log.name + ".old"))
    with log.open("wb") as said:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "flows.attended", *words],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Attended(process, log)


def main() -> None:
    """Of the child: watch the pipe from a thread, and become the module."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background commands ignore it
    watched = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)  # what the module starts must not hold the pipe, nor wait for input
    os.close(nothing)
    Thread(target=_end_with_parent, args=(watched,), daemon=True).start()
    module, sys.argv = sys.argv[1], sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_parent(watched: int) -> None:
    while os.read(watched, 1024):
        pass
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE_S)
    _kill(os.getpid())


def _kill(group: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main()
