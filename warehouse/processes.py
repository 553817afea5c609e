"""Which process this is, so that another can tell later whether it still runs."""

import os
import platform
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """`where`: the machine as long as it runs, and among which processes `pid` counts there; `started`: since when, in
    ticks of that machine. Both are empty where the system does not tell.
    """

    host: str
    where: str
    pid: int
    started: str

    @staticmethod
    def mine() -> "Process":
        """The one that asks."""
        return Process(platform.node(), _where(), os.getpid(), _started(os.getpid()))

    def runs(self) -> bool | None:
        """Null where it cannot be told from here: of another machine or container, of this one before it was started
        again, and where the system tells no more than that a process of this number is there (macOS; a stranger's).
        """
        if (self.host, self.where) != (platform.node(), _where()):
            return None
        if self.started and (PROC / str(self.pid)).exists():
            return _started(self.pid) == self.started
        return None if _is_there(self.pid) else False


def _where() -> str:
    """A container that shares its machine's name has processes of its own."""
    try:
        boot = (PROC / "sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {os.readlink(PROC / 'self/ns/pid')}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """Empty where no such process runs; one that was killed, and that nobody has buried, does not."""
    try:
        told = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    state, *rest = told.rpartition(")")[2].split()  # the name before may hold anything
    return "" if state in "ZX" else rest[18]


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
