"""The loop by its schedule with real parts: an inbox, `msa serve`, Prefect, a Label Studio, reviewers who click."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.deployments import DUTIES
from flows.review_simulate import Persona, simulate, truth_of
from flows.reviewing import server_folder
from flows.sample_dump import sample_dump
from labelstudio.server import running
from tests.asking import champion, rows
from tests.flows.scheduling import broken, until
from tests.flows.served_house import House, Served
from warehouse import Store

N_POSTS, N_TEST, N_VAL = 80, 36, 8
SOON = {"folds": 2, "epochs": 2}
BY_HAND = tuple(word for duty in DUTIES if duty.name != "retrain" for word in ("--cron", f"{duty.name}=off"))
DESCRIBED = """format = "table"
source = "drawn"
task = "sentiment"
[columns]
split = "part"
"""
TURNED = {"positive": "negative", "negative": "positive", "neutral": "positive"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A new store, and a table in its inbox: every fourth post that is to train has a wrong label. Nothing but the
    finished round starts a flow by itself, so that the test knows what comes when.
    """
    made = House(tmp_path_factory.mktemp("schedule"), BY_HAND)
    sample_dump(made.inbox.path / "posts", posts=N_POSTS, seed=7)
    Store.init(made.store)
    with (made.inbox.path / "posts.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("id", "text", "image", "label", "part"), *table(made.inbox.path / "posts")])
    (made.inbox.path / "posts.toml").write_text(DESCRIBED, encoding="utf-8")
    return made


def table(dump: Path) -> Iterator[tuple[str, str, str, str, str]]:
    with (dump / "truth.csv").open(encoding="utf-8", newline="") as file:
        posts = [row for row in csv.DictReader(file) if row["both"] and not row["broken"]]
    for n, row in enumerate(posts):
        part = "test" if n < N_TEST else "val" if n < N_TEST + N_VAL else "train"
        label = TURNED[row["both"]] if part == "train" and n % 4 == 0 else row["both"]
        text = (dump / "data" / f"{row['id']}.txt").read_bytes().decode(row["encoding"] or "ascii")
        yield row["id"], text, f"posts/data/{row['id']}.jpg", label, part


@pytest.mark.prefect
@pytest.mark.labelstudio
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_dump_in_the_inbox_becomes_labels_and_a_challenger_that_the_gate_judges(house: House):
    with running(server_folder(Store.open(house.store))), house.served() as served:
        done(served, "ingest", "drawn: ")
        done(served, "score", "posts placed")
        done(served, "retrain", "first", **SOON)
        done(served, "curate", "posts pushed")
        for reviewer in ("one", "two", "three"):  # who is not sure asks one more
            if click(house, reviewer):
                done(served, "pull", "new, 0 corrected")
        run = until(lambda: started_by_event(served), within_s=120, what="the finished round started a retraining")
        assert run["state"]["type"] == "COMPLETED", run["state"]["message"]
    store = Store.open(house.store)
    reviewed = {row["post_id"]: row["label"] for row in rows(store, "from labels where label_origin = 'review'")}
    assert len(reviewed) > 20
    assert reviewed.items() <= truth(house).items()
    first, judged = rows(store, "from promotions order by decided_at")
    assert (first["decided_by"], first["verdict"], judged["decided_by"]) == ("first", "promoted", "gate")
    assert champion(store) == (judged if judged["verdict"] == "promoted" else first)["model_id"]
    assert len(rows(store, "from test_reads")) == 1
    assert broken(house.store) == []


def done(served: Served, flow: str, said: str, **parameters: int) -> None:
    """A run of the flow does what it says."""
    message = served.ended(served.api.start(flow, **parameters), "COMPLETED")
    assert said in message, message


def click(house: House, reviewer: str) -> int:
    """Somebody who knows the truth answers all that is open; how much that was."""
    return simulate(Store.open(house.store), truth=truth(house), persona=Persona(reviewer, 0.0, 8.0, 7))


def truth(house: House) -> dict[str, str]:
    return truth_of(house.inbox.path / "posts" / "truth.csv", source="drawn")


def started_by_event(served: Served) -> dict[str, Any] | None:
    """The first retraining that nobody asked for, once it has ended."""
    runs = served.api.runs("retrain", "COMPLETED", "FAILED", "CRASHED", "CANCELLED")
    return next((run for run in runs if run["created_by"] and run["created_by"]["type"] == "AUTOMATION"), None)
