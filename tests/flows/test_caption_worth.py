"""`msa caption-worth`: planted worth is found, luck is not, a kill costs nothing, and no model comes of it."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from flows.caption_worth import command, sentence, worth
from flows.captions_read import Captions, chosen
from flows.scored_models import model_named
from flows.train import train
from flows.training_set import subject
from flows.working import working
from msa_core.errors import MsaError, TrainingError
from msa_core.records import Annotation, CaptionWorth
from msa_core.training import Training
from tests.asking import rows
from tests.flows.captioned_store import (
    KIND,
    LABELS,
    QUICK,
    N,
    add_captions,
    captioned,
    labelled,
    post_id,
    shuffled,
    split_of,
    store_of_posts,
)
from warehouse import LeaseHeld, Store
from warehouse.audit import audit
from warehouse.image_cache import ImageCache
from warehouse.sweep import leftovers

BRIEF = QUICK | {"epochs": 1}
N_VAL = sum(split_of(n) == "val" for n in range(N))


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Captions name the label, and nothing else tells it."""
    store, told = captioned(tmp_path_factory.mktemp("planted") / "store"), []
    return store, worth(store, captions="pixels", on_done=told.append, **QUICK), told


def test_captions_that_name_the_label_are_worthy(planted):
    store, done, _ = planted
    first = done.figures[0]
    assert (first.name, first.kind, first.n_posts, first.n_captioned, first.n_seeds) == (
        "weighted_f1", KIND, N_VAL, N_VAL, 3,
    )  # fmt: skip
    assert first.low > 0.1
    assert [row["kind"] for row in rows(store, "from worthy_captions")] == [KIND]
    with store.moment() as moment:
        assert chosen(moment, subject(moment, None, None), Captions()).kind == KIND


def test_every_figure_is_a_fact_with_its_snapshot(planted):
    store, done, _ = planted
    found = {row["name"]: row for row in rows(store, "from caption_worths")}
    assert set(found) == {"weighted_f1", "macro_f1", "accuracy", *(f"f1_{label}" for label in LABELS)}
    assert {row["towers"] for row in found.values()} == {"tiny"}
    assert [figure.name for figure in done.figures][3:] == [f"f1_{label}" for label in LABELS]
    for figure in done.figures:
        row = found[figure.name]
        assert CaptionWorth(**{name: row[name] for name in CaptionWorth.__slots__}) == figure
        assert figure.difference == pytest.approx(figure.with_captions - figure.without_captions)
        assert figure.low <= figure.difference <= figure.high
    frozen = rows(store, "from snapshots where snapshot_id = $id", id=done.figures[0].snapshot_id)
    assert {row["post_id"] for row in frozen} == {post_id(n) for n in range(N) if split_of(n) != "test"}


def test_no_model_comes_of_it_and_every_promise_holds(planted):
    store, _, _ = planted
    assert rows(store, "from models") == rows(store, "from predictions") == rows(store, "from curves") == []
    assert not list(store.places.models.glob("*"))
    assert not list((store.places.tmp / "caption-worth").glob("*"))
    with pytest.raises(MsaError, match="No model"), store.moment() as moment:
        model_named(store, moment, "latest")
    with store.moment() as moment:
        assert [finding for finding in audit(moment) if finding.n_broken] == []


def test_progress_is_told_in_hundredths_of_each_training(planted):
    _, _, told = planted
    assert sum(told) == 2 * 3 * 100
    assert len(told) > 50


def test_the_same_command_has_nothing_to_do(planted):
    store, done, _ = planted
    again = worth(store, captions=KIND, **QUICK)
    assert again.run_id is None
    assert again.figures == done.figures


def test_the_command_prints_a_table_and_one_sentence(planted, capsys):
    store, done, _ = planted
    command(store=store.places.root, captions=None, **QUICK)
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split("\t") == ["figure", "with", "without", "difference", "low", "high"]
    assert [line.split("\t")[0] for line in printed[1:-1]] == [figure.name for figure in done.figures]
    assert printed[-1].startswith(f"nothing to do: {KIND}: captions help: weighted F1 +0.")
    assert printed[-1].endswith(f"(n = {N_VAL} validation posts, {N_VAL} with a caption; 3 seeds)")


def test_the_same_captions_on_other_posts_are_not_worthy(tmp_path):
    store = captioned(tmp_path, shuffled)
    first = worth(store, **QUICK).figures[0]
    assert first.low <= 0
    assert rows(store, "from worthy_captions") == []
    with pytest.raises(TrainingError, match="--force-captions"):
        train(store, captions=Captions(KIND), towers="tiny", epochs=1, image_size=32)


