"""`msa drift`: new posts against the snapshot of the champion; what is strange is asked about, never a test post."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.drift import drift
from flows.post_vectors import post_vectors
from flows.report import report
from flows.score import score
from flows.scored_models import model_named
from flows.train import train
from msa_core.errors import MsaError
from tests.flows.drifting_store import arrive, commit, doubted, learned, say
from tests.flows.filled_store import filled
from tests.flows.test_mine import a_model
from warehouse import Store
from warehouse.declarations import facts, views

QUICK = {"towers": "tiny", "epochs": 1, "image_size": 32, "max_length": 24, "batch_size": 16}
ALIKE = {f"new:{n:03}": "train" for n in range(60)}
STRANGE = {f"other:{n:03}": "pool" for n in range(60)}


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return learned(tmp_path_factory.mktemp("drift") / "store").places.root


@pytest.fixture
def store(untouched: Path, tmp_path: Path) -> Store:
    return copy_of(untouched, tmp_path / "store")


def copy_of(root: Path, other: Path) -> Store:
    shutil.copytree(root, other)
    return Store.open(other)


def ask(store: Store, sql: str) -> list[dict]:
    with store.moment() as moment:
        return moment.table(sql).to_pylist()


def test_more_posts_of_the_same_world_are_no_drift(store: Store):
    arrive(store, ALIKE, seed=1)
    say(store, ALIKE, seed=1)
    done = drift(store)
    assert not done.is_drifted
    assert done.why == f"none of {len(done.figures)} figures drifted: 60 new posts against 300"
    assert {each.name for each in done.figures} == {
        "labels", "predicted", "confidence", "features", "text-length", "language", "encoding"
    }  # fmt: skip


def test_posts_of_another_world_are_named_by_what_differs_and_enter_the_queue(store: Store):
    doubted(store, "old:001")
    arrive(store, STRANGE, seed=2, longer=60, labelled=False)
    say(store, STRANGE, seed=2, apart=6)
    done = drift(store)
    assert done.is_drifted
    assert {each.name for each in done.figures if each.is_drifted} == {"features", "text-length"}
    assert done.n_unfamiliar == 60
    queue = ask(store, "select post_id, reasons, strength from queue where list_contains(reasons, 'unfamiliar')")
    assert {row["post_id"] for row in queue} == set(STRANGE)
    assert all(row["strength"] > 0.99 for row in queue)


def test_posts_in_another_language_are_told_as_such(store: Store):
    arrive(store, ALIKE, seed=1, saying="hoy es un buen día para todos ")
    say(store, ALIKE, seed=1)
    done = drift(store)
    assert [each.name for each in done.figures if each.is_drifted] == ["language"]
    (figure,) = [each for each in done.figures if each.name == "language"]
    assert "es" in figure.bins
    page = report(store, output=store.places.root / "page.html").path.read_text(encoding="utf-8")
    assert "Language of a text" in page


def test_the_same_posts_are_compared_once_and_the_verdict_is_remembered(store: Store):
    arrive(store, STRANGE, seed=2, longer=60)
    say(store, STRANGE, seed=2, apart=6)
    first, again = drift(store), drift(store)
    assert again.run_id is None
    assert (again.is_drifted, again.why, again.figures) == (first.is_drifted, first.why, first.figures)
    latest = ask(store, "select model_id, is_drifted, n_current, why from latest_drift")
    assert latest == [{"model_id": "clara-old", "is_drifted": True, "n_current": 60, "why": first.why}]


def test_too_few_new_posts_give_no_verdict(store: Store):
    assert drift(store).why == "0 new posts, fewer than 30: no verdict"
    arrive(store, dict(list(STRANGE.items())[:29]), seed=2, longer=60)
    done = drift(store)
    assert (done.run_id, done.is_drifted, done.figures) == (None, False, ())
    assert "29 new posts" in done.why


def test_test_posts_and_twins_of_what_was_learned_and_unplaced_posts_are_not_compared(store: Store):
    hidden = {f"other:{n:03}": ("test" if n < 40 else "pool") for n in range(60)}
    arrive(store, hidden, seed=2, longer=60)
    assert drift(store).why.startswith("20 new posts")
    again = [{"post_id": f"other:{n:03}", "cluster_id": "cluster-old:001", "why": "text"} for n in range(40, 50)]
    commit(store, "split", "twins", clusters=pa.Table.from_pylist(again))
    assert drift(store).why.startswith("10 new posts")


def test_a_source_is_compared_alone(store: Store):
    for posts, longer in ((ALIKE, 0), (STRANGE, 60)):
        arrive(store, posts, seed=3, longer=longer)
        say(store, posts, seed=3, apart=longer / 10)
    assert drift(store, source="other").is_drifted
    assert not drift(store, source="new").is_drifted
    assert ask(store, "select count(*) as n from drift_verdicts") == [{"n": 2}]


def test_of_a_source_that_no_retraining_would_learn_nothing_is_measured_and_that_is_said(tmp_path: Path):
    store = learned(tmp_path / "store", source="old")
    arrive(store, STRANGE, seed=2, longer=60)
    assert drift(store).why == (
        "0 new posts, fewer than 30: no verdict; 60 labelled posts of other sources are not looked at: clara-old"
        " learns from its own alone"
    )
    arrive(store, {f"old:{n:03}": "pool" for n in range(300, 360)}, seed=3, longer=60)
    done = drift(store, at_most=0)
    assert done.is_drifted
    assert "60 new posts against 300; 60 labelled posts of other sources" in done.why


def test_posts_without_a_prediction_are_compared_by_what_they_are_and_counted(store: Store):
    arrive(store, STRANGE, seed=2, longer=60)
    done = drift(store, at_most=0)
    assert {each.name for each in done.figures} == {"labels", "text-length", "language", "encoding"}
    assert (done.n_unscored, done.n_unfamiliar) == (60, 0)


def test_every_promise_of_the_store_holds_after_a_drift(store: Store):
    arrive(store, STRANGE, seed=2, longer=60)
    say(store, STRANGE, seed=2, apart=6)
    drift(store)
    ours = ("drifts", "drift_posts", "drift_verdicts", "latest_drift", "doubts")
    promised = [(each.name, each.audits) for each in (*facts().values(), *views().values()) if each.name in ours]
    assert len(promised) == len(ours)
    for name, audits in promised:
        for promise in audits:
            assert ask(store, f"from {name} where not coalesce(({promise}), false)") == [], promise


def test_two_stores_measure_the_same(untouched: Path, tmp_path: Path):
    found = []
    for name in ("one", "two"):
        store = copy_of(untouched, tmp_path / name)
        arrive(store, STRANGE, seed=2, longer=60)
        say(store, STRANGE, seed=2, apart=6)
        found.append((drift(store), ask(store, "select post_id, strength from doubts order by post_id")))
    assert found[0] == found[1]


def test_models_of_several_tasks_are_told_apart(store: Store):
    commit(store, "train", "hate", models=[a_model("clara-hate", task="hate", labels=("not-hateful", "hateful"))])
    with pytest.raises(MsaError, match="--task hate"):
        drift(store)
    assert drift(store, task="sentiment").model_id == "clara-old"


def test_drift_is_no_error(store: Store):
    arrive(store, STRANGE, seed=2, longer=60)
    say(store, STRANGE, seed=2, apart=6)
    out = CliRunner().invoke(app, ["drift", "--store", str(store.places.root)])
    assert out.exit_code == 0, out.output
    assert "drifted in features" in out.output
    assert "60 new posts are unlike" in out.output


def test_vectors_of_a_real_model_are_computed_once_whatever_the_batch(tmp_path: Path):
    store = filled(tmp_path / "store", "split")
    train(store, **QUICK)
    score(store)
    ids = [f"hand:{n:02}" for n in range(12)]
    with store.moment() as moment:
        of = model_named(store, moment, "latest")
        whole, part = post_vectors(store, moment, of, ids), post_vectors(store, moment, of, ids[:3])
    np.testing.assert_allclose(whole.of(ids[:3]), part.of(ids[:3]), atol=1e-5)
    assert np.abs(whole.of(ids)).sum(axis=1).min() > 0
    commit(store, "drift", "by hand", embeddings=whole.fresh)
    with store.moment() as moment:
        again = post_vectors(store, moment, of, ids)
    assert again.fresh.num_rows == 0
    np.testing.assert_array_equal(again.of(ids), whole.of(ids))
