"""What goes wrong on a schedule, on a real Prefect server of a store's own: it is told, it ends, it is done once."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.request import urlopen
from uuid import UUID

import pytest
from prefect import flow, task
from prefect.automations import Automation
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.events import Event, EventTrigger, RelatedResource, Resource
from prefect.events.actions import DoNothing
from prefect.events.clients import get_events_client
from prefect.events.schemas.automations import Posture
from prefect.events.worker import EventsWorker
from prefect.logging.handlers import APILogWorker
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Failed, Running, State, Suspended

from flows import automations, prefect_server
from flows.automations import ROUND_FINISHED, SILENT, TAG, watch_for_silent_runs
from flows.deployments import DUTIES, runner_deployment
from flows.prefect_settings import without_heartbeat
from flows.scheduled.ingest import ingest_flow
from flows.scheduled.pull import FINISHED, announce
from flows.scheduled.punctual import punctual
from flows.scheduled.report import report_flow
from flows.scheduled.told import Step, conclude, each
from flows.status import status
from tests.asking import rows
from tests.flows.filled_store import filled
from tests.flows.scheduling import Api, Inbox, has_ipv6, posts_by_source, until
from tests.flows.test_serve import TITLE, judged
from warehouse import Store, lease
from warehouse.leases import held

pytestmark = [pytest.mark.prefect, pytest.mark.slow, pytest.mark.timeout(300)]
SILENCE_S = 10  # the shortest that Prefect watches for
HELD_S = 30.0
DIES = """
import os, signal, sys
from flows import automations
from flows.scheduled.pull import announce

emit = automations.emit_round_finished
def emit_and_die(*told, **named):
    emit(*told, **named)
    os.kill(os.getpid(), signal.SIGKILL)

