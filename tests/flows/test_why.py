"""`msa why`: one post's whole story, in order, each event with the run that wrote it."""

from pathlib import Path

import pytest

from flows.caption import caption
from flows.caption_ledger import Scope
from flows.captioners import Asked
from flows.why import why
from msa_core.errors import MsaError
from tests.flows.filled_store import filled
from warehouse import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = filled(tmp_path_factory.mktemp("why") / "store")
    caption(made, asked=Asked("pixels"), scope=Scope())
    return made


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


def test_a_twin_is_named(store: Store):
    assert "resembles others" in [each.event for each in why(store, post_id="hand:51").events]


def test_an_unknown_post_names_those_like_it(store: Store, tmp_path: Path):
    with pytest.raises(MsaError, match="Did you mean hand:07"):
        why(store, post_id="07")
    with pytest.raises(MsaError, match="List them with"):
        why(store, post_id="nobody")
