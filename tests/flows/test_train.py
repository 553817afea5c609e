"""`msa train`: what trains, what is kept, and what a kill costs."""

import os
import signal
import subprocess
import sys
import time

import pyarrow as pa
import pytest

from flows.train import train
from flows.working import work_of
from msa_core import checkpoint
from msa_core.records import Annotation, Cluster, Post, Split
from msa_core.training import Progress, Training
from tests.flows.filled_store import filled
from warehouse import LeaseHeld, Store

QUICK = {"towers": "tiny", "epochs": 2, "image_size": 32, "max_length": 24, "batch_size": 16}
WORDS = [word for name, value in QUICK.items() for word in (f"--{name.replace('_', '-')}", str(value))]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    store = filled(tmp_path_factory.mktemp("trained"), "split")
    return store, train(store, folds=2, **QUICK)


def _table(store: Store, sql: str, **values: object) -> pa.Table:
    with store.moment() as moment:
        return moment.table(sql, **values)


def _facts(store: Store) -> dict[str, bytes]:
    tables = ("snapshots", "models", "curves")
    return {
        table: b"".join(path.read_bytes() for path in sorted((store.places.facts / table).rglob("part-*.parquet")))
        for table in tables
    }


def _post(post_id: str) -> Post:
    return Post(
        post_id, "hand", post_id, "sentiment", "a late post", "0" * 64, "x", None, "utf-8", 0, None, False, None
    )


def _given(post_id: str, label: str) -> list[Annotation]:
    none = (None,) * 7
    return [
        Annotation(f"{post_id}-{side}", post_id, "dump-1", side, label, None, "given", None, "dump", *none)
        for side in ("text", "image")
    ]


def _write(store: Store, table: str, rows: list[object]) -> None:
    run = store.begin("ingest", parameters={"table": table}, inputs=[str(rows)], version=1)
    assert run is not None
    with run:
        run.write(table, rows)


def test_the_model_its_snapshot_and_its_curves_are_facts(trained):
    store, done = trained
    (model,) = _table(store, "from models").to_pylist()
    assert (model["model_id"], model["labels"]) == (done.model_id, ["negative", "neutral", "positive"])
    rows = _table(store, "from snapshots order by post_id").to_pylist()
    assert {row["split"] for row in rows} == {"train", "val"}
    assert len(rows) == done.n_train + done.n_val
    folds = _table(store, "select distinct fold from curves order by all")["fold"].to_pylist()
    assert set(folds) == {None, 0, 1}


def test_the_checkpoint_is_whole_and_its_digest_is_kept(trained):
    store, done = trained
    folder = store.places.models / done.model_id
    assert {"config.json", "heads.safetensors", "metrics.json", "fold-0", "fold-1"} <= {
        p.name for p in folder.iterdir()
    }
    assert checkpoint.digest(folder) == _table(store, "from models")["checkpoint_sha256"][0].as_py()
    assert not list((store.places.tmp / "train").glob("*"))


def test_the_same_command_is_nothing_to_do(trained):
    store, done = trained
    again = train(store, folds=2, **QUICK)
    assert (again.run_id, again.model_id, again.val_weighted_f1) == (None, done.model_id, done.val_weighted_f1)


def test_test_posts_never_train(trained):
    store, _ = trained
    assert _table(store, "select 1 from snapshots join splits s using (post_id) where s.split = 'test'").num_rows == 0


@pytest.mark.parametrize("epochs_done", [1, 3, 5])
def test_a_killed_training_goes_on_to_the_same_bytes(trained, tmp_path, monkeypatch, epochs_done):
    store, done = trained
    other, kept = filled(tmp_path / "other", "split"), []
    keep = Training.keep

    def killed(self, work, progress):
        keep(self, work, progress)
        kept.append(work)
        if len(kept) == epochs_done:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("msa_core.training.Training.keep", killed)
        with pytest.raises(KeyboardInterrupt):
            train(other, folds=2, **QUICK)
    assert _table(other, "from models").num_rows == 0
    again = train(other, folds=2, **QUICK)
    assert again == done
    assert _facts(other) == _facts(store)
    assert checkpoint.digest(other.places.models / done.model_id) == checkpoint.digest(
        store.places.models / done.model_id
    )


