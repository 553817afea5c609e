"""`msa gc` takes weights only where asked, and only of models that stand nowhere; it leaves backups and logs alone."""

from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest

from flows.gc import gc
from flows.promote import promote
from flows.score import score
from msa_core.errors import MissingWeights
from msa_core.records import Model, Promotion
from tests.asking import champion, rows
from tests.flows.filled_store import LABELS, filled
from warehouse import Store, lease
from warehouse.compaction import compact

NAMES = ("spare", "first", "parent", "before", "champion", "begun-from", "refused", "last")
PARENTS = {"parent": "first", "champion": "parent", "refused": "begun-from"}
SPARE = {"spare", "begun-from", "refused"}
NOW = datetime(2024, 5, 1, tzinfo=UTC)


def add_model(store: Store, name: str, parent: str | None = None, snapshot: str = "snapshot-hand") -> None:
    model = Model(name, "clara", "sentiment", LABELS, "{}", parent, snapshot, 10, 5, "{}", "ab" * 32, 1.0)
    run = store.begin("train", parameters={"name": name}, inputs=["split"], version=1)
    assert run is not None
    with run:
        run.write("models", [model])
    weights = store.places.models / name / "fold-0" / "heads.safetensors"
    weights.parent.mkdir(parents=True)
    weights.write_bytes(b"weights")
    (store.places.models / name / "config.json").write_text("{}")


@pytest.fixture(scope="module")
def modelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The champion took the place of `before`, and began from `parent`, which began from `first`; the challenger that
    began from `begun-from` was refused.
    """
    store = filled(tmp_path_factory.mktemp("modelled") / "store", "split")
    for name in NAMES:
        add_model(store, name, parent=PARENTS.get(name))
    run = store.begin("gate", parameters={}, inputs=["train"], version=1)
    assert run is not None
    with run:
        run.write("promotions", [
            Promotion("champion", NOW, "before", "promoted", "gate", "better", "{}", 1, None, None),
            Promotion("refused", NOW, "champion", "refused", "gate", "worse", "{}", 2, None, None),
        ])  # fmt: skip
    return store.places.root


@pytest.fixture
def store(modelled: Path, tmp_path: Path) -> Store:
    return Store.open(copytree(modelled, tmp_path / "store"))


def standing(store: Store) -> set[str]:
    return {path.name for path in store.places.models.iterdir()}


def test_weights_stay_unless_asked_for_and_young_ones_stay_anyway(store: Store):
    gc(store, older_than_s=0)
    gc(store, older_than_s=0, models_older_than_s=3600)
    with lease(store.places, "score"):
        gc(store, older_than_s=0, models_older_than_s=0)
    assert standing(store) == set(NAMES)


def test_only_models_that_never_stood_and_that_none_came_from_lose_their_weights(store: Store):
    assert {each.path.name for each in gc(store, models_older_than_s=0)} == SPARE
    assert standing(store) == {*NAMES} - SPARE
    with pytest.raises(MissingWeights, match=r"No checkpoint in .*spare"):
        score(store, model="spare")


def test_what_is_known_of_a_refused_challenger_stays(store: Store):
    gc(store, models_older_than_s=0)
    assert len(rows(store, "from models")) == len(NAMES)
    (told,) = rows(store, "select verdict, why from promotions where model_id = 'refused'")
    assert tuple(told.values()) == ("refused", "worse")
    assert rows(store, "from lineage where kind = 'promotion' and model_id = 'refused'")


def test_a_refused_challenger_that_a_person_puts_in_place_keeps_its_weights(store: Store):
    promote(store, model="refused", override="it is fairer")
    assert {each.path.name for each in gc(store, models_older_than_s=0)} == {"spare"}


def test_a_refused_challenger_whose_weights_are_gone_is_not_put_in_place(store: Store):
    gc(store, models_older_than_s=0)
    with pytest.raises(MissingWeights, match=r"refused was not put in place: .* not in .*models.*: msa restore, or"):
        promote(store, model="refused", override="it is fairer")
    assert champion(store) == "champion"


def test_a_challenger_that_was_killed_before_the_gate_keeps_its_weights_until_it_is_judged(store: Store):
    begun = {"champion_id": "champion", "snapshot_id": "snapshot-now", "parent_id": "champion", "epochs": None}
    run = store.begin("retrain", parameters=begun, inputs=["snapshot-now"], version=1)
    assert run is not None
    with run:
        run.count("posts", 10)
    add_model(store, "challenger", parent="champion", snapshot="snapshot-now")
    add_model(store, "scratch", snapshot="snapshot-now")
    add_model(store, "trained-by-hand")
    assert {each.path.name for each in gc(store, models_older_than_s=0)} == {*SPARE, "last", "scratch"}
    run = store.begin("gate", parameters={"of": "challenger"}, inputs=["train"], version=1)
    assert run is not None
    verdict = Promotion("challenger", NOW, "champion", "undecided", "gate", "as good", "{}", 3, None, None)
    with run:
        run.write("promotions", [verdict])
    assert {each.path.name for each in gc(store, models_older_than_s=0)} == {"challenger"}


def test_neither_gc_nor_compact_touches_logs_or_what_lies_beside(store: Store):
    for folder in ("logs", "labelstudio", "journal/caption"):
        (store.places.root / folder).mkdir(parents=True, exist_ok=True)
        (store.places.root / folder / "kept").touch()
    compact(store)
    gc(store, older_than_s=0, models_older_than_s=0)
    assert all((store.places.root / folder / "kept").exists() for folder in ("logs", "labelstudio", "journal/caption"))
