"""What `msa serve` says of itself at its start."""

from pathlib import Path

import pytest

from flows.serve import Asked, welcome
from tests.flows.filled_store import filled
from warehouse import Store


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
