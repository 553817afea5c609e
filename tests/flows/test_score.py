"""`msa score`: every post once, out of fold where it was trained on, with the numbers that the Classifier gives."""

import csv
import json

import numpy as np
import pyarrow as pa
import pytest

from flows.ingest import ingest
from flows.sample_dump import sample_dump
from flows.score import command as score_command
from flows.score import score
from flows.split import split
from flows.train import train
from msa_core import Classifier
from msa_core.dumps import Columns
from msa_core.errors import MsaError
from msa_core.records import Cluster, Model, Split
from tests.asking import rows
from tests.flows.filled_store import filled
from tests.flows.test_mine import LABELS, a_post, a_prediction, a_row, commit
from tests.flows.test_train import QUICK
from warehouse import Store


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    store = filled(tmp_path_factory.mktemp("scored"), "split")
    train(store, folds=2, **QUICK)
    return store, score(store)


def _table(store: Store, sql: str) -> pa.Table:
    with store.moment() as moment:
        return moment.table(sql)


def test_every_post_has_one_prediction(scored):
    store, done = scored
    assert done.n_posts == 60
    assert _table(store, "select post_id from predictions order by 1") == _table(
        store, "select post_id from posts order by 1"
    )


def test_a_second_scoring_has_nothing_to_do(scored):
    store, done = scored
    again = score(store)
    assert (again.model_id, again.run_ids, again.n_posts) == (done.model_id, (), 0)


def test_a_post_that_was_trained_on_is_scored_by_the_model_that_held_it_out(scored):
    store, _ = scored
    rows = _table(
        store,
        "select p.fold, p.is_out_of_fold, t.split, t.fold as own"
        " from predictions p left join snapshots t using (post_id)",
    ).to_pylist()
    assert all(row["is_out_of_fold"] for row in rows)
    assert all(row["fold"] == (row["own"] if row["split"] == "train" else None) for row in rows)


def test_without_folds_a_post_that_was_trained_on_is_marked(tmp_path):
    store = filled(tmp_path, "split")
    train(store, **QUICK)
    score(store)
    marked = _table(
        store,
        "select distinct t.split, p.is_out_of_fold from predictions p left join snapshots t using (post_id)"
        " order by all",
    )
    assert marked.to_pylist() == [
        {"split": "train", "is_out_of_fold": False},
        {"split": "val", "is_out_of_fold": True},
        {"split": None, "is_out_of_fold": True},
    ]


def test_the_classifier_says_the_same(scored):
    store, done = scored
    rows = _table(
        store,
        "select p.text, b.bytes, r.* from predictions r join posts p using (post_id) join post_images i using (post_id)"
        " join image_bytes b using (image_sha256) where r.fold is null order by r.post_id",
    ).to_pylist()
    classifier = Classifier.from_pretrained(store.places.models / done.model_id)
    answers = classifier.predict_batch([row["bytes"] for row in rows], [row["text"] for row in rows], batch_size=7)
    for row, answer in zip(rows, answers, strict=True):
        assert row["label"] == answer.label
        for stored, found in (
            ("probs", answer.probs),
            ("text_probs", answer.text_probs),
            ("image_probs", answer.image_probs),
        ):
            np.testing.assert_allclose(row[stored], list(found.values()), atol=1e-5)


def test_many_posts_are_several_runs_and_a_kill_between_them_costs_nothing(scored, tmp_path):
    store, _ = scored
    whole = _table(store, "select post_id, probs from predictions order by 1").to_pylist()
    other = filled(tmp_path, "split")
    train(other, folds=2, **QUICK)
    n_done = 0

    def on_done(n: int) -> None:
        nonlocal n_done
        n_done += n
        if n_done > 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score(other, posts_a_run=25, batch_size=5, on_done=on_done)
    assert _table(other, "from predictions").num_rows == 25
    assert score(other, posts_a_run=25, batch_size=5).n_posts == 35
    again = _table(other, "select post_id, probs from predictions order by 1").to_pylist()
    assert [row["post_id"] for row in again] == [row["post_id"] for row in whole]
    np.testing.assert_allclose([row["probs"] for row in again], [row["probs"] for row in whole], atol=1e-5)


def test_two_stores_score_to_the_same_bytes(scored, tmp_path):
    store, done = scored
    other = filled(tmp_path, "split")
    train(other, folds=2, **QUICK)
    assert score(other) == done
    for run_id in done.run_ids:
        places = [each.places.partition("predictions", run_id) for each in (store, other)]
        assert [p.read_bytes() for p in sorted(places[0].glob("*"))] == [
            p.read_bytes() for p in sorted(places[1].glob("*"))
        ]


def test_a_model_that_is_not_there_is_named(scored):
    store, _ = scored
    with pytest.raises(MsaError, match="from models"):
        score(store, model="clara-none")
    with pytest.raises(MsaError, match=r"No posts of source 'nobody'\. Choices: "):
        score(store, source="nobody")


def test_no_model_yet(tmp_path):
    with pytest.raises(MsaError, match="msa train clara"):
        score(filled(tmp_path, "split"))


