"""How Prefect runs for a store: an ephemeral server at home in the store's cache, or the reader's own server."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

QUIET = {
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "DO_NOT_TRACK": "1",
}
EPHEMERAL = {
    "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "true",
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "120",
    "PREFECT_LOGGING_LEVEL": "CRITICAL",  # errors reach the reader as one line; what was done is said by the stages
}


def settle(cache: Path) -> None:
    """Sets what is not set yet; must come before Prefect is first imported. Who has a Prefect of their own keeps it."""
    wanted = dict(QUIET)
    has_server = bool(os.environ.get("PREFECT_API_URL"))
    has_home = bool(os.environ.get("PREFECT_PROFILE")) or (has_server and (Path.home() / ".prefect").exists())
    if not has_home:
        wanted["PREFECT_HOME"] = str(cache / "prefect")
        wanted |= {} if has_server else EPHEMERAL
    for name, value in wanted.items():
        os.environ.setdefault(name, value)


@contextmanager
def without_heartbeat() -> Iterator[None]:
    """A heartbeat's thread costs each flow run a second at its end, and here nobody listens to it."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
