"""A Prefect server of the store's own, on 127.0.0.1: its home is `<store>/prefect`, its address stands there."""

import json
import os
import socket
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from flows.attended import Attended, attended
from flows.prefect_settings import QUIET
from flows.servers import ask
from msa_core.errors import MsaError
from warehouse import Places

LOOPBACK = ("127.0.0.1", "localhost", "::1")
HEALTHY_WITHIN_S = 180.0
ADDRESS = "address.json"
HISTORY_S = 90 * 24 * 3600
YIELDING = QUIET | {  # what the environment says otherwise holds
    # some 150 runs a day: runs go after 90 days, with their logs and artifacts; events after Prefect's own week
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(HISTORY_S),
}
OURS = YIELDING | {
    # slots of concurrency outlive a killed server, so that they end with their lease and not never
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_CLIENT_MAX_RETRIES": "8",  # a flow waits some minutes for a server that is started again
}


@dataclass(frozen=True, slots=True)
class Address:
    """`api` is what PREFECT_API_URL wants, `ui` what a person opens."""

    ui: str
    pid: int = 0

    @property
    def api(self) -> str:
        """The address of the API."""
        return f"{self.ui}/api"


def home_of(places: Places) -> Path:
    """Where the server keeps its database; it is history, not a cache."""
    return places.root / "prefect"


def surroundings(places: Places, *, api: str | None) -> dict[str, str]:
    """The environment of the server (`api` None) and of the flows that report to it."""
    wanted = OURS | {"PREFECT_HOME": str(home_of(places))} | ({"PREFECT_API_URL": api} if api else {})
    kept = {name: value for name, value in os.environ.items() if name != "PREFECT_API_URL"}
    return kept | {name: kept.get(name, value) if name in YIELDING else value for name, value in wanted.items()}


def start(places: Places, *, host: str, port: int) -> tuple[Attended, Address]:
    """Returns once it answers. Raises MsaError where the port is taken, or where it does not come up."""
    _refuse_open_door(host)
    address = Address(f"http://{_bracketed(host)}:{_free(host, port)}")
    words = ["prefect", "server", "start", "--host", host, "--port", address.ui.rpartition(":")[2]]
    environment = surroundings(places, api=None) | {"PREFECT_SERVER_UI_API_URL": address.api}
    child = attended(words, environment=environment, log=home_of(places) / "server.log")
    try:
        _wait(child, address)
    except BaseException:
        child.stop()
        raise
    found = Address(address.ui, child.process.pid)
    (home_of(places) / ADDRESS).write_text(json.dumps(asdict(found)), encoding="utf-8")
    return child, found


def forget(places: Places) -> None:
    """It was stopped."""
    (home_of(places) / ADDRESS).unlink(missing_ok=True)


def known(places: Places, environment: Mapping[str, str] = os.environ) -> Address | None:
    """The server of PREFECT_API_URL, else the store's own; None where none answers."""
    url = environment.get("PREFECT_API_URL", "").rstrip("/")
    found = Address(url.removesuffix("/api")) if url else _kept(home_of(places) / ADDRESS)
    return found if found is not None and ask(f"{found.api}/health", timeout_s=3).is_well else None


def _kept(path: Path) -> Address | None:
    try:
        return Address(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _refuse_open_door(host: str) -> None:
    """Prefect asks nobody who they are, unless it is told to."""
    if host not in LOOPBACK and not os.environ.get("PREFECT_SERVER_API_AUTH_STRING"):
        raise MsaError(
            f"--host {host} would open the server to others without a password. Set PREFECT_SERVER_API_AUTH_STRING "
            "(user:password) first, or leave it on 127.0.0.1."
        )


def _bracketed(host: str) -> str:
    """As an address holds it: the colons of IPv6 are no port's."""
    return f"[{host}]" if ":" in host else host


def _free(host: str, port: int) -> int:
    """Raises MsaError where the port is taken; 0 is any free one."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
        except OSError as error:
            raise MsaError(f"Port {port} of {host} cannot be used ({error.strerror}). Choose another: --port") from None
        return int(trial.getsockname()[1])


def _wait(child: Attended, address: Address) -> None:
    began = time.monotonic()
    while not ask(f"{address.api}/health", timeout_s=3).is_well:
        took = time.monotonic() - began
        if not child.is_alive or took > HEALTHY_WITHIN_S:
            raise MsaError(f"Prefect did not come up within {took:.0f} s. The end of {child.log}: {child.last_words()}")
        time.sleep(0.2)
