"""`msa gate` on models of known skill: verdicts, what is recorded, what is counted, and what is never done twice."""

import json
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest

from flows.cli import main
from flows.evaluate import evaluate
from flows.gate import gate
from flows.rollback import rollback
from msa_core.errors import GateError, MsaError
from msa_core.records import Cluster
from tests.asking import champion, rows
from tests.flows.judged_store import N_TEST, N_TRAIN, add_model, add_posts, judged_store, relabel
from tests.flows.killing import run as killed_run
from warehouse import LeaseHeld, Store, declarations, lease


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labelled posts, no model; to be copied."""
    return judged_store(tmp_path_factory.mktemp("judged") / "store").places.root


@pytest.fixture
def bare(empty: Path, tmp_path: Path) -> Store:
    """Labelled posts, no model."""
    return Store.open(copytree(empty, tmp_path / "store"))


@pytest.fixture
def store(bare: Store) -> Store:
    """A champion of skill 0.6 that was the first of its task."""
    add_model(bare, "old", 0.6)
    gate(bare)
    return bare


def test_the_first_model_is_put_in_place_without_a_reading(bare: Store):
    made, first = bare, add_model(bare, "old", 0.6)
    done = gate(made)
    assert (done.verdict, done.champion_id, done.standing_id, done.n_test_reads) == ("promoted", None, first, 0)
    assert "nothing is known of it on validation" in done.why
    (row,) = rows(made, "from promotions")
    assert (row["decided_by"], row["figures"], row["champion_id"]) == ("first", "{}", None)
    again = gate(made)
    assert (again.run_id, again.standing_id, again.n_test_reads) == (None, first, 0)
    assert rows(made, "from test_reads") == []


def test_a_better_challenger_is_promoted_with_its_figures(store: Store):
    better = add_model(store, "new", 0.8)
    done = gate(store)
    assert (done.model_id, done.champion_id, done.verdict) == (better, "clara-old", "promoted")
    assert champion(store) == better == done.standing_id
    (row,) = rows(store, "from promotion_figures where is_in_place")
    assert row["weighted_f1_low"] > 0
    assert row["n_gained"] > 0 == row["n_lost"]
    assert (row["n_posts"], row["n_test_reads"], row["why"]) == (N_TEST, 1, done.why)
    assert json.loads(done.figures)["mcnemar_p"] == row["mcnemar_p"] < 0.001
    labels = rows(store, "from promotion_labels order by label")
    assert [(each["label"], each["standing"]) for each in labels] == [
        ("negative", "held"), ("neutral", "held"), ("positive", "held"),
    ]  # fmt: skip
    assert sum(each["n_posts"] for each in labels) == N_TEST


def test_a_test_post_whose_twin_was_learned_does_not_judge(store: Store):
    add_model(store, "new", 0.8)
    twins = [f"hand:{n:04}" for n in (0, N_TRAIN, N_TRAIN + 1)]  # a train post and two of test
    run = store.begin("split", parameters={"found": "twins"}, inputs=["late"], version=1)
    assert run is not None
    with run:
        run.write("clusters", [Cluster(post_id, "cluster-twins", "text") for post_id in twins])
    done = gate(store)
    assert json.loads(done.figures)["n_posts"] == N_TEST - 2
    assert "; 2 more left out, since a near-duplicate of each was learned)" in done.why
    assert evaluate(store, split="test", model=done.model_id).n_posts == N_TEST - 2


def test_a_worse_challenger_is_refused_and_an_equal_one_is_not_promoted(store: Store):
    add_model(store, "worse", 0.4)
    assert gate(store).verdict == "refused"
    add_model(store, "alike", 0.605)
    assert gate(store).verdict == "undecided"
    assert champion(store) == "clara-old"
    assert [row["n_test_reads"] for row in rows(store, "from promotions order by decided_at")] == [0, 1, 2]


def test_the_same_gate_again_is_the_same_run_and_no_reading(store: Store):
    add_model(store, "new", 0.4)
    first, again = gate(store), gate(store)
    assert again.run_id is None is not first.run_id
    assert (again.verdict, again.why, again.figures) == (first.verdict, first.why, first.figures)
    assert (first.n_test_reads, again.n_test_reads) == (1, 1)
    assert len(rows(store, "from test_reads")) == 1


def test_labels_that_changed_in_the_test_make_it_another_reading(store: Store):
    add_model(store, "new", 0.4)
    gate(store)
    relabel(store, N_TRAIN + 1, "positive")
    assert gate(store).n_test_reads == 2


def test_gates_and_evaluations_on_test_share_one_budget(store: Store):
    add_model(store, "new", 0.4)
    evaluate(store, split="test", model="clara-old")
    done = gate(store, test_read_budget=4)
    assert done.n_test_reads == 2
    assert "read 2 times of 4" in done.warning
    with pytest.raises(GateError, match="were read 2 times, and 2 are allowed"):
        gate(store, margin=0.02, test_read_budget=2)
    assert gate(store, test_read_budget=2).run_id is None, "what was read before may be looked at again"
    assert gate(store, margin=0.02, test_read_budget=20).warning == ""


def test_a_gate_killed_at_any_write_decides_once(store: Store):
    add_model(store, "new", 0.8)
    for killed_at in (3, 7, 10):
        assert killed_run(["gate"], store.places.root, killed_at=killed_at) == -9
        assert len(rows(store, "from promotions where decided_by = 'gate'")) <= 1
    assert killed_run(["gate"], store.places.root) == 0
    (row,) = rows(store, "from promotions where decided_by = 'gate'")
    assert (row["verdict"], row["n_test_reads"]) == ("promoted", 1)
    assert champion(store) == "clara-new"


def test_one_process_decides_and_the_next_gate_meets_the_new_champion(store: Store):
    add_model(store, "good", 0.8)
    add_model(store, "fair", 0.7)
    with lease(store.places, "champion-sentiment"), pytest.raises(LeaseHeld, match="run the same command again"):
        gate(store, model="clara-good")
    gate(store, model="clara-good")
    late = gate(store, model="clara-fair")
    assert (late.champion_id, late.verdict, late.standing_id) == ("clara-good", "refused", "clara-good")


def test_a_model_that_was_rolled_back_does_not_return_by_the_same_gate(store: Store):
    add_model(store, "new", 0.8)
    gate(store)
    rollback(store, why="people complain")
    again = gate(store)
    assert (again.run_id, again.verdict, again.standing_id) == (None, "promoted", "clara-old")
    assert "clara-old was put back in place since" in again.why
    assert champion(store) == "clara-old"


def test_a_champion_may_be_named_to_be_sure(store: Store):
    add_model(store, "new", 0.8)
    with pytest.raises(GateError, match="clara-new is not the champion of sentiment: clara-old is"):
        gate(store, champion="clara-new")
    with pytest.raises(MsaError, match="No model 'clara-none'"):
        gate(store, model="clara-none")


def test_where_there_is_none_a_champion_may_be_named(bare: Store):
    add_model(bare, "one", 0.6)
    add_model(bare, "two", 0.8)
    done = gate(bare, champion="clara-one")
    assert (done.champion_id, done.verdict) == ("clara-one", "promoted")
    assert [row["decided_by"] for row in rows(bare, "from promotions order by decided_at")] == ["first", "gate"]


def test_too_few_test_posts_are_said_and_nothing_is_decided(store: Store):
    add_posts(store, "few", n_test=12)
    add_model(store, "new", 0.9, source="few", n_test=12)
    with pytest.raises(GateError, match=r"12 labelled test posts of few: a verdict wants 30 or more \(--fewest\)"):
        gate(store, source="few")
    with pytest.raises(GateError, match="0 labelled test posts of nowhere"):
        gate(store, source="nowhere")
    assert champion(store) == "clara-old"


def test_a_clock_that_is_slow_does_not_hide_a_promotion(store: Store, monkeypatch: pytest.MonkeyPatch):
    class Slow(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(2001, 1, 1, tzinfo=UTC)

    monkeypatch.setattr("warehouse.clock.datetime", Slow)
    add_model(store, "new", 0.8)
    gate(store)
    assert champion(store) == "clara-new"
    first, second = rows(store, "from promotions order by decided_at")
    assert second["decided_at"] > first["decided_at"]


def test_the_command_shows_figures_a_sentence_and_who_stands(store: Store, capsys: pytest.CaptureFixture[str]):
    add_model(store, "new", 0.8)
    with pytest.raises(SystemExit) as stopped:
        main(["gate", "--store", str(store.places.root)])
    out = capsys.readouterr().out
    assert not stopped.value.code
    assert "weighted_f1\t0." in out
    assert "F1 of neutral, held\t" in out
    assert "promoted: weighted F1 rose by" in out
    assert "clara-new is the champion; the test was read 1 time(s)" in out


def test_what_the_views_of_decisions_promise_holds_after_all_kinds_of_them(store: Store):
    add_model(store, "new", 0.8)
    gate(store)
    rollback(store)
    add_model(store, "worse", 0.4)
    gate(store)
    for view in ("promotions", "champions", "promotion_figures", "promotion_labels", "test_reads", "test_post_reads"):
        declared = {**declarations.facts(), **declarations.views()}[view]
        grain = ", ".join(declared.grain)
        assert rows(store, f"select {grain} from {view} group by all having count(*) > 1") == []
        for promise in declared.audits:
            assert rows(store, f"from {view} where not coalesce(({promise}), false)") == [], promise
