"""`msa score`: every post once, out of fold where it was trained on, with the numbers that the Classifier gives."""

import numpy as np
import pyarrow as pa
import pytest

from flows.score import score
from flows.train import train
from msa_core import Classifier
from msa_core.errors import MsaError
from msa_core.records import Cluster, Split
from tests.flows.filled_store import filled
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
