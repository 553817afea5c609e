"""The first model that `msa retrain` makes, killed while it learns, while labels come."""

from pathlib import Path

import pytest

from tests.asking import champion, rows
from tests.flows.filled_store import filled
from tests.flows.killing import run as killed_run
from tests.flows.test_retrain import relabel
from warehouse import Store

WORDS = ["retrain", "--towers", "tiny", "--folds", "0", "--epochs", "1"]
LEARNED = "select snapshot_id from models"
BEGUN = "select run_id from runs where verb = 'retrain'"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Labelled posts in their places, and a first training that was killed once its labels were frozen."""
    made = filled(tmp_path / "store", "split")
    killed_at = 12
    while not rows(made, BEGUN):
        assert killed_run(WORDS, made.places.root, killed_at=killed_at) == -9
        killed_at += 1
    assert rows(made, "from models") == []
    return made


def test_it_learns_from_the_labels_that_it_began_with(store: Store):
    (frozen,) = rows(store, "select distinct snapshot_id from snapshots")
    relabel(store, range(3, 4), "neutral")
    assert killed_run(WORDS, store.places.root) == 0
    assert rows(store, LEARNED) == [frozen]
    assert rows(store, "select decided_by from promotions") == [{"decided_by": "first"}]
    assert champion(store)
    assert len(rows(store, BEGUN)) == 1


def test_it_begins_anew_where_enough_have_changed_or_another_is_asked_for(store: Store):
    (frozen,) = rows(store, "select distinct snapshot_id from snapshots")
    relabel(store, range(3, 20, 5), "neutral")
    assert killed_run([*WORDS, "--at-least", "2"], store.places.root) == 0
    assert rows(store, LEARNED) != [frozen]
    assert len(rows(store, BEGUN)) == 2
