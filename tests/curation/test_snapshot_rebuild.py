"""`msa snapshot --verify`: a snapshot is made again, bit for bit, from what its run read, whatever happened since."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.snapshot import snapshot
from flows.snapshot_rebuild import verify
from flows.training_set import READS
from msa_core.errors import MsaError
from msa_core.records import Annotation
from tests.curation.curated_store import NONE, a_name, come_late, commit, review
from tests.flows.test_mine import a_row
from warehouse import Store
from warehouse.compaction import compact
from warehouse.sweep import leftovers, sweep


def much_later(store: Store) -> None:
    """A new post, a bridge between clusters, reviewers' words, another policy in force."""
    come_late(store, "late", "negative")
    come_late(store, "bridge", "negative", cluster="same")
    review(store, "plain-1", "negative")
    review(store, "plain-2", None, status="broken")
    Store.init(store.places.root, label_policy="strict")


def test_a_snapshot_is_rebuilt_whatever_came_later(store):
    for settings in ({}, {"duplicates": "one", "weights": "agreement"}, {"label_policy": "strict"}):
        made = snapshot(store, **settings)
        found = verify(store, made.snapshot_id)
        assert (found.is_equal, found.n_posts, found.rebuilt_id) == (True, made.n_posts, made.snapshot_id)
    ids = [snapshot(store, **settings).snapshot_id for settings in ({}, {"duplicates": "one"})]
    much_later(store)
    assert snapshot(store, label_policy="literature").snapshot_id not in ids
    assert [verify(store, each).is_equal for each in ids] == [True, True]


def test_compactions_and_sweeps_change_nothing_of_it(store):
    before = snapshot(store).snapshot_id
    much_later(store)
    after = snapshot(store).snapshot_id
    compact(store)
    assert [verify(store, each).is_equal for each in (before, after)] == [True, True]
    come_late(store, "still-later", "positive")
    compact(store)
    sweep(store.places, leftovers(store, older_than_s=0))
    assert [verify(store, each).is_equal for each in (before, after)] == [True, True]


def test_a_snapshot_that_was_changed_is_not_equal_and_the_command_says_so(store, monkeypatch):
    made = snapshot(store)
    strange = "snapshot-0123456789abcdef"
    with store.moment() as moment:
        parameters = json.loads(moment.value("select parameters from runs where verb = 'snapshot'"))
        inputs = moment.inputs(*READS)
    with store.begin("snapshot", parameters=parameters, inputs=inputs, version=2) as run:
        run.write("snapshots", [replace(a_row(a_name("plain-1"), "train", 0), snapshot_id=strange)])
    monkeypatch.setenv("MSA_STORE", str(store.places.root))
    told = CliRunner().invoke(app, ["snapshot", "--verify", strange])
    assert told.exit_code == 1
    assert f"rebuilt as {made.snapshot_id}; 12 posts differ" in told.output
    told = CliRunner().invoke(app, ["snapshot", "--verify", made.snapshot_id[:20]])
    assert (told.exit_code, "all 11 posts equal bit for bit" in told.output) == (0, True)


def test_a_snapshot_without_a_run_of_its_own_cannot_be_rebuilt_and_says_why(store):
    commit(store, "train", snapshots=[a_row(a_name("plain-1"), "train", 0)])
    with pytest.raises(MsaError, match="did not record what it read"):
        verify(store, "snapshot-1")


def test_what_a_forced_run_replaced_is_read_again_until_it_is_swept(store):
    first = store.begin("review-pull", parameters={"of": "ann"}, inputs=[], version=1)
    with first:
        first.write("annotations", [_word("plain-1", "neutral")])
    made = snapshot(store).snapshot_id
    forced = store.begin("review-pull", parameters={"of": "ann"}, inputs=[], version=1, force=True)
    with forced:
        forced.write("annotations", [_word("plain-1", "negative")])
    assert snapshot(store).snapshot_id != made
    assert verify(store, made).is_equal
    sweep(store.places, leftovers(store, older_than_s=0))
    with pytest.raises(MsaError, match=f"it read {first.run_id}, whose rows were replaced by --force"):
        verify(store, made)


def _word(name: str, label: str) -> Annotation:
    given = (a_name(name), "ann", "both", label, None, "given", None, "label-studio")
    return Annotation(f"annotation-{name}-{label}", *given, *NONE)
