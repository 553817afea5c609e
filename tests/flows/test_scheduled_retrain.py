"""`retrain` by schedule takes what the verb takes, and says what it lacks where nobody said which source to learn."""

from inspect import signature
from pathlib import Path

import pytest

from flows.retrain import retrain
from flows.scheduled.retrain import Wanted, challenge, retrain_flow, with_sources
from msa_core.errors import TrainingError
from tests.flows.judged_store import add_posts, judged_store
from warehouse import Store

WANTED = Wanted(50, 0.05, None, "champion", "tiny", 0, 1, 30, 20, False)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Two sources have labels, and no model was ever trained."""
    made = judged_store(tmp_path_factory.mktemp("sources") / "store", n_test=9)
    add_posts(made, "other", n_test=9)
    return made


def test_what_the_flow_takes_is_what_the_verb_takes_with_the_same_defaults():
    verb, flow = signature(retrain).parameters, signature(retrain_flow.fn).parameters
    shared = flow.keys() - {"store", "late_after_s"}
    assert shared <= verb.keys()
    assert {name: flow[name].default for name in shared} == {name: verb[name].default for name in shared}
    assert {"source", "fewest", "test_read_budget"} <= shared


def test_with_several_sources_and_no_model_it_says_what_to_give(store: Store):
    root = str(store.places.root)
    assert with_sources(root, None) == [("sentiment", None)]
    with pytest.raises(TrainingError, match=r"More than one source has labels\. Choices: hand, other\. Choose"):
        challenge.fn(root, "sentiment", None, WANTED)


def test_a_source_is_of_one_task_and_the_others_do_without_it(tmp_path: Path):
    store = judged_store(tmp_path / "store", n_test=9)
    add_posts(store, "jokes", n_test=9, task="sarcasm")
    root = str(store.places.root)
    assert with_sources(root, "hand") == [("sarcasm", None), ("sentiment", "hand")]
    assert with_sources(root, "hnad") == [("sarcasm", "hnad"), ("sentiment", "hnad")]
    with pytest.raises(TrainingError, match="No labelled posts of source 'hnad'"):
        challenge.fn(root, "sentiment", "hnad", WANTED)
