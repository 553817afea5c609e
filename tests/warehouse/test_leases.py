"""Leases: over with their process, whoever has its number now; kept by a living one, however long it works."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from warehouse import LeaseHeld, Places, Store, lease, leases
from warehouse.leases import held

MINUTES = 60.0


@pytest.fixture
def places(store: Store) -> Places:
    return store.places


def claimed(places: Places, *, renewed_ago_s: float = 0.0, **changed: object) -> Path:
    """The lease `push` of this very process, but for what is said to be otherwise."""
    (places.leases / "push.json").unlink(missing_ok=True)
    with lease(places, "push"):
        claim = json.loads((places.leases / "push.json").read_text())
    path = places.leases / "push.json"
    path.write_text(json.dumps(claim | changed))
    at = time.time() - renewed_ago_s
    os.utime(path, (at, at))
    return path


def is_free(places: Places) -> bool:
    said = held(places)
    try:
        with lease(places, "push"):
            assert said == [], "whoever lists leases sees the same"
            return True
    except LeaseHeld:
        assert said == ["push"]
        return False


def test_a_lease_of_a_killed_process_is_over_at_once(places: Places):
    program = (
        "import os, sys; from pathlib import Path; from warehouse import Places; from warehouse.leases import lease\n"
        "with lease(Places(Path(sys.argv[1])), 'push'): os.kill(os.getpid(), 9)"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(places.root)]) as process:
        while not (places.leases / "push.json").exists() and process.poll() is None:
            time.sleep(0.01)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # killed, and not buried yet
        assert is_free(places)
    assert list(places.leases.glob("push*")) == []


def test_a_number_that_another_process_has_now_holds_nothing(places: Places):
    claimed(places, started="1")
    assert is_free(places), "this process' own number, as of process 1 in a container"
    claimed(places, started="1", pid=1)
    assert is_free(places), "a process that runs, and that began at another time"
    claimed(places)
    assert not is_free(places)


@pytest.mark.parametrize("elsewhere", [{"host": "far"}, {"where": "before the machine was started again"}])
def test_what_cannot_be_looked_for_lasts_as_long_as_it_is_renewed(places: Places, elsewhere: dict[str, object]):
    claimed(places, **elsewhere, pid=1, renewed_ago_s=4 * MINUTES)
    assert not is_free(places)
    claimed(places, **elsewhere, pid=1, renewed_ago_s=6 * MINUTES)
    assert is_free(places)


def test_a_lease_of_an_older_version_lasts_no_longer(places: Places):
    older = {"host": "far", "pid": "1", "expires_at": "2999-01-01T00:00:00+00:00"}
    path = claimed(places, renewed_ago_s=6 * MINUTES)
    os.utime(path, (path.write_text(json.dumps(older)), 0))
    assert is_free(places)


def test_long_work_keeps_its_lease(places: Places, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(leases, "RENEWED_EVERY_S", 0.01)
    path = places.leases / "push.json"
    with lease(places, "push"):
        os.utime(path, (0, 0))
        while path.stat().st_mtime == 0:
            time.sleep(0.01)
    assert not path.exists()


def test_one_that_was_taken_over_is_neither_renewed_nor_given_up(places: Places, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(leases, "RENEWED_EVERY_S", 0.01)
    path = places.leases / "push.json"
    with lease(places, "push"):
        path.write_text(json.dumps(json.loads(path.read_text()) | {"host": "far", "token": "an heir's"}))
        os.utime(path, (1, 1))
        time.sleep(0.1)
    assert path.stat().st_mtime == 1


RACE = """
import sys, time
from pathlib import Path
from warehouse import LeaseHeld, Places, lease
print("ready", flush=True)
for line in sys.stdin:
    try:
        with lease(Places(Path(sys.argv[1])), "push"):
            print("won", flush=True)
            sys.stdin.readline()
    except LeaseHeld:
        print("lost", flush=True)
        sys.stdin.readline()
    print("over", flush=True)
"""


def test_of_many_heirs_of_a_dead_process_exactly_one_wins(places: Places):
    command = [sys.executable, "-c", RACE, str(places.root)]
    heirs = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]

    def told(say: str | None) -> list[str]:
        for heir in heirs if say else ():
            assert heir.stdin is not None
            heir.stdin.write(say or "")
            heir.stdin.flush()
        return [heir.stdout.readline().strip() for heir in heirs if heir.stdout]

    assert told(None) == ["ready"] * 4
    for _ in range(40):
        claimed(places, started="1")
        assert sorted(told("go\n")) == ["lost", "lost", "lost", "won"]
        assert told("end\n") == ["over"] * 4
    for heir in heirs:
        heir.communicate()
