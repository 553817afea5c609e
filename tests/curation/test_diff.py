"""`msa diff`: between snapshots, against now and the champion: what changed and why."""

import json

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.diff import diff
from flows.snapshot import snapshot
from msa_core.errors import MsaError
from tests.curation.curated_store import come_late, commit, copied, review
from tests.flows.test_mine import a_model, a_row
from warehouse import Store


@pytest.fixture(scope="module")
def changed(made, tmp_path_factory) -> tuple[Store, str, str]:
    """One snapshot, then a new post, two words of a reviewer and a broken post, then another."""
    store = copied(made, tmp_path_factory.mktemp("changed") / "store")
    before = snapshot(store).snapshot_id
    come_late(store, "late", "negative")
    review(store, "plain-1", "negative")
    review(store, "plain-2", "negative")
    review(store, "plain-3", None, status="broken")
    return store, before, snapshot(store).snapshot_id


def test_added_dropped_and_relabelled_each_with_its_reason(changed):
    store, before, after = changed
    found = diff(store, one=before, other=after)
    assert [(each.post_id.removeprefix("kept:"), each.change, each.reason) for each in found.changes] == [
        ("late", "added", "new-post"),
        ("plain-1", "relabelled", "review"),
        ("plain-3", "dropped", "broken"),
    ]
    assert (found.n_added, found.n_dropped, found.n_relabelled, found.n_same) == (1, 1, 1, 9)


def test_backwards_the_changes_are_undone(changed):
    store, before, after = changed
    found = diff(store, one=after, other=before)
    assert [(each.change, each.reason) for each in found.changes] == [
        ("dropped", "no-label"),
        ("relabelled", "review"),
        ("added", "no-longer-dropped"),
    ]


def test_a_post_that_is_labelled_later_is_no_new_post(store):
    strict = snapshot(store, label_policy="strict").snapshot_id
    review(store, "mixed", "neutral")
    (change,) = diff(store, one=strict, other=snapshot(store, label_policy="strict").snapshot_id).changes
    assert (change.change, change.reason, change.label_after) == ("added", "newly-labelled", "neutral")
    reasons = {each.reason for each in diff(store, one=strict).changes if each.post_id != "kept:mixed"}
    assert reasons == {"policy"}


def test_now_is_what_a_snapshot_chosen_the_same_way_would_hold(changed):
    store, before, after = changed
    assert diff(store, one=after).changes == ()
    assert diff(store, one=before).changes == diff(store, one=before, other=after).changes
    one_each = snapshot(store, duplicates="one").snapshot_id
    assert diff(store, one=one_each).changes == ()
    assert {each.change for each in diff(store, one="now", other=before).changes} == {"added", "dropped", "relabelled"}


def test_weights_are_counted_apart(changed):
    store, _, after = changed
    found = diff(store, one=after, other=snapshot(store, weights="agreement").snapshot_id)
    assert (found.changes, found.n_reweighted, found.n_recaptioned) == ((), 3, 0)


def test_the_champion_stands_for_what_it_learned_from(store):
    with pytest.raises(MsaError, match="msa train"):
        diff(store, one="champion")
    commit(store, "train", models=[a_model("clara-1")], snapshots=[a_row("kept:plain-1", "train", 0)])
    found = diff(store, one="champion")
    assert found.one == "snapshot-1"
    assert (found.n_relabelled, found.changes[0].reason) == (1, "newly-labelled")


def test_the_command_prints_tables_or_json(changed):
    store, before, after = changed
    asked = ["diff", before[:18], after[9:18], "--store", str(store.places.root)]
    told = CliRunner().invoke(app, asked).output.splitlines()
    assert told[0] == f"{before} → {after}: 1 added, 1 dropped, 1 relabelled, 9 as before"
    assert "relabelled\treview\t1" in told
    assert "positive\tnegative\t1" in told
    plain = json.loads(CliRunner().invoke(app, [*asked, "--json"]).output)
    assert (plain["n_added"], len(plain["changes"])) == (1, 3)


@pytest.mark.parametrize(
    ("one", "other", "says"),
    [
        ("snapshot-none", "now", "No snapshot 'snapshot-none' in .*snapshot_cards"),
        ("snapshot-", "now", "2 snapshots begin with 'snapshot-': snapshot-.*Give more of the id"),
        ("now", "now", "Name a snapshot"),
    ],
)
def test_a_name_that_is_unknown_or_means_several_is_an_error(store, one: str, other: str, says: str):
    snapshot(store)
    snapshot(store, duplicates="one")
    with pytest.raises(MsaError, match=says):
        diff(store, one=one, other=other)