def test_forced_training_makes_one_more_model_and_it_is_the_one_that_stands(tmp_path):
    store = filled(tmp_path, "split")
    first, second = train(store, **QUICK), train(store, force=True, **QUICK)
    assert first.model_id != second.model_id
    assert _table(store, "from models order by model_id")["model_id"].to_pylist() == sorted(
        [first.model_id, second.model_id]
    )
    assert train(store, **QUICK).model_id == second.model_id


def test_train_posts_with_a_sealed_twin_are_left_out(tmp_path):
    """Post 3 lies in train, and looks like post 1, which lies in val."""
    store = filled(tmp_path, "split")
    _write(store, "clusters", [Cluster("hand:03", "cluster-1", "image")])
    assert _table(store, "select distinct post_id from leaks")["post_id"].to_pylist() == ["hand:03"]
    trained_on = "select post_id from snapshots where snapshot_id = $id and split = 'train'"
    done, kept = train(store, **QUICK), train(store, keep_leaks=True, **QUICK)
    rows, more = (_table(store, trained_on, id=each.snapshot_id)["post_id"].to_pylist() for each in (done, kept))
    assert set(more) - set(rows) == {"hand:03"}
    assert (done.n_leaks, kept.n_leaks) == (1, 0)
    assert kept.n_train == done.n_train + 1


def test_labelled_pool_posts_train_too(tmp_path):
    store = filled(tmp_path, "split")
    _write(store, "posts", [_post("hand:90")])
    _write(store, "splits", [Split("hand:90", "pool", 0, False)])
    _write(store, "annotations", _given("hand:90", "positive"))
    train(store, **QUICK)
    (row,) = _table(store, "from snapshots where post_id = 'hand:90'").to_pylist()
    assert (row["split"], row["label"]) == ("pool", "positive")


def test_a_killed_training_can_be_started_over(tmp_path, monkeypatch):
    store = filled(tmp_path, "split")
    with monkeypatch.context() as patch:
        patch.setattr("msa_core.checkpoint.save", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(store, **QUICK)
    assert list((store.places.tmp / "train").rglob("state.pt"))
    monkeypatch.setattr("msa_core.training.Training.resume", _not_from_there)
    assert train(store, resume=False, **QUICK).run_id is not None


def test_of_two_processes_that_train_one_model_the_second_is_told_so(tmp_path):
    store = filled(tmp_path, "split")
    program = f"import sys; from pathlib import Path; from flows.train import train; from warehouse import Store\n\
train(Store.open(Path(sys.argv[1])), **{QUICK!r})"
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)]) as first:
        deadline = time.monotonic() + 300
        while not list(store.places.leases.glob("train-*.json")):
            assert first.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(first.pid, signal.SIGSTOP)
        with pytest.raises(LeaseHeld, match="Another process works on 'train-"):
            train(store, **QUICK)
        first.kill()
    assert train(store, **QUICK).run_id is not None
    assert not list(store.places.leases.glob("train-*.json"))


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def _not_from_there(self, work):
    assert not (work / "state.pt").exists()
    return Progress()


def test_the_work_lies_under_tmp(tmp_path):
    store = filled(tmp_path, "split")
    run = store.begin("train", parameters={}, inputs=[], version=1)
    assert run is not None
    assert work_of(store, run).is_relative_to(store.places.tmp)


@pytest.mark.slow
def test_of_two_processes_that_train_together_one_speaks(trained):
    store, done = trained
    together = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "flows.cli"]
    words = [sys.executable, "-m", *together, "train", "--store", str(store.places.root), "--folds", "2", *WORDS]
    said = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert said.returncode == 0, said.stderr[-2000:]
    assert said.stdout.count(done.model_id) == 1