def test_the_twin_of_a_trained_post_is_not_out_of_fold_either(tmp_path):
    store = filled(tmp_path, "split")
    model_id = train(store, **QUICK).model_id
    learned = _table(store, "select post_id from snapshots where split = 'train' order by 1")["post_id"][0].as_py()
    mate = _table(store, f"from posts where post_id = '{learned}'").drop_columns(["run_id", "origin_run_id"])
    mate = mate.set_column(0, "post_id", pa.array(["demo:mate"])).set_column(2, "source_id", pa.array(["mate"]))
    cluster_id = _table(store, f"from clusters where post_id = '{learned}'")["cluster_id"][0].as_py()
    run = store.begin("split", parameters={"by": "hand"}, inputs=[], version=1)
    with run:
        run.write("posts", mate)
        run.write("clusters", [Cluster("demo:mate", cluster_id, "text")])
        run.write("splits", [Split("demo:mate", "train", 0, False)])
    score(store)
    found = _table(
        store, f"select is_out_of_fold from predictions where model_id = '{model_id}' and post_id = 'demo:mate'"
    )
    assert found["is_out_of_fold"].to_pylist() == [False]


@pytest.mark.slow
def test_a_twin_of_a_trained_post_is_not_scored_before_it_is_placed_and_never_mined(tmp_path, capsys):
    store = Store.init(tmp_path / "store")
    sample_dump(tmp_path / "dump", posts=40, seed=7)
    ingest(store, format="mvsa-single", path=tmp_path / "dump", source="drawn")
    split(store)
    train(store, **QUICK)
    score(store)
    (learned,) = rows(store, "from training_posts where split = 'train' and text > '' order by post_id limit 1")
    with (tmp_path / "late.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["id", "text"], ["twin", learned["text"]], ["other", "nothing like it at all"]])
    columns = Columns(images=(), label=None)
    ingest(
        store, format="table", path=tmp_path / "late.csv", source="late", task="sentiment", columns=columns,
        allow_missing=["image"],
    )  # fmt: skip
    score_command(store.places.root)
    assert "2 posts have no place yet and are not scored. Place them: msa split" in capsys.readouterr().out
    assert score(store).n_unplaced == 2
    split(store)
    assert (score(store).n_posts, score(store).n_unplaced) == (2, 0)
    scored = rows(store, "select post_id, is_out_of_fold from predictions where post_id like 'late:%' order by post_id")
    assert [tuple(row.values()) for row in scored] == [("late:other", True), ("late:twin", False)]
    assert [row["post_id"] for row in rows(store, "from minable where source = 'late'")] == ["late:other"]


@pytest.fixture
def waiting(tmp_path) -> Store:
    """Two fold models over four folds: a, b and g were trained on, c is a twin of a and b, d of g; v stopped it."""
    store = Store.init(tmp_path / "store")
    ids = [f"s:{name}" for name in "abcdegv"]
    config = json.dumps({"folds": 2})
    models = [
        Model(f"clara-{n}", "clara", "sentiment", LABELS, config, None, f"snapshot-{n}", 2, 1, "{}", "0" * 64, 1.0)
        for n in (1, 2)
    ]
    clusters = {"s:a": "x", "s:b": "x", "s:c": "x", "s:d": "y", "s:g": "y", "s:e": "z", "s:v": "v"}
    commit(store, "ingest", posts=[a_post(post_id) for post_id in ids])
    commit(
        store,
        "split",
        clusters=[Cluster(post_id, f"cluster-{name}", "text") for post_id, name in clusters.items()],
        splits=[Split(post_id, "val" if post_id == "s:v" else "pool", None, False) for post_id in ids],
    )
    rows = [a_row("s:a", "train", 2), a_row("s:b", "train", 3), a_row("s:g", "train", 1), a_row("s:v", "val", None)]
    commit(store, "train", models=models, snapshots=rows)
    commit(
        store,
        "score",
        predictions=[a_prediction("s:e", (0.1, 0.2, 0.7)), a_prediction("s:d", (1, 0, 0), model_id="clara-2")],
    )
    return store


def test_the_fold_model_that_held_a_post_out_scores_it_and_a_twin_of_two_folds_has_none(waiting):
    rows = _table(waiting, "from unscored_posts where model_id = 'clara-1' order by post_id").to_pylist()
    assert [(row["post_id"], row["fold"], row["is_out_of_fold"]) for row in rows] == [
        ("s:a", 0, True),
        ("s:b", 1, True),
        ("s:c", None, False),
        ("s:d", 1, True),
        ("s:g", 1, True),
        ("s:v", None, True),
    ]


VIEWS = ("unscored_posts", "judged_posts", "validation_predictions", "withheld_answers", "minable", "seen_posts")


@pytest.mark.parametrize("view", VIEWS)
def test_asking_about_one_model_reads_no_other_models_predictions(waiting, view):
    plan = json.loads(_table(waiting, f"explain (format json) from {view} where model_id = 'clara-1'")[1][0].as_py())
    scans = [of for of in _filters(plan) if {"post_id", "model_id"} <= set(of["Projections"])]
    assert scans
    assert all("model_id='clara-1'" in str(of.get("Filters")) for of in scans)


def _filters(plan: list) -> list[dict]:
    """What every scan of the plan reads, and by which filters."""
    found = [node["extra_info"] for node in plan if "READ_PARQUET" in node["name"]]
    return found + [of for node in plan for of in _filters(node["children"])]
