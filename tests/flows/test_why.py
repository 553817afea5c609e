"""`msa why`: one post's whole story, in order, each event with the run that wrote it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.caption import caption
from flows.caption_ledger import Scope
from flows.captioners import Asked
from flows.cli import app
from flows.why import Story, label_in_words, stories, why
from msa_core.errors import MsaError
from msa_core.records import Annotation, Promotion, Quarantined, SnapshotDrop
from tests.flows.filled_store import filled
from warehouse import Store

AT = datetime(2026, 5, 4, 3, 2, tzinfo=UTC)
REVIEWED = "hand:04"  # neutral, as the dump has it


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Captions, a champion, a snapshot that left a post out, and a reviewer who spoke of one post."""
    made = filled(tmp_path_factory.mktemp("why") / "store")
    caption(made, asked=Asked("pixels"), scope=Scope())
    run = made.begin("gate", parameters={}, inputs=["by hand"], version=1)
    assert run is not None
    with run:
        run.write("promotions", [Promotion("clara-hand", AT, None, "promoted", "first", "first", "{}", 1, None, None)])
        run.write("snapshot_drops", [SnapshotDrop("snapshot-hand", REVIEWED, "broken")])
        run.write("annotations", [a_review("ann", "negative", "plainly <b>ironic</b>")])
        run.write("quarantine", [Quarantined("quarantine-1", "round", "no-label", "two boxes", REVIEWED, "bob", 1, 2)])
    return made


def a_review(who: str, label: str, words: str) -> Annotation:
    return Annotation(
        f"annotation-{who}", REVIEWED, who, "both", label, None, "given", words, "label-studio", None, 3.0, AT, "round",
        1, 2, None,
    )  # fmt: skip


def of(story: Story, event: str) -> list[tuple[str, str]]:
    return [(each.who, each.what) for each in story.events if each.event == event]


def test_the_story_runs_from_its_coming_to_its_caption(store: Store):
    story = why(store, post_id="hand:01")
    told = [each.event for each in story.events]
    assert told[0] == "came"
    assert {"was judged", "was placed", "was frozen", "was predicted", "was described"} <= set(told)
    assert story.text is not None
    assert "weather" in story.text


def test_every_event_names_a_run_that_the_store_holds_and_its_code(store: Store):
    with store.moment() as moment:
        runs = set(moment.table("select run_id from run_history")["run_id"].to_pylist())
        n_orphans = moment.value("select count(*) from post_events where run_id not in (select run_id from runs)")
    events = why(store, post_id="hand:00").events
    assert {each.run_id for each in events} <= runs
    assert all(each.code_version for each in events)
    assert n_orphans == 0


def test_the_label_in_force_says_what_it_replaced_and_whose_it_is(store: Store):
    story = why(store, post_id=REVIEWED)
    assert (story.label, story.label_before, story.label_by) == ("negative", "neutral", ("ann",))
    assert label_in_words(story) == "negative instead of neutral (review consensus: ann)"
    assert label_in_words(why(store, post_id="hand:00")) == "negative (dump literature: dump-1)"


def test_the_story_tells_what_the_reviewer_said_and_what_was_not_taken(store: Store):
    story = why(store, post_id=REVIEWED)
    assert ("ann", "both, negative, “plainly <b>ironic</b>”, annotation-ann") in of(story, "was judged")
    assert of(story, "was judged in vain") == [("bob", "no-label, two boxes, quarantine-1")]


def test_the_story_tells_which_snapshot_left_the_post_out_and_which_model_is_the_champion(store: Store):
    story = why(store, post_id=REVIEWED)
    assert of(story, "was left out") == [("snapshot-hand", "broken")]
    assert [who for who, what in of(story, "was predicted") if "the champion" in what] == ["clara-hand"]


def test_the_caption_is_the_one_that_people_see(store: Store):
    story = why(store, post_id=REVIEWED)
    assert story.caption is not None
    assert story.caption_kind == "pixels:pixels-1:none"
    assert of(story, "was described")[0][1].startswith(story.caption)


def test_many_stories_at_once_are_those_of_each_post(store: Store):
    ids = ["hand:00", REVIEWED, "hand:51"]
    assert stories(store, [*ids, "hand:none"]) == [why(store, post_id=each) for each in ids]
    assert stories(store, []) == []


def test_a_program_reads_the_story_as_json(store: Store):
    out = CliRunner().invoke(app, ["why", REVIEWED, "--json", "--store", str(store.places.root)])
    assert out.exit_code == 0, out.output
    told = json.loads(out.output)
    assert (told["label"], told["label_by"]) == ("negative", ["ann"])
    assert {each["event"] for each in told["events"]} >= {"came", "was judged", "was left out"}


def test_many_posts_are_told_as_they_were_asked_for(store: Store):
    out = CliRunner().invoke(app, ["why", REVIEWED, "hand:00", "--store", str(store.places.root)])
    heads = [line.split(":")[1] for line in out.output.splitlines() if line.startswith("hand:")]
    assert heads == ["04", "00"]


def test_many_stories_are_json_lines(store: Store):
    out = CliRunner().invoke(app, ["why", REVIEWED, "hand:00", "--json", "--store", str(store.places.root)])
    assert [json.loads(line)["post_id"] for line in out.output.splitlines()] == [REVIEWED, "hand:00"]


def test_one_unknown_post_among_many_is_an_error_that_names_it(store: Store):
    out = CliRunner().invoke(app, ["why", REVIEWED, "hand:99", "--store", str(store.places.root)])
    assert out.exit_code == 2
    assert "No post 'hand:99'" in out.output
    assert REVIEWED not in out.output


def test_a_person_reads_it_line_by_line(store: Store):
    out = CliRunner().invoke(app, ["why", REVIEWED, "--store", str(store.places.root)])
    assert out.output.startswith("hand:04: negative instead of neutral (review consensus: ann)\nPost 4 says")
    assert "2026-05-04 03:02\twas judged\tann" in out.output


def test_a_twin_is_named(store: Store):
    assert "resembles others" in [each.event for each in why(store, post_id="hand:51").events]


def test_an_unknown_post_names_those_like_it(store: Store, tmp_path: Path):
    with pytest.raises(MsaError, match="Did you mean hand:07"):
        why(store, post_id="07")
    with pytest.raises(MsaError, match="List them with"):
        why(store, post_id="nobody")
