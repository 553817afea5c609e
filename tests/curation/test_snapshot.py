"""`msa snapshot`: what is frozen and what is left out, with reasons; the same set is frozen once."""

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.snapshot import snapshot
from msa_core.errors import TrainingError
from tests.asking import rows
from tests.curation.curated_store import a_name, come_late, copied, review
from warehouse import Store, declarations


def held(store: Store, snapshot_id: str) -> dict[str, str]:
    found = rows(store, "from snapshots where snapshot_id = $id", id=snapshot_id)
    return {row["post_id"].removeprefix("kept:"): row["label"] for row in found}


def dropped(store: Store, snapshot_id: str) -> dict[str, str]:
    found = rows(store, "from snapshot_drops where snapshot_id = $id", id=snapshot_id)
    return {row["post_id"].removeprefix("kept:"): row["reason"] for row in found}


def test_every_labelled_post_is_frozen_or_left_out_with_its_reason_and_none_of_test(store):
    done = snapshot(store)
    assert dropped(store, done.snapshot_id) == {"leaky": "leak"}
    labelled = rows(store, "select post_id from labels join splits using (post_id) where split <> 'test'")
    everybody = {*held(store, done.snapshot_id), *dropped(store, done.snapshot_id)}
    assert everybody == {row["post_id"].removeprefix("kept:") for row in labelled}
    assert (done.n_posts, done.n_dropped, done.drops) == (11, 1, (("leak", 1),))


def test_with_one_of_each_cluster_twins_go_and_conflicts_go_whole(store):
    done = snapshot(store, duplicates="one")
    expected = {"leaky": "leak", "twin-1": "duplicate", "torn-1": "conflicting-twins", "torn-2": "conflicting-twins"}
    assert dropped(store, done.snapshot_id) == expected
    review(store, "torn-1", "neutral")
    settled = snapshot(store, duplicates="one")
    assert dropped(store, settled.snapshot_id)["torn-2"] == "duplicate"
    assert held(store, settled.snapshot_id)["torn-1"] == "neutral"


def test_a_post_that_reviewers_call_broken_is_left_out(store):
    review(store, "plain-3", None, status="broken")
    review(store, "mixed", None, status="broken")
    for person in ("ann", "bob"):
        review(store, "mixed", "positive", by=person, word=2)
    assert dropped(store, snapshot(store).snapshot_id) == {"leaky": "leak", "plain-3": "broken"}


def test_another_policy_labels_otherwise_and_reviewers_speak_under_all(store):
    assert held(store, snapshot(store).snapshot_id)["mixed"] == "positive"
    review(store, "plain-1", "neutral")
    strict = held(store, snapshot(store, label_policy="strict").snapshot_id)
    assert "mixed" not in strict
    assert strict["plain-1"] == "neutral"


def test_a_weight_may_be_the_share_of_answers_that_agree(store):
    uniform, weighed = snapshot(store), snapshot(store, weights="agreement")
    assert weighed.snapshot_id != uniform.snapshot_id
    found = rows(store, "from snapshots where snapshot_id = $id", id=weighed.snapshot_id)
    assert {row["post_id"]: row["weight"] for row in found if row["weight"] < 1} == dict.fromkeys(
        map(a_name, ("mixed", "twin-1", "val-2")), 0.5
    )


def test_settings_that_choose_the_same_rows_today_are_snapshots_of_their_own_since_they_may_not_tomorrow(store):
    settings = ({}, {"weights": "agreement"}, {"keep_leaks": True, "duplicates": "one"}, {"duplicates": "one"})
    for name in ("leaky", "twin-1", "twin-2", "torn-1", "torn-2"):
        for person in ("ann", "bob"):
            review(store, name, None, status="broken", by=person)
    made = [snapshot(store, label_policy="strict", **each) for each in settings]
    assert len({each.n_posts for each in made}) == 1
    assert len({each.snapshot_id for each in made}) == len(settings)
    cards = {row["snapshot_id"]: row for row in rows(store, "from snapshot_cards")}
    found = [cards[each.snapshot_id] for each in made]
    assert [card["weights"] for card in found] == ["uniform", "agreement", "uniform", "uniform"]
    assert [card["duplicates"] for card in found] == ["keep", "keep", "one", "one"]
    assert [card["keeps_leaks"] for card in found] == [False, False, True, False]


def test_leaks_may_be_kept_on_purpose(store):
    assert "leaky" in held(store, snapshot(store, keep_leaks=True).snapshot_id)


def test_the_same_set_is_frozen_once_whatever_came_since(store):
    first = snapshot(store)
    come_late(store, "sealed-late", "negative", split="test")
    n_runs = len(rows(store, "from runs"))
    again = snapshot(store)
    assert (again.run_id, again.snapshot_id) == (None, first.snapshot_id)
    assert len(rows(store, "from runs")) == n_runs


def test_two_stores_freeze_to_the_same_bytes(made, store, tmp_path):
    other = copied(made, tmp_path / "other")
    done = snapshot(store, duplicates="one")
    assert snapshot(other, duplicates="one") == done
    for table in ("snapshots", "snapshot_drops"):
        files = [sorted(each.places.partition(table, done.run_id).glob("*")) for each in (store, other)]
        assert [path.read_bytes() for path in files[0]] == [path.read_bytes() for path in files[1]]


def test_a_card_says_what_a_snapshot_holds_and_its_promises_are_kept(store):
    done = snapshot(store, duplicates="one")
    (card,) = rows(store, "from snapshot_cards")
    settings = [card[name] for name in ("task", "source", "label_policy", "duplicates")]
    assert settings == ["sentiment", "kept", "literature", "one"]
    assert (card["n_train"], card["n_val"], card["n_dropped"]) == (6, 2, 4)
    assert dict(card["n_by_label"]) == {"negative": 2, "neutral": 2, "positive": 4}
    assert dict(card["n_by_reason"]) == {"conflicting-twins": 2, "duplicate": 1, "leak": 1}
    assert card["run_id"] == done.run_id
    declared = {**declarations.facts(), **declarations.views()}
    for name in ("snapshots", "snapshot_drops", "snapshot_cards", "standing_labels"):
        for promise in declared[name].audits:
            assert rows(store, f"from {name} where not coalesce(({promise}), false)") == []


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"label_policy": "lenient"}, "No label policy 'lenient'. Choices: literature, strict"),
        ({"weights": "heavy"}, "Choices: uniform, agreement"),
        ({"duplicates": "two"}, "Choices: keep, one"),
        ({"source": "nowhere"}, "Choices: kept"),
    ],
)
def test_a_mistake_lists_the_choices(store, asked: dict, says: str):
    with pytest.raises(TrainingError, match=says):
        snapshot(store, **asked)
    assert rows(store, "from snapshots") == []


def test_the_command_names_the_snapshot_and_the_reasons(store, monkeypatch):
    monkeypatch.setenv("MSA_STORE", str(store.places.root))
    told = CliRunner().invoke(app, ["snapshot"]).output.splitlines()
    assert told[0].startswith("snapshot-")
    assert told[0].endswith(": 11 posts")
    assert told[1:] == ["reason\tposts", "leak\t1"]
    assert CliRunner().invoke(app, ["snapshot"]).output.startswith("nothing to do: snapshot-")
    missing = CliRunner().invoke(app, ["snapshot", "--captions", "pixels"])
    assert missing.exit_code == 2
    assert "msa caption" in missing.output
