"""Where Label Studio is installed: a virtual environment of its own, since it wants an older openai than the rest,
and a migrated data folder to copy, since migrations take half a minute. Made once, shared by all stores.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from labelstudio.errors import ReviewError

CONSTRAINTS = Path(__file__).with_name("server-constraints.txt")
QUIET = {
    "COLLECT_ANALYTICS": "false",
    "SENTRY_DSN": "",
    "FRONTEND_SENTRY_DSN": "",
    "LATEST_VERSION_CHECK": "false",
    "LOG_LEVEL": "WARNING",
    "DEBUG": "false",
    "HOST": "",
}
NOT_FROM_HERE = ("LABEL_STUDIO_", "HEARTEX_", "DJANGO_", "PYTHONPATH", "PYTHONHOME", "DATABASE_", "POSTGRE_")

Told = Callable[[str], None]


def silent(step: str) -> None:
    """Where nobody wants to hear of the steps."""


def home_folder() -> Path:
    """MSA_LABELSTUDIO_HOME, else beside our own packages."""
    named = os.environ.get("MSA_LABELSTUDIO_HOME")
    return Path(named).resolve() if named else Path(sys.prefix) / "labelstudio"


def set_up(home: Path, on_step: Told = silent) -> None:
    """Nothing to do where it stands; else one process makes it and the others wait. What a killed one left is made
    again. Raises ReviewError where the folder cannot be written or pip cannot fetch.
    """
    if _is_ready(home):
        return
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _alone(home / "set-up.lock", on_step) as lock:
            if not _is_ready(home):
                _make(home, lock, on_step)
    except OSError as error:
        raise ReviewError(
            f"Cannot set Label Studio up in {home}: {error.strerror or error}. "
            "Name another folder with MSA_LABELSTUDIO_HOME."
        ) from error


def program(home: Path) -> Path:
    """Label Studio's own command."""
    return home / "venv" / "bin" / "label-studio"


def surroundings(data: Path, secret_key: str, settings: Mapping[str, str]) -> dict[str, str]:
    """Environment variables of a Label Studio that tells nobody anything; `settings` come without their prefix."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(NOT_FROM_HERE)}
    ours = {**QUIET, "BASE_DATA_DIR": str(data), **settings}
    return others | {f"LABEL_STUDIO_{name}": value for name, value in ours.items()} | {"SECRET_KEY": secret_key}


def _wanted() -> str:
    return hashlib.sha256(CONSTRAINTS.read_bytes()).hexdigest()


def _is_ready(home: Path) -> bool:
    try:
        return (home / "ready").read_text(encoding="utf-8") == _wanted()
    except OSError:
        return False


@contextmanager
def _alone(path: Path, on_step: Told) -> Iterator[int]:
    """The lock lasts as long as any process that inherited it: pip may outlive whoever started it."""
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            on_step("another process sets Label Studio up; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def _make(home: Path, lock: int, on_step: Told) -> None:
    venv, template = home / "venv", home / "template"
    (home / "ready").unlink(missing_ok=True)
    for leftover in (venv, template):
        shutil.rmtree(leftover, ignore_errors=True)
    on_step(f"installing Label Studio into {venv}, once: 1 GB, about a minute")
    _run([sys.executable, "-m", "venv", str(venv)], "make a virtual environment", lock)
    pip = [str(venv / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run([*pip, "--constraint", str(CONSTRAINTS), "label-studio"], "install label-studio with pip", lock)
    on_step("making its empty database, once: half a minute")
    template.mkdir()
    quietly = surroundings(template, "of the template alone", {})
    _run([str(program(home)), "init", "--quiet"], "make Label Studio's database", lock, quietly)
    done = home / "ready.new"
    done.write_text(_wanted(), encoding="utf-8")
    done.replace(home / "ready")


def _run(command: list[str], what: str, lock: int, environment: dict[str, str] | None = None) -> None:
    """Raises ReviewError with the last of what the command said."""
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, env=environment, pass_fds=[lock], stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        said = " ".join((done.stderr or done.stdout).split())[-400:]
        raise ReviewError(
            f"Could not {what} (exit {done.returncode}): {said}. Mend that (the network? the disk?), then run the "
            "same command again; or use a server that runs already: LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY"
        )
