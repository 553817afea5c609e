"""A model that begins from another's weights: what it takes over, what it can never claim not to have seen."""

import json
from dataclasses import replace

import pytest

from flows.captions_read import Captions
from flows.scored_models import model_named
from flows.train import train
from msa_core.errors import MsaError, TrainingError
from msa_core.records import Cluster, Model, Split
from tests.asking import rows
from tests.curation.curated_store import commit
from tests.flows.filled_store import filled
from tests.flows.test_mine import a_model, a_post, a_prediction, a_row
from tests.flows.test_train import QUICK
from warehouse import Store, declarations

STILL = {"epochs": 1, "learning_rate": 0.0, "batch_size": 16}  # nothing is learned: weights stay what they were


@pytest.fixture(scope="module")
def family(tmp_path_factory):
    """A parent with two fold models, and a child that learned nothing since."""
    store = filled(tmp_path_factory.mktemp("family"), "split")
    parent = train(store, folds=2, **{**QUICK, "epochs": 1})
    return store, parent, train(store, parent="latest", **STILL)


@pytest.mark.parametrize("part", [".", "fold-0", "fold-1"])
def test_each_network_begins_from_its_own_parent(family, part):
    store, parent, child = family
    one, other = (store.places.models / each.model_id / part for each in (parent, child))
    names = ["config.json", "heads.safetensors", "towers/text/model.safetensors", "towers/vision/model.safetensors"]
    for name in [*names, "tokenizer/tokenizer.json"]:
        assert (one / name).read_bytes() == (other / name).read_bytes(), name


def test_the_parent_is_named_and_is_part_of_what_the_model_is(family):
    store, parent, child = family
    (row,) = rows(store, "from models where model_id = $model", model=child.model_id)
    assert (row["parent_model_id"], json.loads(row["config"])["parent"]) == (parent.model_id, parent.model_id)
    assert (child.snapshot_id, json.loads(row["config"])["folds"]) == (parent.snapshot_id, 2)
    again = train(store, parent=parent.model_id, **STILL)
    assert (again.run_id, again.model_id) == (None, child.model_id)
    with store.moment() as moment:
        assert model_named(store, moment, "latest").model_id == child.model_id


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"folds": 0}, r"folds 0 \(it has 2\)"),
        ({"image_size": 64}, r"image_size 64 \(it has 32\)"),
        ({"max_length": 32, "towers": "small"}, r"vision 'small' \(it has 'tiny'\).*max_length 32 \(it has 24\)"),
        ({"lora_rank": 4}, r"lora_rank 4 \(it has 0\)"),
        ({"task": "hate"}, "No labelled posts of task 'hate'. Choices: sentiment"),
        ({"parent": "clara-none"}, "No model 'clara-none'"),
        ({"captions": Captions("pixels:none:none", is_forced=True)}, "msa caption"),
    ],
)
def test_what_does_not_fit_the_parent_is_named(family, asked: dict, says: str):
    store, parent, _ = family
    with pytest.raises(MsaError, match=says):
        train(store, **{"parent": parent.model_id, **STILL, **asked})


def test_a_parent_whose_checkpoint_is_gone_is_named(tmp_path):
    store = filled(tmp_path, "trained")
    with pytest.raises(MsaError, match=r"No checkpoint in .*clara-hand"):
        train(store, parent="clara-hand", **STILL)


def test_an_older_snapshot_is_trained_on_as_it_was_frozen(family):
    store, parent, _ = family
    commit(store, "init", annotations=[])
    found = train(store, snapshot=parent.snapshot_id[:15], folds=2, **{**QUICK, "epochs": 1})
    assert (found.run_id, found.model_id) == (None, parent.model_id)
    with pytest.raises(TrainingError, match=r"is frozen: captions 'pixels' \(it has 'none'\)"):
        train(store, snapshot=parent.snapshot_id, captions=Captions("pixels"), **QUICK)
    with pytest.raises(TrainingError, match="--keep-leaks"):
        train(store, snapshot=parent.snapshot_id, keep_leaks=True, **QUICK)


