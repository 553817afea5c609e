"""`msa mine` on a store: only what the model never saw, never the test split, once a model."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.mine import mine
from msa_core.errors import MsaError
from msa_core.records import Annotation, Model, Post, Prediction, SnapshotRow, Split
from warehouse import Store
from warehouse.audit import audit

LABELS = ("negative", "neutral", "positive")
SURE, TORN, EVEN = (0.02, 0.03, 0.95), (0.1, 0.45, 0.45), (0.34, 0.33, 0.33)


def a_post(post_id: str, *, unlabelled: bool = False) -> Post:
    source, source_id = post_id.split(":")
    return Post(post_id, source, source_id, "sentiment", "", None, None, None, None, 0, None, unlabelled, None)


def a_label(post_id: str, value: str, *, word: int = 1) -> Annotation:
    return Annotation(
        f"annotation-{post_id}-{word}", post_id, "dump", "both", value, None, "given", None, "dump",
        None, None, None, None, None, None, None,
    )  # fmt: skip


def a_prediction(
    post_id: str, probs, *, model_id: str = "clara-1", seen: bool = False, text=None, image=None
) -> Prediction:
    return Prediction(post_id, model_id, None, probs, "positive", max(probs), text, image, None, None, not seen, None)


def a_model(model_id: str, *, task: str = "sentiment", labels: tuple[str, ...] = LABELS) -> Model:
    return Model(model_id, "clara", task, labels, "{}", None, "snapshot-1", 2, 1, "{}", "0" * 64, 1.0)


def a_row(post_id: str, split: str, fold: int | None) -> SnapshotRow:
    return SnapshotRow(
        "snapshot-1", post_id, "sentiment", "negative", None, 1.0, split, fold, None, "literature", "dump"
    )


def commit(store: Store, verb: str, number: int = 0, **tables: list) -> None:
    run = store.begin(verb, parameters={"number": number}, inputs=[], version=1)
    assert run is not None
    with run:
        for table, rows in tables.items():
            run.write(table, rows)


SPLITS = {
    "s:val": "val",
    "s:train": "train",
    "s:pool": "pool",
    "s:test": "test",
    "s:seen": "train",
    "c:official": "pool",
}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """One post of each kind, all as hard as can be."""
    made = Store.init(tmp_path / "store")
    commit(
        made,
        "ingest",
        posts=[a_post(post_id, unlabelled=post_id == "c:official") for post_id in sorted(SPLITS)],
        annotations=[a_label(post_id, "negative") for post_id in ("s:val", "s:train", "s:test", "s:seen")],
    )
    commit(made, "split", splits=[Split(post_id, name, None, False) for post_id, name in sorted(SPLITS.items())])
    commit(made, "train", models=[a_model("clara-1")])
    return made


def score(store: Store, **probs: tuple[float, ...]) -> None:
    """All posts EVEN unless another is said by the name after the colon."""
    rows = [a_prediction(p, probs.get(p.split(":")[1], EVEN), seen=p == "s:seen") for p in sorted(SPLITS)]
    commit(store, "score", predictions=rows)


def doubts(store: Store, columns: str = "post_id, reason, strength") -> list[tuple]:
    with store.moment() as moment:
        rows = moment.table(f"select {columns} from doubts order by all")
    return list(zip(*(column.to_pylist() for column in rows.columns), strict=True))


def test_only_posts_that_the_model_never_saw_and_that_are_not_sealed_are_mined(store):
    score(store)
    done = mine(store)
    assert {row[0] for row in doubts(store)} == {"s:val", "s:train", "s:pool"}
    assert done.n_seen == 1


def test_a_wrong_label_is_doubted_by_how_little_it_is_believed(store):
    score(store, val=SURE, train=SURE, pool=SURE)
    mine(store)
    assert doubts(store) == [
        ("s:train", "wrong-and-confident", pytest.approx(0.98)),
        ("s:val", "wrong-and-confident", pytest.approx(0.98)),
    ]


def test_the_queue_puts_disagreement_with_the_given_label_before_uncertainty(store):
    score(store, val=(0.2, 0.1, 0.7), train=EVEN)
    mine(store)
    with store.moment() as moment:
        queue = moment.table("select post_id, disagreement from queue order by place").to_pylist()
    assert [row["post_id"] for row in queue] == ["s:val", "s:pool", "s:train"]


def test_modalities_are_compared_only_where_both_have_spoken(store):
    rows = [
        a_prediction("s:pool", SURE, text=(0.9, 0.05, 0.05), image=(0.05, 0.05, 0.9)),
        a_prediction("s:val", SURE, text=(0.9, 0.05, 0.05)),
        a_prediction("s:train", SURE, image=(0.9, 0.05, 0.05)),
    ]
    commit(store, "score", predictions=rows)
    mine(store)
    conflicts = [row for row in doubts(store) if row[1] == "modality-conflict"]
    assert conflicts == [("s:pool", "modality-conflict", pytest.approx(0.85))]


def test_weak_doubts_are_left_out(store):
    score(store, pool=TORN)
    mine(store, at_least=0.99)
    assert doubts(store, "post_id, reason")[0] == ("s:pool", "margin")
    assert all(row[2] >= 0.99 for row in doubts(store))


def test_a_post_is_mined_once_for_a_model_and_again_for_the_next(store):
    score(store)
    first = mine(store)
    assert mine(store).run_id is None
    assert mine(store, at_least=0.1).run_id is None
    commit(store, "train", 2, models=[a_model("clara-2")])
    commit(store, "score", 2, predictions=[a_prediction("s:pool", EVEN, model_id="clara-2")])
    second = mine(store)
    assert (first.model_id, second.model_id) == ("clara-1", "clara-2")
    assert {row[0] for row in doubts(store, "post_id, model_id") if row[1] == "clara-2"} == {"s:pool"}


def test_a_label_that_comes_later_brings_its_own_doubt(store):
    score(store, pool=(0.98, 0.01, 0.01))
    mine(store, at_least=0.9)
    before = doubts(store)
    assert not [row for row in before if row[0] == "s:pool"]
    commit(store, "ingest", 2, annotations=[a_label("s:pool", "positive")])
    assert mine(store, at_least=0.9).n_by_reason == (("wrong-and-confident", 1),)
    assert set(doubts(store)) > set(before)


def hard(store: Store) -> dict[str, tuple[list[str], float]]:
    with store.moment() as moment:
        rows = moment.table("select post_id, reasons, disagreement from hard_posts order by post_id").to_pylist()
    return {row["post_id"]: (row["reasons"], row["disagreement"]) for row in rows}


def test_a_label_that_was_corrected_to_what_the_model_says_is_doubted_no_more(store):
    score(store, val=SURE, train=SURE, pool=SURE)
    mine(store)
    assert set(hard(store)) == {"s:train", "s:val"}
    commit(store, "ingest", 2, annotations=[a_label("s:val", "positive", word=2)])
    assert hard(store) == {"s:train": (["wrong-and-confident"], pytest.approx(0.98))}
    with store.moment() as moment:
        assert moment.value("select count(*) from queue") == 1
    commit(store, "ingest", 3, annotations=[a_label("s:val", "neutral", word=3)])
    assert set(hard(store)) == {"s:train", "s:val"}
    assert mine(store).run_id is None


def test_a_corrected_label_leaves_the_other_doubts_of_its_post(store):
    score(store, val=TORN, train=SURE, pool=SURE)
    mine(store)
    commit(store, "ingest", 2, annotations=[a_label("s:val", "positive", word=2)])
    reasons, disagreement = hard(store)["s:val"]
    assert "wrong-and-confident" not in reasons
    assert "margin" in reasons
    assert disagreement == 0


def test_a_prediction_that_only_claims_to_be_out_of_fold_breaks_the_audit(store):
    commit(store, "train", 2, snapshots=[a_row("s:train", "train", 0), a_row("s:val", "val", None)])
    score(store)
    with store.moment() as moment:
        broken = {finding.relation: finding.n_broken for finding in audit(moment) if finding.n_broken}
    assert broken["minable"] == 1


def test_a_store_without_doubts_commits_no_run(store):
    score(store, val=(0.98, 0.01, 0.01), train=(0.98, 0.01, 0.01), pool=SURE)
    assert mine(store).run_id is None
    with store.moment() as moment:
        assert moment.value("select count(*) from runs where verb = 'mine'") == 0


def test_one_source_can_be_mined_alone(store):
    commit(store, "ingest", 2, posts=[a_post("other:1")])
    commit(store, "split", 2, splits=[Split("other:1", "pool", 0, False)])
    commit(store, "score", 2, predictions=[a_prediction("other:1", EVEN), a_prediction("s:pool", EVEN)])
    mine(store, source="other")
    assert {row[0] for row in doubts(store)} == {"other:1"}


def test_two_labels_have_no_neutral(store):
    commit(store, "train", 2, models=[a_model("clara-2", task="hate", labels=("not-hateful", "hateful"))])
    commit(store, "score", 2, predictions=[a_prediction("s:pool", (0.5, 0.5), model_id="clara-2")])
    with pytest.raises(MsaError, match="--task hate"):
        mine(store)
    assert dict(mine(store, task="hate").n_by_reason) == {"entropy": 1, "least-confidence": 1, "margin": 1}


def test_what_cannot_be_mined_says_what_to_do(store, tmp_path):
    with pytest.raises(MsaError, match="msa score --model clara-1"):
        mine(store)
    with pytest.raises(MsaError, match="from models"):
        mine(store, model="clara-404")
    with pytest.raises(MsaError, match=r"No posts of source 'nobody'\. Choices: "):
        mine(store, source="nobody")
    with pytest.raises(MsaError, match="Train one"):
        mine(Store.init(tmp_path / "empty"))


def test_the_command_prints_reasons_the_queue_and_the_remedy(store):
    score(store, val=SURE)
    found = CliRunner().invoke(app, ["mine", "--store", str(store.places.root)])
    assert found.exit_code == 0, found.output
    assert "wrong-and-confident\t1" in found.output
    assert "\n1\ts:val\tval\t0.98" in found.output
    assert "--folds 5" in found.output