automations.emit_round_finished = emit_and_die
announce.fn(sys.argv[1], sys.argv[2], "0001", 2)
"""


@dataclass(frozen=True)
class Place:
    """A store with posts, a model and an inbox, and the server of its own."""

    store: Store
    inbox: Inbox
    api: Api

    @property
    def root(self) -> str:
        return str(self.store.places.root)

    def pages(self, key: str) -> list[str]:
        """The artifacts of this key, oldest first."""
        found = [one for one in self.api.post("artifacts/filter") if one["key"] == key]
        return [one["data"] for one in sorted(found, key=lambda one: one["created"])]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("faults")
    (folder / "inbox").mkdir()
    store = filled(folder / "store")
    child, address = prefect_server.start(store.places, host="::1" if has_ipv6() else "127.0.0.1", port=0)
    try:
        with temporary_settings({PREFECT_API_URL: address.api}), without_heartbeat():
            yield Place(store, Inbox(folder / "inbox"), Api(address.api))
            for said in (EventsWorker, APILogWorker):  # what this process still has to tell
                said.drain_all(timeout=10)
    finally:
        child.stop()


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
def test_an_address_of_ipv6_stands_in_brackets_and_answers(place: Place):
    assert place.api.url.startswith("http://[::1]:")
    assert place.api.post("flows/filter") is not None


def test_its_own_history_does_not_grow_without_end(place: Place):
    settings = json.load(urlopen(f"{place.api.url}/admin/settings", timeout=30))
    vacuum = settings["server"]["services"]["db_vacuum"]
    assert set(vacuum["enabled"]) == {"events", "flow_runs"}
    assert str(vacuum["retention_period"]) in {"P90D", "7776000.0", "7776000"}


def test_a_broken_dump_is_told_by_name_and_the_good_one_beside_it_is_taken(place: Place):
    place.inbox.dump("good", seed=3)
    place.inbox.describe("good")
    (place.inbox.path / "torn.toml").write_text("format = \n")
    (place.inbox.path / "gone.toml").write_text('format = "mvsa-single"\nsource = "gone"\npath = "nowhere"\n')
    ended = ingest_flow(place.root, inbox=str(place.inbox.path), return_state=True)
    assert ended.type.value == "FAILED"
    assert str(ended.message).startswith("2 of 3 steps failed: No dump at ")
    assert posts_by_source(place.store.places.root)["good"] == 20
    (page,) = place.pages("msa-ingest-failure")
    for words in ("# ingest failed", "torn.toml", "nowhere", "What was committed stands"):
        assert words in page
    steps = json.loads(place.pages("msa-ingest-steps")[-1])
    assert [step["of"] for step in steps if step["run"]] == ["good"]


@task(name="sleepy")
def sleepy(store: str) -> Step:
    until_s = time.monotonic() + HELD_S
    with lease(Store.open(Path(store)).places, "score"):
        while time.monotonic() < until_s:
            time.sleep(0.1)
    return Step("sleepy", "", (), "slept")


@punctual("endless", timeout_s=2)
def endless(store: str, *, late_after_s: float | None = None) -> State:
    return conclude("endless", each(sleepy, [(store,)]))


def test_a_flow_that_takes_too_long_is_ended_told_and_holds_nothing(place: Place):
    began = time.monotonic()
    ended = endless(place.root, return_state=True)
    assert ended.type.value == "FAILED"
    assert time.monotonic() - began < HELD_S
    assert held(place.store.places) == []
    assert "endless" in place.pages("msa-endless-failure")[0]


def test_the_page_is_written_at_any_stage(place: Place, tmp_path: Path):
    for stage in ("empty", "split"):
        store = filled(tmp_path / stage, stage).places.root
        ended = report_flow(str(store), output=str(tmp_path / "pages"), return_state=True)
        assert ended.type.value == "COMPLETED", ended.message
    assert {path.name for path in (tmp_path / "pages").glob("*.html")} == {"empty-store.html", "sentiment.html"}


def test_an_event_whose_commit_was_killed_is_told_again_and_counts_once(place: Place):
    judged(place.store)
    words = [sys.executable, "-c", DIES, place.root, TITLE]
    env = os.environ | {"PREFECT_API_URL": place.api.url, "PREFECT_HOME": str(place.inbox.path / "home")}
    assert subprocess.run(words, env=env, timeout=120, check=False).returncode == -signal.SIGKILL
    assert len(told_rounds(place)) == 1
    (waiting,) = rows(place.store, FINISHED)
    again = announce.fn(place.root, *waiting.values())
    assert again.run_ids
    assert rows(place.store, FINISHED) == []
    assert announce.fn(place.root, *waiting.values()).run_ids == ()
    assert len(told_rounds(place)) == 1


def told_rounds(place: Place) -> list[dict[str, Any]]:
    """Events of finished rounds, once the server shows any."""
    wanted = {"filter": {"event": {"name": [ROUND_FINISHED]}}}
    return until(lambda: place.api.post("events/filter", wanted)["events"], within_s=30, what="the event is kept")


def test_status_says_how_the_last_run_of_a_deployment_ended_and_when_the_next_comes(place: Place):
    (duty,) = [duty for duty in DUTIES if duty.name == "ingest"]
    given = {"store": place.root, "inbox": str(place.inbox.path)}
    deployment_id = runner_deployment(duty, name="here", given=given, store_id="b" * 32).apply()
    with get_client(sync_client=True) as client:
        run = client.create_flow_run_from_deployment(deployment_id)
        client.set_flow_run_state(run.id, Failed(message="a dump is broken"), force=True)

    def row() -> tuple[Any, ...] | None:
        (table,) = [table for table in status(place.store).tables if table.title == "deployments"]
        (found,) = [each for each in table.rows if each[0] == "ingest/here"]
        return found if found[4] is not None else None

    _, schedule, last_at, state, next_at, why = until(row, within_s=60, what="the next run is scheduled")
    assert (schedule, state, why) == ("0 * * * *", "Failed", "a dump is broken")
    assert last_at <= datetime.now(UTC) < next_at


@flow(name="beating")
def beating() -> None:
    """Never run: its runs are made by hand."""


def a_silent_run(client: SyncPrefectClient, *, tags: list[str], then: State[Any] | None = None) -> UUID:
    """A run that beat once; `then` it was put into this state, and beats no more."""
    run = client.create_flow_run(beating, tags=tags, state=Running())
    related = [
        RelatedResource({"prefect.resource.id": f"prefect.tag.{tag}", "prefect.resource.role": "tag"}) for tag in tags
    ]
    resource = Resource({"prefect.resource.id": f"prefect.flow-run.{run.id}"})
    beat(Event(event="prefect.flow-run.heartbeat", resource=resource, related=related))
    if then is not None:
        client.set_flow_run_state(run.id, then, force=True)
    return run.id


def beat(event: Event) -> None:
    async def send() -> None:
        async with get_events_client(checkpoint_every=1) as client:
            await client.emit(event)

    asyncio.run(send())


def test_only_a_silent_run_of_ours_is_called_crashed(place: Place, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(automations, "SILENT_AFTER_S", SILENCE_S)
    of_any_flow()
    for _ in range(2):
        watch_for_silent_runs()
    (one,) = [each for each in place.api.post("automations/filter") if each["name"] == SILENT]
    assert one["trigger"]["match_related"]["prefect.resource.id"] in (f"prefect.tag.{TAG}", [f"prefect.tag.{TAG}"])
    with get_client(sync_client=True) as client:
        ours = a_silent_run(client, tags=[TAG])
        others = a_silent_run(client, tags=["another"])
        paused = a_silent_run(client, tags=[TAG], then=Suspended(timeout_seconds=3600))
        until(lambda: place.api.state(str(ours))[0] == "CRASHED", within_s=90, what="the silent run is found dead")
        time.sleep(6)  # Prefect looks every five seconds
    assert "No heartbeat" in place.api.state(str(ours))[1]
    assert [place.api.state(str(run_id))[0] for run_id in (others, paused)] == ["RUNNING", "PAUSED"]


def of_any_flow() -> None:
    """What an older version made: it watches every flow of the server."""
    trigger = EventTrigger(
        expect={"a"}, match={"prefect.resource.id": ["prefect.flow-run.*"]}, posture=Posture.Reactive
    )
    Automation(name=SILENT, trigger=trigger, actions=[DoNothing()]).create()
