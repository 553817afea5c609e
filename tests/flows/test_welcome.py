"""What `msa serve` says of itself at its start."""

from pathlib import Path

import pytest

from flows.serve import Asked, welcome
from msa_core.records import Annotation, Post, Split
from tests.flows.filled_store import filled
from warehouse import Store

REST = (None, False, None)


@pytest.mark.parametrize(
    ("stage", "cron", "words"),
    [
        (
            "split",
            "0 2 * * 1",
            "none yet of sentiment: msa retrain --store {} --task sentiment makes the first (by itself",
        ),
        ("split", "0 2 * * 1", "(by itself at '0 2 * * 1', UTC)"),
        (None, "0 2 * * 1", "none yet: msa retrain --store {} makes the first (by"),
        ("split", "off", "by itself never, since retrain is off"),
        ("mined", "0 2 * * 1", ""),
    ],
)
def test_a_new_house_is_told_what_it_waits_for(
    stage: str | None, cron: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    store = filled(tmp_path / "store", stage) if stage else Store.init(tmp_path / "store")
    welcome(store, Asked(tmp_path, crons={"retrain": cron}), "http://127.0.0.1:1", "http://127.0.0.1:2")
    said = capsys.readouterr().out
    assert words.format(store.places.root) in said
    assert ("models    " in said) is (stage != "mined")


@pytest.mark.parametrize("is_labelled", [True, False])
def test_a_task_without_a_model_is_told_beside_those_that_have_one_where_it_can_have_one(
    is_labelled: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    store = filled(tmp_path / "store", "mined")
    more = store.begin("ingest", parameters={"source": "late"}, inputs=[], version=1)
    assert more is not None
    with more:
        more.write("posts", [Post("late:1", "late", "1", "sarcasm", "sure", *("0" * 64, "t", None, "utf-8", 0), *REST)])
        more.write("splits", [Split("late:1", "train", 0, False)])
        if is_labelled:
            said = ("dump-1", "both", "sarcastic", None, "given", None, "dump", *(None,) * 7)
            more.write("annotations", [Annotation("annotation-late", "late:1", *said)])
    welcome(store, Asked(tmp_path), "http://127.0.0.1:1", "http://127.0.0.1:2")
    assert ("none yet of sarcasm: " in capsys.readouterr().out) is is_labelled