def test_the_test_split_is_never_read(planted, tmp_path):
    """Two stores that differ in their test posts alone: in one their captions and labels say the opposite."""
    _, done, _ = planted
    other = store_of_posts(tmp_path)
    add_captions(other, lambda n: "labelled nonsense" if split_of(n) == "test" else labelled(n))
    damaged = [post_id(n) for n in range(N) if split_of(n) == "test"]
    with other.begin("review-pull", parameters={}, inputs=[], version=1) as run:
        table = "select * exclude (run_id, origin_run_id) from annotations where post_id in (select unnest($ids))"
        with other.moment() as moment:
            given = moment.table(table, ids=damaged).to_pylist()
        run.write("annotations", [_contradicted(row) for row in given])
    assert worth(other, **QUICK).figures == done.figures
    sealed = [f"{n:064x}" for n in range(N) if split_of(n) == "test"]
    every = [f"{n:064x}" for n in range(N)]
    assert set(ImageCache(other.places.cache, size=QUICK["image_size"]).missing(every)) == set(sealed)


def _contradicted(row: dict):
    changed = {"annotation_id": f"again-{row['annotation_id']}", "label": "neutral", "supersedes": row["annotation_id"]}
    return Annotation(**row | changed)


def killed_after_two_trainings(store: Store) -> None:
    """Another process measures; while it stands still, nobody else may; then it is killed."""
    program = "import sys; from pathlib import Path; from flows.caption_worth import worth; from warehouse import Store"
    program += f"\nworth(Store.open(Path(sys.argv[1])), **{QUICK!r})"
    with subprocess.Popen([sys.executable, "-c", program, str(store.places.root)]) as first:
        deadline = time.monotonic() + 300
        while len(list((store.places.tmp / "caption-worth").glob("*/*.npy"))) < 2:
            assert first.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        os.kill(first.pid, signal.SIGSTOP)
        with pytest.raises(LeaseHeld, match="Another process works on 'caption-worth-"):
            worth(store, **QUICK)
        first.kill()


@pytest.mark.slow
def test_a_sigkill_costs_at_most_the_epoch_in_flight(planted, tmp_path, monkeypatch):
    store, done, _ = planted
    other, n_epochs, epoch = captioned(tmp_path / "store"), [], Training.epoch
    killed_after_two_trainings(other)

    def counted(self, *arguments):
        n_epochs.append(1)
        return epoch(self, *arguments)

    monkeypatch.setattr(Training, "epoch", counted)
    assert worth(other, **QUICK) == done
    assert 0 < len(n_epochs) <= 4 * QUICK["epochs"]
    for table in ("caption_worths", "snapshots"):
        files = [sorted((each.places.facts / table).glob("run_id=*-*/part-0000*.parquet")) for each in (store, other)]
        one, two = ([path.read_bytes() for path in some] for some in files)
        assert one == two != []
    assert not list((other.places.tmp / "caption-worth").glob("*"))


def test_a_killed_measurement_can_be_started_over(tmp_path, monkeypatch):
    store = captioned(tmp_path)
    with monkeypatch.context() as patch:
        patch.setattr("flows.caption_arms.publish", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            worth(store, **BRIEF)
    (left,) = (store.places.tmp / "caption-worth").glob("*")
    shutil.copy(next(left.rglob("probs.npy")), left / "with-7.npy")
    (left / "with-7.npy").write_bytes(b"broken")
    assert worth(store, resume=False, **BRIEF).run_id is not None


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_the_latest_model_stays_the_latest(tmp_path):
    store = captioned(tmp_path)
    model_id = train(store, towers="tiny", epochs=1, image_size=32).model_id
    worth(store, **BRIEF)
    with store.moment() as moment:
        assert model_named(store, moment, "latest").model_id == model_id


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [
        (0.01, 0.2, "captions help"),
        (-0.1, 0.2, "it cannot be told whether captions help"),
        (0.0, 0.2, "it cannot be told whether captions help"),
        (-0.2, -0.01, "captions do not help"),
        (0.0, 0.0, "captions do not help"),
    ],
)
def test_the_sentence_says_what_the_interval_says(low: float, high: float, verdict: str):
    found = sentence(CaptionWorth("sentiment", "told", KIND, "s", "weighted_f1", 0.5, 0.4, 0.1, low, high, 40, 3, 20))
    assert found.startswith(f"{KIND}: {verdict}: weighted F1 +0.100 [{low:+.3f}, {high:+.3f}]")


def test_what_cannot_be_measured_says_why(tmp_path):
    store = store_of_posts(tmp_path)
    with pytest.raises(TrainingError, match=r"has a caption\. Make some first: msa caption"):
        worth(store, **BRIEF)
    add_captions(store, labelled, among=range(0, N, 5))  # posts of train
    with pytest.raises(TrainingError, match="2 seeds do not tell luck from worth"):
        worth(store, seeds=2, **BRIEF)
    with pytest.raises(TrainingError, match="which of them do would tell of their labels"):
        worth(store, **BRIEF)


def test_a_sweep_spares_what_is_being_measured(tmp_path):
    store = Store.init(tmp_path)
    run = store.begin("caption-worth", parameters={}, inputs=[], version=1)
    assert run is not None
    with working(store, run, resume=True) as work:
        assert work.parent == store.places.tmp / "caption-worth"
        assert leftovers(store, older_than_s=0) == []
    assert [left.path for left in leftovers(store, older_than_s=0)] == [work.parent]
