"""A verb that is killed at its n-th write: an audit hook counts what touches the store, and SIGKILL falls before it."""

import multiprocessing
import os
import signal
import sys
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

WRITES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.link", "os.truncate"}
PRELOADED = [
    "flows.cli",
    "flows.ingest",
    "flows.fold_models",
    "flows.post_arrays",
    "flows.snapshot",
    "flows.training_run",
    "flows.scored_models",
    "msa_core.scoring",
]


def contexts() -> ForkServerContext:
    """A server that has imported everything forks a process a run."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context


def run_verb(arguments: list[str], store: str, killed_at: int | None) -> None:
    """The whole command line, in this process, to be killed before write number `killed_at` (0 first)."""
    os.environ |= {"MSA_STORE": store, "MSA_LOG": "off"}  # a line of a log is no fact: no kill need fall there
    count = 0

    def watch(event: str, details: tuple[Any, ...]) -> None:
        nonlocal count
        if not _writes(event, details, store):
            return
        if count == killed_at:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1

    if killed_at is not None:
        sys.addaudithook(watch)
    from flows.cli import main  # noqa: PLC0415 - after the hook

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        sys.stdout = nowhere
        main(arguments)


def _writes(event: str, details: tuple[Any, ...], store: str) -> bool:
    if event == "open":
        path, mode, flags = details
        wants = (isinstance(mode, str) and set(mode) & set("wax+")) or (
            mode is None and flags & (os.O_WRONLY | os.O_RDWR)
        )
        return bool(wants) and _inside(path, store)
    if event == "os.mkdir" and Path(details[0]).exists():
        return False
    return event in WRITES and _inside(details[0], store)


def _inside(path: Any, store: str) -> bool:
    return isinstance(path, str | bytes | os.PathLike) and os.fsdecode(path).startswith(store)


def run(arguments: list[str], store: Path, *, killed_at: int | None = None) -> int:
    """The exit code: 0 done, -9 killed."""
    process = contexts().Process(target=run_verb, args=(arguments, str(store), killed_at))
    process.start()
    process.join()
    return int(process.exitcode or 0)
