"""What the command line did, as JSON lines in `<store>/logs/msa.jsonl`: started, committed, finished, failed, stopped.

`MSA_LOG`: `off`, or `stderr` instead of the file. `MSA_LOG_LEVEL`: INFO unless told. A log that cannot be written never
stops a verb, and none is begun where no store stands.
"""

import logging
import os
import platform
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

import typer
from pythonjsonlogger.json import JsonFormatter

from warehouse.run import LOGGER, code_version

N_BYTES, N_OLD = 10_000_000, 5
LONGEST = 500  # characters of an argument or an error
HIDDEN = "***"
SECRET_NAME = re.compile(r"key|token|secret|passw|credential", re.IGNORECASE)
SHORTEST_SECRET = 6  # what is shorter would blot out ordinary words
IN_AN_ADDRESS = re.compile(
    r"(://|[^\s/@:'\"]+:)[^/\s@]+(?=@)"
    r"|([?&][\w-]*(?:key|token|secret|passw)[\w-]*=)[^&\s]+"
    r"|(\b(?:bearer|token) )\S+",
    re.IGNORECASE,
)


class StoreLog(RotatingFileHandler):
    """A file in the store, as soon as the store stands; what was said before waits."""

    def __init__(self, root: Path) -> None:
        path, odd = root / "logs" / "msa.jsonl", "backslashreplace"  # a path may hold what is no UTF-8
        super().__init__(path, maxBytes=N_BYTES, backupCount=N_OLD, encoding="utf-8", errors=odd, delay=True)
        self._facts = root / "facts"
        self._waiting: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Write it, and what waited for the store."""
        self._waiting.append(record)
        if not self._facts.is_dir():
            return
        try:
            Path(self.baseFilename).parent.mkdir(exist_ok=True)
        except OSError:
            return
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            super().emit(each)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 (the library's name)
        """A disk that is full or read-only loses a line, not the work."""


class _Commits(logging.Handler):
    """Gathers the runs that are committed meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.run_ids: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep its id."""
        if hasattr(record, "run_id"):
            self.run_ids.append(str(record.run_id))


@contextmanager
def logged(verb: str, arguments: Mapping[str, Any], *, store: Path | None) -> Iterator[None]:
    """Log what happens in the block; every error goes on its way."""
    handler = _handler(store)
    if handler is None:
        yield
        return
    with _attached(handler) as run_ids:
        begun = time.monotonic()
        _say(logging.INFO, "started", verb, arguments=without_secrets(dict(arguments)))
        ended: tuple[int, str, int] = (logging.INFO, "finished", 0)
        error: BaseException | None = None
        try:
            yield
        except BaseException as caught:
            error, ended = caught, _end_of(caught)
            raise
        finally:
            level, what, code = ended
            words = {} if what == "finished" else {"error": without_secrets(f"{type(error).__name__}: {error}")}
            elapsed_s = round(time.monotonic() - begun, 3)
            _say(level, what, verb, run_ids=run_ids, elapsed_s=elapsed_s, exit_code=code, **words)


def without_secrets(value: Any) -> Any:
    """The same without what the environment or a name marks as secret; long texts are cut."""
    if isinstance(value, Mapping):
        return {name: HIDDEN if _is_secret(name, each) else without_secrets(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [without_secrets(each) for each in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = IN_AN_ADDRESS.sub(lambda found: f"{found[1] or found[2] or found[3]}{HIDDEN}", text)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _handler(store: Path | None) -> logging.Handler | None:
    wanted = os.environ.get("MSA_LOG", "").strip().lower()
    if wanted == "off" or (store is None and wanted != "stderr"):
        return None
    handler = logging.StreamHandler() if wanted == "stderr" or store is None else StoreLog(store.absolute())
    level = logging.getLevelNamesMapping().get(os.environ.get("MSA_LOG_LEVEL", "").strip().upper(), logging.INFO)
    handler.setLevel(level)
    who = {"pid": os.getpid(), "host": platform.node(), "code_version": code_version()}
    handler.setFormatter(
        JsonFormatter(
            "%(levelname)s %(message)s",
            rename_fields={"message": "event", "levelname": "level"},
            static_fields=who,
            timestamp="at",
            json_ensure_ascii=False,
        )
    )
    return handler


@contextmanager
def _attached(handler: logging.Handler) -> Iterator[list[str]]:
    """Yields the list to which every run that is committed meanwhile adds its id."""
    commits = _Commits()
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    for each in (handler, commits):
        LOGGER.addHandler(each)
    try:
        yield commits.run_ids
    finally:
        for each in (handler, commits):
            LOGGER.removeHandler(each)
        with suppress(OSError):
            handler.close()


def _say(level: int, event: str, verb: str, **words: Any) -> None:
    LOGGER.log(level, event, extra={"verb": verb, **words})


def _end_of(error: BaseException) -> tuple[int, str, int]:
    """Level, word and exit code; an audit that found something has finished, with 1."""
    from flows.cli import mistake

    if isinstance(error, KeyboardInterrupt | typer.Abort):
        return logging.WARNING, "stopped", 130
    code = error.code if isinstance(error, SystemExit) else getattr(error, "exit_code", None)
    if code in (None, 0, 1) and isinstance(error, SystemExit | typer.Exit):
        return logging.INFO, "finished", int(code or 0)
    return logging.ERROR, "failed", code if isinstance(code, int) else 2 if mistake(error) is not None else 1


def _secrets() -> set[str]:
    """What the environment holds under a name that says so."""
    named = {value.strip() for name, value in os.environ.items() if SECRET_NAME.search(name)}
    return {value for value in named if len(value) >= SHORTEST_SECRET}


def _is_secret(name: str, value: Any) -> bool:
    return isinstance(value, str) and bool(SECRET_NAME.search(name))
