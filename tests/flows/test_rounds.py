"""Rounds of the loop in a store filled by hand: work counts for the model that it led to."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.report import report
from msa_core.records import Annotation, Caption, Evaluation, Model, Promotion, ReviewTask, SnapshotRow
from tests.flows.filled_store import LABELS, filled
from warehouse import Store, declarations

OURS = ("loop_stretches", "loop_work", "loop_rounds", "queue_health")
NOW = datetime(2026, 5, 1, tzinfo=UTC)
A_ROW = SnapshotRow("snapshot-1", "", "sentiment", "neutral", None, 1.0, "train", None, None, "literature", "dump")


def commit(store: Store, verb: str, parameters: dict[str, Any] | None = None, **tables: list[object]) -> None:
    run = store.begin(verb, parameters=parameters or {}, inputs=[verb, *tables, *map(str, tables.values())], version=1)
    assert run is not None
    with run:
        for table, rows in tables.items():
            run.write(table, rows)


def post(n: int) -> str:
    return f"hand:{n:02}"


def train(store: Store, number: int, labels: dict[int, str]) -> None:
    """A model, its snapshot of these labels, and its figure."""
    name, snapshot = f"clara-{number}", f"snapshot-{number}"
    model = Model(name, "clara", "sentiment", LABELS, "{}", None, snapshot, 10, 5, "{}", "ab" * 32, 1.0)
    rows = [replace(A_ROW, snapshot_id=snapshot, post_id=post(n), label=label) for n, label in labels.items()]
    commit(store, "train", {"number": number}, models=[model], snapshots=rows)
    figure = Evaluation(name, "val", "weighted_f1", None, 0.5 + number / 100, 0.4, 0.7, 12)
    commit(store, "evaluate", {"number": number}, evaluations=[figure])


def answer(n: int, label: str, seconds: float) -> Annotation:
    shown = (None, seconds, NOW, "msa", n, n, None)
    name = f"annotation-review-{n}"
    return Annotation(name, post(n), "anna", "both", label, None, "given", None, "label-studio", *shown)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Round 1 ends with the hand-made model, round 2 with clara-2 (refused), round 3 with clara-3 (promoted)."""
    store = filled(tmp_path_factory.mktemp("rounds") / "store")
    commit(store, "review-pull", {"n": 1}, annotations=[answer(3, "positive", 60.0), answer(4, "neutral", 30.0)])
    caption = Caption(
        "caption-1", f"{3:064x}", "cot", "vlm", None, None, "{}", 0.0, 0, "A house.", "ok", None, 1, 1, 0.25, 0.1
    )
    commit(store, "caption", captions=[caption])
    train(store, 2, {3: "negative", 4: "neutral"})
    commit(store, "gate", promotions=[gated("clara-2", "refused", "gate", 1)])
    commit(store, "review-pull", {"n": 2}, annotations=[answer(6, "negative", 90.0)])
    train(store, 3, {3: "positive", 4: "neutral", 6: "negative"})
    commit(store, "gate", promotions=[gated("clara-3", "promoted", "override", 2)])
    commit(store, "rollback", promotions=[gated("clara-2", "promoted", "rollback", 3)])
    pushed = [ReviewTask(post(n), "msa", "0001", n, ("entropy",), 0.5, 1, None, None, 1.0, NOW) for n in (3, 9)]
    commit(store, "review-push", {"project": "msa", "task": "sentiment"}, review_tasks=pushed)
    return store


def gated(model_id: str, verdict: str, decided_by: str, day: int) -> Promotion:
    at = NOW.replace(day=day)
    return Promotion(model_id, at, "clara-hand", verdict, decided_by, f"because of {day}", "{}", 1, None, None)


def test_work_counts_for_the_model_that_it_led_to(store: Store):
    with store.moment() as moment:
        rounds = moment.table("from loop_rounds order by n").to_pylist()
    assert [(row["n"], row["model_id"]) for row in rounds] == [(1, "clara-hand"), (2, "clara-2"), (3, "clara-3")]
    assert [row["n_reviewed"] for row in rounds] == [0, 2, 1]
    assert [row["minutes_spent"] for row in rounds] == [0, 1.5, 1.5]
    assert [row["cost_usd"] for row in rounds] == [None, 0.25, None]


def test_a_round_names_its_figure_and_the_word_of_its_gate_not_a_later_rollback(store: Store):
    with store.moment() as moment:
        rounds = moment.table("select weighted_f1, verdict, why from loop_rounds order by n").to_pylist()
    assert [row["weighted_f1"] for row in rounds] == [0.63, 0.52, 0.53]
    assert [row["verdict"] for row in rounds] == [None, "refused", "promoted"]
    assert rounds[1]["why"] == "because of 1"


def test_labels_are_counted_against_the_snapshot_before(store: Store):
    with store.moment() as moment:
        rounds = moment.table("select n_labels, n_labels_new, n_labels_changed from loop_rounds order by n").to_pylist()
    assert [tuple(row.values()) for row in rounds] == [(12, 12, 0), (2, 2, 0), (3, 1, 1)]


def test_the_queue_says_what_waits_and_since_when(store: Store):
    with store.moment() as moment:
        (health,) = moment.table("from queue_health").to_pylist()
    assert (health["n_open"], health["oldest_open_at"], health["share_settled"]) == (1, NOW, 0.5)
    assert health["oldest_open_days"] > 0
    assert health["seconds_a_label"] == 60


def test_the_promises_of_these_views_hold(store: Store):
    with store.moment() as moment:
        for view in (declarations.views()[name] for name in OURS):
            promised = " and ".join(f"coalesce(({promise}), false)" for promise in view.audits)
            assert moment.value(f"select count(*) from {view.name} where not ({promised})") == 0


def test_the_report_shows_them_from_the_second_round_on(store: Store, tmp_path: Path):
    page = report(store, output=tmp_path / "rounds.html").path.read_text(encoding="utf-8")
    assert "Progress over rounds" in page
    assert "3 rounds, each ends with a trained model" in page
