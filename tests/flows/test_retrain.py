"""`msa retrain` with real small models: when a challenger is made, from what, and that nothing is done twice."""

import json
from pathlib import Path
from shutil import copytree, rmtree

import pytest

from flows.challenger import Start, start_of
from flows.evaluate import evaluate
from flows.retrain import retrain
from flows.train import train
from msa_core.errors import GateError, MsaError
from msa_core.records import Annotation, Post, Split
from tests.asking import champion, rows
from tests.flows.filled_store import filled
from tests.flows.killing import run as killed_run
from tests.flows.test_train import QUICK
from warehouse import LeaseHeld, Store, lease

FEW = {"fewest": 10}
NOTHING = (None,) * 7


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A champion with two fold models, put in place by the first `msa retrain`; to be copied."""
    store = filled(tmp_path_factory.mktemp("retrained") / "store", "split")
    champion = train(store, folds=2, **QUICK).model_id
    first = retrain(store, **FEW)
    assert (first.model_id, first.gated and first.gated.verdict) == (champion, "promoted")
    return store.places.root


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Store:
    """A champion that has learned from every label."""
    return Store.open(copytree(made, tmp_path / "store"))


def relabel(store: Store, numbers: range, label: str) -> None:
    """Three annotators more say something else of these posts."""
    run = store.begin("ingest", parameters={"numbers": list(numbers), "label": label}, inputs=["again"], version=1)
    assert run is not None
    late = [(n, side, who) for n in numbers for side in ("text", "image") for who in "xyz"]
    rest = (label, None, "given", None, "dump", *NOTHING)
    rows = [Annotation(f"{n}-{side}-{who}-{label}", f"hand:{n:02}", who, side, *rest) for n, side, who in late]
    with run:
        run.write("annotations", rows)


def test_the_first_is_scored_evaluated_and_put_in_place_without_a_reading(store: Store):
    (row,) = rows(store, "from promotions")
    assert (row["decided_by"], row["n_test_reads"]) == ("first", 0)
    assert "the commonest label" in row["why"]
    assert rows(store, "from unscored_posts") == []


def test_where_little_changed_nothing_is_done_and_the_sentence_says_how_little(store: Store):
    done = retrain(store, **FEW)
    assert (done.model_id, done.gated) == (None, None)
    assert done.why.startswith(f"nothing to do: 0 labels changed since {champion(store)} learned")
    relabel(store, range(3, 4), "neutral")
    assert "1 labels changed" in retrain(store, share=0.5, **FEW).why
    assert len(rows(store, "from models")) == 1


def test_changed_labels_make_a_challenger_of_the_champions_kind_and_send_it_through_the_gate(store: Store):
    old = champion(store)
    relabel(store, range(3, 20, 5), "neutral")
    done = retrain(store, **FEW)
    assert done.gated is not None
    assert done.gated.verdict in ("promoted", "refused", "undecided")
    assert (done.gated.champion_id, done.gated.n_test_reads) == (old, 1)
    before, after = (rows(store, f"from models where model_id = '{name}'")[0] for name in (old, done.model_id))
    assert after["parent_model_id"] == old
    kept, made = json.loads(before["config"]), json.loads(after["config"])
    assert made == {**kept, "parent": old}
    assert after["snapshot_id"] != before["snapshot_id"]
    of_new = f"from predictions where model_id = '{done.model_id}'"
    assert len(rows(store, of_new)) == 60
    assert all(row["is_out_of_fold"] for row in rows(store, of_new))
    assert champion(store) == done.gated.standing_id
    (figures,) = rows(store, "from promotion_figures where decided_by = 'gate'")
    assert figures["n_posts"] == 10, "labelled ones of the test"
    assert figures["latency_ratio"] > 0, "both were timed"
    n_runs = len(rows(store, "from runs"))
    again = retrain(store, **FEW)
    assert again.model_id is None
    assert again.why.startswith("nothing to do: ")
    assert len(rows(store, "from runs")) == n_runs, "no run, no model, no reading"


def test_killed_anywhere_the_same_command_finishes_and_decides_once(store: Store):
    relabel(store, range(3, 20, 5), "neutral")
    words = ["retrain", "--fewest", "10"]
    ends = [killed_run(words, store.places.root, killed_at=30) for _ in range(3)]
    assert ends[:2] == [-9, -9]
    relabel(store, range(23, 24), "neutral")
    assert killed_run(words, store.places.root) == 0
    assert len(rows(store, "from models")) == 2
    assert len(rows(store, "select distinct snapshot_id from snapshots")) == 2, "gone on with, not begun anew"
    assert len(rows(store, "from test_reads")) == 1
    assert [row["decided_by"] for row in rows(store, "from promotions order by decided_at")] == ["first", "gate"]
    assert rows(store, "from unscored_posts") == []


def test_a_challenger_that_was_trained_and_not_judged_is_judged_before_one_label_more_makes_another(store: Store):
    relabel(store, range(3, 20, 5), "neutral")
    with lease(store.places, "score"), pytest.raises(LeaseHeld):
        retrain(store, **FEW)
    relabel(store, range(23, 24), "neutral")
    done = retrain(store, **FEW)
    assert done.gated is not None
    (made,) = rows(store, "from models where parent_model_id is not null")
    assert (made["model_id"], f"begun before and not judged, on {made['snapshot_id']}") == (done.model_id, done.why)
    assert rows(store, "from open_challenges") == []
    assert retrain(store, **FEW).model_id is None


def test_a_model_of_other_settings_that_a_person_trained_is_not_swept_in(store: Store):
    train(store, parent=champion(store), epochs=1, learning_rate=1e-9)
    assert retrain(store, **FEW).model_id is None


def test_one_post_with_a_users_name_makes_it_begin_from_scratch_and_say_so(store: Store):
    stands = champion(store)
    assert start_of(store, stands, "champion") == Start(stands)
    late = ("hand:99", "hand", "99", "sentiment", "ask @somebody", "0" * 64, "x", None, "utf-8", 0, None, False, None)
    given = ("x", "both", "neutral", None, "given", None, "dump", *NOTHING)
    run = store.begin("ingest", parameters={"keeps": "names"}, inputs=[], version=1)
    assert run is not None
    with run:
        run.write("posts", [Post(*late)])
        run.write("annotations", [Annotation("late", "hand:99", *given)])
        run.write("splits", [Split("hand:99", "train", 0, False)])
    begin = start_of(store, stands, "champion")
    assert begin.parent is None
    assert begin.words.endswith("does not fit the posts of now: is_masked False (it has True)")


def test_from_scratch_on_the_same_labels_nothing_new_would_come_and_later_labels_are_not_held_up_by_it(store: Store):
    assert "the same labels and settings make" in retrain(store, days=0, start="scratch", **FEW).why
    relabel(store, range(3, 20, 5), "neutral")
    assert "labels changed since" in retrain(store, at_least=100, share=1, start="scratch", **FEW).why
    assert rows(store, "from open_challenges") == []


def test_without_the_champions_checkpoint_it_begins_from_scratch_and_says_so(store: Store):
    relabel(store, range(3, 20, 5), "neutral")
    rmtree(store.places.models / champion(store))
    done = retrain(store, **FEW)
    assert "from scratch: the checkpoint of" in done.why
    (row,) = rows(store, f"from models where model_id = '{done.model_id}'")
    assert row["parent_model_id"] is None


def test_where_the_test_cannot_be_read_again_nothing_is_trained(store: Store):
    evaluate(store, split="test")
    relabel(store, range(3, 20, 5), "neutral")
    with pytest.raises(GateError, match="were read 1 times, and 1 are allowed"):
        retrain(store, test_read_budget=1, **FEW)
    assert len(rows(store, "from models")) == 1


def test_a_store_without_a_model_gets_its_first(tmp_path: Path):
    store = filled(tmp_path, "split")
    done = retrain(store, towers="tiny", folds=0, epochs=1)
    assert (done.gated and done.gated.verdict, champion(store)) == ("promoted", done.model_id)
    assert done.why == f"no model stood before {done.model_id}"
    with pytest.raises(MsaError, match="No start 'nowhere'"):
        retrain(store, start="nowhere", force=True)
