"""By which posts the gate judges: of whose sources and labels, and how often they were read."""

import json
from pathlib import Path
from shutil import copytree

import pytest

from flows.gate import gate
from msa_core.errors import GateError
from tests.asking import rows
from tests.flows.judged_store import N_TEST, add_model, add_posts, judged_store, predicted
from warehouse import Store


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A champion of skill 0.6, trained on one source; to be copied."""
    store = judged_store(tmp_path_factory.mktemp("sealed") / "store")
    add_model(store, "old", 0.6)
    gate(store)
    return store.places.root


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Store:
    """A champion of skill 0.6, trained on one source."""
    return Store.open(copytree(made, tmp_path / "store"))


def test_models_of_other_labels_cannot_be_compared_but_another_order_can(store: Store):
    add_model(store, "turned", 0.8, labels=("positive", "neutral", "negative"))
    assert gate(store).verdict == "promoted"
    add_model(store, "narrow", 0.9, labels=("negative", "positive"))
    with pytest.raises(GateError, match="does not know neutral, which the champion clara-turned knows: they cannot be"):
        gate(store)


def test_a_label_that_is_new_is_one_that_the_champion_has_wrong(tmp_path: Path):
    bare = judged_store(tmp_path / "bare")
    add_model(bare, "old", 0.9, labels=("negative", "positive"))
    gate(bare)
    add_model(bare, "new", 0.9)
    done = gate(bare)
    assert done.verdict == "promoted"
    assert "the champion does not know neutral, and is wrong there" in done.why
    (neutral,) = rows(bare, "from promotion_labels where label = 'neutral'")
    assert (neutral["champion_f1"], neutral["difference"] > 0.5) == (0, True)


def test_both_are_judged_on_the_sources_of_either(store: Store):
    add_posts(store, "unasked", n_test=40)
    add_posts(store, "other", n_test=60)
    add_model(store, "narrow", 0.9, source="other", n_test=60)
    predicted(store, "clara-old", 0.6, source="other", n_test=60)
    predicted(store, "clara-narrow", 0.2, source="hand")
    done = gate(store)
    assert json.loads(done.figures)["n_posts"] == N_TEST + 60
    assert done.verdict == "refused", "it is good at its own 60 posts, and bad at the champion's 300"


def test_a_gain_on_many_posts_of_one_source_does_not_hide_a_loss_on_another(store: Store):
    add_posts(store, "other", n_test=900)
    add_model(store, "narrow", 0.9, source="other", n_test=900)
    predicted(store, "clara-old", 0.4, source="other", n_test=900)
    predicted(store, "clara-narrow", 0.5, source="hand")
    done = gate(store)
    assert json.loads(done.figures)["weighted_f1"]["low"] > 0.1
    assert done.verdict == "undecided"
    assert "undecided: weighted F1 on hand fell by 0." in done.why


def test_nothing_is_promoted_where_a_source_of_the_champion_was_not_judged(store: Store):
    add_posts(store, "other", n_test=60)
    add_model(store, "narrow", 0.9, source="other", n_test=60)
    predicted(store, "clara-old", 0.2, source="other", n_test=60)
    done = gate(store, source="other")
    assert done.verdict == "undecided"
    assert "undecided: no test post of hand was judged, and the champion was trained on it (60 test" in done.why


def test_new_test_posts_were_not_read_before(store: Store):
    for margin in (0.01, 0.02, 0.03, 0.04):
        add_model(store, f"worse-{margin}", 0.4)
        assert gate(store, margin=margin, test_read_budget=4).verdict == "refused"
    add_model(store, "late", 0.8)
    with pytest.raises(GateError, match="were read 4 times, and 4 are allowed"):
        gate(store, test_read_budget=4)
    add_posts(store, "more", n_test=N_TEST)
    add_model(store, "wide", 0.8, source="more")
    predicted(store, "clara-old", 0.6, source="more")
    predicted(store, "clara-wide", 0.8, source="hand")
    done = gate(store, test_read_budget=4)
    assert (done.verdict, done.n_test_reads) == ("promoted", 3), "half of the posts were read 4 times, half never"
    assert {row["n_reads"] for row in rows(store, "from test_post_reads where post_id like 'more:%'")} == {1}
