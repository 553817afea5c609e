"""Captions are worth something to the towers that they were measured with."""

import pytest

from flows.captions_read import NONE, Captions, chosen
from flows.snapshot import command, snapshot
from flows.train import train
from msa_core.errors import TrainingError
from tests.asking import rows
from tests.flows.captioned_store import KIND
from tests.flows.test_captions_read import ABOUT, ASKED, FORCED, half_captioned, measured


def test_worth_is_of_the_towers_that_it_was_measured_with_or_of_any_until_one_is_named(tmp_path):
    store = half_captioned(tmp_path)
    measured(store, 0.05, towers=None)

    def kinds() -> list[str | None]:
        with store.moment() as moment:
            return [chosen(moment, ABOUT, Captions(), towers).kind for towers in ("tiny", "small", None)]

    assert kinds() == [KIND, KIND, KIND]
    measured(store, -0.05, towers="small", snapshot_id="snapshot-2")
    assert kinds() == [None, None, None]
    measured(store, 0.01, towers="tiny", snapshot_id="snapshot-3")
    assert kinds() == [KIND, None, KIND]
    with store.moment() as moment:
        assert len({row["towers"] for row in moment.table("from latest_worths").to_pylist()}) == 2
        with pytest.raises(TrainingError, match="sentiment of told with the towers small"):
            chosen(moment, ABOUT, Captions(KIND), "small")


def test_a_snapshot_says_which_captions_it_names_and_to_which_towers_they_are_worth_something(tmp_path, capsys):
    store = half_captioned(tmp_path)
    measured(store, 0.05, towers="small")
    command(store=store.places.root)
    told = capsys.readouterr().out.splitlines()
    assert told[1].startswith(f"captions: {KIND}, worth +0.100")
    assert told[1].endswith("weighted F1 to the towers small; --captions none: without")


def test_captions_that_a_snapshot_names_are_learned_only_by_towers_that_they_help(tmp_path, capsys):
    store = half_captioned(tmp_path)
    measured(store, 0.05, towers="small")
    measured(store, -0.05, towers="tiny", snapshot_id="snapshot-2")
    frozen = snapshot(store).snapshot_id
    with pytest.raises(TrainingError) as refused:
        train(store, snapshot=frozen, **ASKED)
    for part in (f"{frozen} names captions", "the towers tiny", "--force-captions", "msa snapshot --captions none"):
        assert part in str(refused.value)
    assert rows(store, "from models") == []
    plain = snapshot(store, captions=Captions(NONE)).snapshot_id
    assert train(store, snapshot=plain, **ASKED).snapshot_id == plain
    assert capsys.readouterr().out == ""


def test_captions_that_a_snapshot_names_are_learned_where_they_help_or_are_forced_or_a_parent_reads_them(
    tmp_path, capsys
):
    store = half_captioned(tmp_path)
    frozen = snapshot(store, captions=FORCED).snapshot_id
    forced = train(store, snapshot=frozen, captions=Captions(length=16, is_forced=True), **ASKED).model_id
    assert capsys.readouterr().out == f"captions: {KIND}, forced: nothing shows that they help\n"
    again = {name: value for name, value in ASKED.items() if name != "towers"}
    assert train(store, snapshot=frozen, parent=forced, **again).snapshot_id == frozen
    measured(store, 0.05)
    assert train(store, snapshot=frozen, captions=Captions(length=16), **ASKED).model_id == forced
    assert capsys.readouterr().out == ""
