"""`msa retrain` and captions: read from then on where their worth was shown, and no longer where it is not."""

import json
from pathlib import Path
from shutil import copytree

import pytest

from flows.captions_read import NONE, Captions
from flows.challenger import Start, begun, start_of, trained, unfinished
from flows.retrain import retrain
from flows.train import train
from msa_core.errors import TrainingError
from tests.asking import champion, rows
from tests.flows.captioned_store import KIND, add_captions, store_of_posts
from tests.flows.test_captions_read import ASKED, EVEN, FORCED, ODD, a_street, half_captioned, measured
from warehouse import Store

FEW = {"fewest": 10}
HELPED, DID_NOT = 0.05, -0.05


def made(root: Path, captions: Captions) -> Path:
    """A store whose champion reads these captions; every other post has one."""
    store = half_captioned(root)
    stands = train(store, captions=captions, **ASKED).model_id
    assert retrain(store, **FEW).model_id == stands
    return root


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("without") / "store", Captions(NONE))


@pytest.fixture(scope="module")
def reading(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("reading") / "store", FORCED)


@pytest.fixture
def plain(without: Path, tmp_path: Path) -> Store:
    """Its champion reads no captions."""
    return Store.open(copytree(without, tmp_path / "plain"))


@pytest.fixture
def told(reading: Path, tmp_path: Path) -> Store:
    """Its champion reads captions whose worth nobody measured."""
    return Store.open(copytree(reading, tmp_path / "told"))


def test_captions_that_have_shown_their_worth_are_read_from_then_on_and_it_begins_from_scratch(plain: Store):
    stands = champion(plain)
    assert start_of(plain, stands, "champion") == Start(stands)
    measured(plain, HELPED)
    done = retrain(plain, force=True, **FEW)
    assert done.gated is not None
    assert f"from scratch: {stands} reads no captions; captions: {KIND}, worth +0.100" in done.why
    (row,) = rows(plain, "from models where model_id = $id", id=done.model_id)
    config = json.loads(row["config"])["config"]
    assert (row["parent_model_id"], config["captions"], config["caption_length"]) == (None, KIND, 48)


def test_captions_of_a_champion_are_read_no_longer_where_the_interval_says_no(told: Store):
    stands = champion(told)
    measured(told, DID_NOT)
    begin = start_of(told, stands, "champion")
    assert (begin.parent, begin.captions) == (None, None)
    assert begin.words.startswith(f"from scratch: {stands} reads captions {KIND}; captions: none has shown its worth")
    challenge = begun(told, stands, begin.parent, None, captions=begin.captions)
    frozen = rows(told, "select distinct caption_id from snapshots where snapshot_id = $id", id=challenge.snapshot_id)
    assert frozen == [{"caption_id": None}]
    assert start_of(told, stands, "champion", FORCED) == Start(stands, captions=KIND)


def test_worth_keeps_the_captions_and_the_weights(told: Store):
    measured(told, HELPED)
    assert start_of(told, champion(told), "champion") == Start(champion(told), captions=KIND)
    assert start_of(told, champion(told), "scratch") == Start(None, captions=KIND)
    assert start_of(told, champion(told), "champion", Captions(NONE)).captions is None


def test_captions_of_unshown_worth_are_refused_unless_forced(plain: Store):
    with pytest.raises(TrainingError, match="--force-captions"):
        retrain(plain, captions="pixels", **FEW)
    assert start_of(plain, champion(plain), "champion", FORCED).captions == KIND


def test_what_was_begun_is_gone_on_with_on_its_own_captions(told: Store):
    stands = champion(told)
    measured(told, HELPED)
    challenge = begun(told, stands, stands, None, captions=KIND)
    add_captions(told, a_street, among=ODD)
    assert unfinished(told, stands, stands, None, captions=KIND) == challenge
    assert unfinished(told, stands, stands, None, captions=None) is None


def test_captions_that_were_made_anew_are_no_reason(told: Store):
    measured(told, HELPED)
    add_captions(told, a_street, among=EVEN, attempt=1)
    assert retrain(told, **FEW).why.startswith("nothing to do: 0 labels changed")


def test_captions_that_do_not_help_any_more_are_a_reason_of_their_own_once(told: Store):
    stands = champion(told)
    measured(told, DID_NOT)
    done = retrain(told, **FEW)
    assert done.gated is not None
    assert f"captions {KIND}, which {stands} reads, do not show their worth any more" in done.why
    (row,) = rows(told, "from models where model_id = $id", id=done.model_id)
    assert "captions" not in json.loads(row["config"])["config"]
    assert retrain(told, **FEW).why.startswith("nothing to do: ")


def test_a_challenger_reads_the_captions_that_it_was_begun_with_whatever_was_measured_since(plain: Store):
    measured(plain, HELPED)
    challenge = begun(plain, champion(plain), None, 1, captions=KIND)
    measured(plain, DID_NOT, snapshot_id="snapshot-2")
    (row,) = rows(plain, "from models where model_id = $id", id=trained(plain, challenge))
    assert json.loads(row["config"])["config"]["captions"] == KIND


def test_the_first_model_of_all_reads_what_is_asked(tmp_path: Path):
    store = store_of_posts(tmp_path)
    add_captions(store, a_street)
    done = retrain(store, towers="tiny", folds=0, epochs=1, captions="pixels", force_captions=True)
    (row,) = rows(store, "from models where model_id = $id", id=done.model_id)
    assert json.loads(row["config"])["config"]["captions"] == KIND


@pytest.mark.parametrize(("towers", "kind"), [(None, KIND), ("tiny", KIND), ("a/clip + a/deberta", None)])
def test_worth_to_other_towers_says_nothing(plain: Store, towers: str | None, kind: str | None):
    measured(plain, HELPED, towers=towers)
    assert start_of(plain, champion(plain), "champion").captions == kind
