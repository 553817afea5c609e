"""`msa serve` as a process: what it deploys, what sets it off, what survives a kill, and that nothing outlives it."""

import os
import signal
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from urllib.request import urlopen

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.automations import ROUND_FINISHED
from flows.deployments import DUTIES, Duty
from flows.serving import DIED, STOPPED, skip_late
from msa_core.records import Annotation, ReviewTask
from tests.flows.filled_store import filled
from tests.flows.scheduling import broken, posts_by_source, until
from tests.flows.served_house import SERVE, House, Served
from warehouse import Store
from warehouse.leases import held

TITLE = "msa-sentiment"
ASKED = {"at_least": 500, "share": 1, "test_read_budget": 60, "opinion": "ask", "overlap": 2, "review_batch": 9}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    words = [word for name, value in ASKED.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    made = House(tmp_path_factory.mktemp("serve"), tuple(words))
    (made.folder / "inbox").mkdir()
    filled(made.store)
    for seed, name in enumerate(("one", "two")):
        made.inbox.dump(name, seed=seed)
    return made


def in_the_middle(house: House, served: Served, name: str) -> tuple[str, int]:
    """A run of ingest, and the pipe that it waits for."""
    run_id = served.api.start("ingest")
    return run_id, until(lambda: house.inbox.reader_of(name), within_s=90, what=f"ingest is in dump {name}")


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_is_killed_is_made_good_and_nothing_outlives_msa_serve(house: House):
    with house.served() as served:
        everything_is_deployed(served)
        a_second_one_is_refused(house)
        killed_server(house, served)
        killed_run = killed_with_a_flow_in_the_middle(house, served)
    house.inbox.describe("two")
    with house.served() as served:
        served.ended(killed_run, "CRASHED", "CANCELLED")
        # the runner lives a moment longer, and ends the run itself where the server does, too
        assert served.api.state(killed_run) in {("CRASHED", DIED), ("CANCELLED", STOPPED)}
        served.ended(served.api.start("ingest"), "COMPLETED")
        assert posts_by_source(house.store) == {"hand": 60, "one": 20, "two": 20}
        assert broken(house.store) == []
        a_finished_round_starts_a_retraining(house, served)
        late_runs_are_skipped(house, served)
        served.process.send_signal(signal.SIGTERM)
        served.process.wait(timeout=90)
        assert (house.folder / "serve.out").read_text().endswith("stopped\n")
    assert house.pids() == []
    assert held(Store.open(house.store).places) == []


def everything_is_deployed(served: Served) -> None:
    deployments = served.api.post("deployments/filter")
    assert len({each["flow_id"] for each in deployments}) == len(DUTIES)
    given = {name: value for each in deployments for name, value in each["parameters"].items()}
    assert {name: given[name] for name in ASKED} == ASKED
    assert "msa_posts" in urlopen(served.metrics, timeout=60).read().decode()


def a_second_one_is_refused(house: House) -> None:
    again = subprocess.run(house.words("serve", *SERVE), capture_output=True, text=True, timeout=120, check=False)
    assert again.returncode == 2
    assert "Another process works on 'serve'" in again.stderr


def killed_with_a_flow_in_the_middle(house: House, served: Served) -> str:
    """SIGKILL to msa serve: its server, its runner and its flow end with it. The flow run that was cut off."""
    house.inbox.hold_up("two")
    run_id, reader = in_the_middle(house, served, "two")
    served.process.send_signal(signal.SIGKILL)
    served.process.wait()
    until(lambda: not house.pids(), within_s=60, what="server, runner and flow end with msa serve")
    os.close(reader)
    return run_id


def killed_server(house: House, served: Served) -> None:
    """SIGKILL to the Prefect server in the middle of a flow: it is started again, and the flow ends its work."""
    house.inbox.hold_up("one")
    run_id, reader = in_the_middle(house, served, "one")
    (server,) = [pid for pid in house.pids() if b"server\0start" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(server, signal.SIGKILL)
    until(lambda: "is started again" in (house.folder / "serve.out").read_text(), within_s=30, what="a new server")
    house.inbox.let_go("one", reader)
    until(lambda: posts_by_source(house.store).get("one") == 20, within_s=60, what="the dump is in the store")
    until(lambda: answers(served), within_s=90, what="the server answers again")
    assert "one: 20 posts" in served.ended(run_id, "COMPLETED")


def answers(served: Served) -> bool:
    try:
        return bool(served.api.post("deployments/filter"))
    except OSError:
        return False


def a_finished_round_starts_a_retraining(house: House, served: Served) -> None:
    """Nobody runs a Label Studio here: what reviewers said earlier is in the store, and the round is told once."""
    judged(Store.open(house.store))
    for _ in range(2):
        assert "nobody to ask" in served.ended(served.api.start("pull"), "COMPLETED")
    (run,) = until(
        lambda: served.api.runs("retrain", "COMPLETED", "FAILED"), within_s=180, what="the event started a retraining"
    )
    assert run["created_by"]["type"] == "AUTOMATION"
    tasks = served.api.post("task_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
    assert {each["name"].rpartition("-")[0] for each in tasks} == {"split", "drift", "retrain"}
    told = served.api.post("events/filter", {"filter": {"event": {"name": [ROUND_FINISHED]}}})
    assert [event["payload"] for event in told["events"]] == [{"project": TITLE, "round": "0001", "n_posts": 2}]


def judged(store: Store) -> None:
    """A round of two posts, each judged by one person."""
    now, posts = datetime.now(UTC), ("hand:00", "hand:03")
    about = {"project": TITLE, "task": "sentiment", "round": "0001", "cursor": None, "n_unmatched": 0}
    pushed = store.begin("review-push", parameters=about, inputs=[], version=1)
    pulled = store.begin("review-pull", parameters=about, inputs=[], version=1)
    assert pushed
    assert pulled
    with pushed:
        rest = (None, None, None, now)
        pushed.write(
            "review_tasks",
            [ReviewTask(post, TITLE, "0001", n, ("margin",), 1.0, 1, *rest) for n, post in enumerate(posts)],
        )
    with pulled:
        said = ("label-studio:1", "both", "negative", None, "given", None, "label-studio", None, 3.0, now, TITLE)
        pulled.write(
            "annotations", [Annotation(f"annotation-both-{n}", post, *said, n, n, None) for n, post in enumerate(posts)]
        )


def late_runs_are_skipped(house: House, served: Served) -> None:
    """As after a weekend: what was due while nobody served is ended at once, and costs no process."""
    (pull,) = [duty for duty in DUTIES if duty.name == "pull"]
    hasty = Duty(pull.name, pull.cron, -1e9, pull.tags, pull.description)
    (name,) = {each["name"] for each in served.api.post("deployments/filter")}
    with temporary_settings({PREFECT_API_URL: served.api.url}):
        assert skip_late((hasty,), name) > 0
    assert {run["state"]["name"] for run in served.api.runs("pull", "CANCELLED")} == {"Skipped"}
