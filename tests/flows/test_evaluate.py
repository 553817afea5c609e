"""`msa evaluate` and `msa predict`."""

import csv
import json

import pytest

from flows.evaluate import evaluate, unsealed_split
from flows.ingest import ingest
from flows.predict import predict
from flows.sample_dump import sample_dump
from flows.score import score
from flows.split import split as split_posts
from flows.train import train
from msa_core.errors import MsaError
from msa_core.records import Cluster, Post, Split
from tests.flows.filled_store import filled
from tests.flows.test_train import QUICK, _write
from warehouse import Store


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    store = filled(tmp_path_factory.mktemp("evaluated"), "split")
    for number in (7, 101, 22):
        post_id, number_text = f"hand:u{number}", str(number)
        post = Post(
            post_id, "hand", number_text, "sentiment", "a post whose label is withheld", "0" * 64, "x", None, "utf-8",
            0, "test", True, None,
        )  # fmt: skip
        _write(store, "posts", [post])
        _write(store, "splits", [Split(post_id, "pool", None, True)])
        _write(store, "clusters", [Cluster(post_id, f"cluster-{post_id}", "none")])
    train(store, folds=2, **QUICK)
    score(store)
    return store


def test_every_figure_has_its_interval_and_is_a_fact(scored):
    done = evaluate(scored, split="val")
    names = {figure.name for figure in done.figures if figure.label is None}
    assert names == {"accuracy", "weighted_f1", "macro_f1", "ece"}
    each = {figure.name for figure in done.figures if figure.label == "neutral"}
    assert each >= {"precision", "recall", "f1", "support", "predicted_negative", "predicted_neutral"}
    assert all(figure.low <= figure.high for figure in done.figures)
    with scored.moment() as moment:
        kept = moment.value("select count(*) from evaluations where model_id = $id and split = 'val'", id=done.model_id)
    assert kept == len(done.figures)
    assert json.loads(done.json())["n_posts"] == done.n_posts


def test_the_same_evaluation_is_the_same_run(scored):
    first, again = evaluate(scored, split="val"), evaluate(scored, split="val")
    assert again.run_id is None
    assert again.figures == first.figures


def test_baselines_are_judged_on_the_same_posts(scored):
    for split in ("val", "folds"):
        done = evaluate(scored, split=split, baselines=True)
        found = {figure.model_id.split("@")[0]: figure for figure in done.figures if figure.name == "accuracy"}
        assert set(found) == {done.model_id, "majority", "tfidf-lr"}
        assert {figure.n for figure in done.figures} == {done.n_posts}


def test_folds_judge_every_post_that_was_trained_on(scored):
    with scored.moment() as moment:
        n_trained_on = moment.value("select count(*) from snapshots where split <> 'val'")
    assert evaluate(scored, split="folds").n_posts == n_trained_on


def test_reading_the_test_split_is_counted(scored):
    assert evaluate(scored, split="val").n_test_reads == 0
    assert [evaluate(scored, split="test").n_test_reads for _ in range(2)] == [1, 1]
    assert evaluate(scored, split="test", seed=5).n_test_reads == 2


def test_unscored_posts_and_unknown_splits_are_named(tmp_path):
    store = filled(tmp_path, "split")
    model_id = train(store, **QUICK).model_id
    with pytest.raises(MsaError, match="Score first: msa score --model clara-"):
        evaluate(store, split="val")
    assert unsealed_split(store, model_id) is None
    score(store)
    assert unsealed_split(store, model_id) == "val"
    with pytest.raises(MsaError, match="--folds 5"):
        evaluate(store, split="folds")
    with pytest.raises(MsaError, match=r"No posts of source 'nobody'\. Choices: hand"):
        evaluate(store, source="nobody")
    with pytest.raises(MsaError, match="val, test, folds"):
        evaluate(store, split="train")


def test_answers_for_withheld_labels_come_by_number_or_in_a_given_order(scored, tmp_path):
    done = predict(scored, output=tmp_path / "predict.txt")
    rows = list(csv.reader((tmp_path / "predict.txt").open()))
    assert rows[0] == ["guid", "tag"]
    assert [row[0] for row in rows[1:]] == ["7", "22", "101"]
    assert {row[1] for row in rows[1:]} <= {"negative", "neutral", "positive"}
    assert done.n_posts == 3
    (tmp_path / "order.txt").write_text("guid,tag\n22,null\n7,null\n101,null\n")
    predict(scored, output=tmp_path / "predict.txt", order_of=tmp_path / "order.txt")
    rows = list(csv.reader((tmp_path / "predict.txt").open()))
    assert [row[0] for row in rows[1:]] == ["22", "7", "101"]


def test_nothing_to_answer_is_said(tmp_path):
    store = filled(tmp_path, "split")
    train(store, **QUICK)
    with pytest.raises(MsaError, match="msa ingest course"):
        predict(store, output=tmp_path / "predict.txt")


@pytest.mark.parametrize("n_with_text", [0, 30])
def test_baselines_stand_beside_posts_that_have_no_text(tmp_path, n_with_text):
    """Where no training post has any, TF-IDF says the commonest label, and that is told."""
    dump = sample_dump(tmp_path / "dump", posts=40, seed=7).path
    for path in sorted((dump / "data").glob("*.txt"))[n_with_text:]:
        path.unlink()
    store = Store.init(tmp_path / "store")
    ingest(store, format="mvsa-single", path=dump, source="bare", allow_missing=("text",))
    split_posts(store)
    train(store, **{**QUICK, "epochs": 1})
    score(store)
    done = evaluate(store, split="val", baselines=True)
    of = {who: [each.value for each in done.figures if each.model_id.startswith(who)] for who in ("tfidf", "majority")}
    assert (of["tfidf"] == of["majority"]) == bool(done.note) == (n_with_text == 0)