NAMES = ("old", "both", "gone", "new", "twin-of-old", "free", "watched")
LEARNED = {"grand": ("old", "both"), "parent": ("both", "gone"), "child": ("new",)}
PARENT_OF = {"grand": None, "parent": "clara-grand", "child": "clara-parent"}
FOLDS = {name: place % 2 for place, name in enumerate(NAMES)}


@pytest.fixture
def lineage(tmp_path) -> Store:
    """grand learned old and both, parent both and gone, child new; once with two fold models each, once without."""
    store = Store.init(tmp_path / "store")
    commit(
        store,
        "ingest",
        posts=[a_post(f"s:{name}") for name in NAMES],
        clusters=[Cluster(f"s:{name}", "old" if name.endswith("old") else name, "text") for name in NAMES],
        splits=[Split(f"s:{name}", "val" if name == "watched" else "train", FOLDS[name], True) for name in NAMES],
    )
    commit(store, "train", models=[_model(name, folds) for name in LEARNED for folds in (0, 2)])
    rows = [(name, post, "train", FOLDS[post]) for name, posts in LEARNED.items() for post in posts]
    rows += [(name, "watched", "val", None) for name in LEARNED]
    frozen = [replace(a_row(f"s:{post}", *where), snapshot_id=f"snapshot-{name}") for name, post, *where in rows]
    commit(store, "snapshot", snapshots=frozen)
    return store


def _model(name: str, folds: int) -> Model:
    parent = PARENT_OF[name] and f"{PARENT_OF[name]}{folds or ''}"
    made = replace(a_model(f"clara-{name}{folds or ''}"), config=json.dumps({"folds": folds}))
    return replace(made, parent_model_id=parent, snapshot_id=f"snapshot-{name}")


def unscored(store: Store, model: str) -> dict[str, tuple[int | None, bool]]:
    found = rows(store, "from unscored_posts where model_id = $model", model=model)
    return {row["post_id"].removeprefix("s:"): (row["fold"], row["is_out_of_fold"]) for row in found}


def test_what_an_ancestor_learned_is_scored_by_the_fold_model_that_never_saw_it(lineage):
    free, watched = (None, True), (None, True)
    assert unscored(lineage, "clara-child2") == {
        "old": (0, True), "both": (1, True), "gone": (0, True), "new": (1, True), "twin-of-old": (0, True),
        "free": free, "watched": watched,
    }  # fmt: skip
    assert unscored(lineage, "clara-grand2")["gone"] == free


def test_without_fold_models_what_an_ancestor_learned_is_marked_and_the_audit_finds_who_denies_it(lineage):
    seen = (None, False)
    assert unscored(lineage, "clara-child") == {
        "old": seen, "both": seen, "gone": seen, "new": seen, "twin-of-old": seen, "free": (None, True),
        "watched": (None, True),
    }  # fmt: skip
    claims = [a_prediction("s:old", (0.2, 0.3, 0.5), model_id="clara-child")]
    commit(lineage, "score", predictions=claims)
    (promise,) = declarations.views()["minable"].audits
    (broken,) = rows(lineage, f"from minable where not coalesce(({promise}), false)")
    assert broken["post_id"] == "s:old"


def test_the_posts_of_a_line_stand_once_a_model_its_own_first(lineage):
    found = rows(lineage, "select post_id, generation from training_posts where model_id = 'clara-child' order by all")
    assert [(row["post_id"], row["generation"]) for row in found] == [
        ("s:both", 1), ("s:gone", 1), ("s:new", 0), ("s:old", 2), ("s:watched", 0),
    ]  # fmt: skip
    lines = rows(lineage, "select ancestor_id from model_ancestors where model_id = 'clara-child' order by generation")
    assert [row["ancestor_id"] for row in lines] == ["clara-child", "clara-parent", "clara-grand"]
