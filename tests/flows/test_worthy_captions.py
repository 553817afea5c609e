"""Captions are worth something to the towers that they were measured with."""

import pytest

from flows.captions_read import Captions, chosen
from msa_core.errors import TrainingError
from tests.flows.captioned_store import KIND
from tests.flows.test_captions_read import ABOUT, half_captioned, measured


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
