"""The states of a backup folder: a new one is the last, whatever the clock says, and only so many stay."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.warehouse.backups.test_backup import copies, ids, is_whole, rows
from tests.warehouse.conftest import Fill, a_post
from warehouse import Store
from warehouse.backup import backup
from warehouse.compaction import compact
from warehouse.errors import BackupError
from warehouse.restoring import restore, states
from warehouse.shelf import Shelf
from warehouse.sweep import leftovers, sweep


def test_only_the_newest_states_stay_and_what_they_hold_is_whole(store: Store, fill: Fill, tmp_path: Path):
    kept = tmp_path / "kept"
    for number in range(3):
        fill(number, posts=[a_post(str(number))])
        backup(store, kept)
    compact(store)
    sweep(store.places, leftovers(store, older_than_s=0))
    before = len(copies(kept))
    done = backup(store, kept, keep=1)
    assert (done.is_new, done.pruned.n_states) == (True, 3)
    assert done.pruned.n_bytes > 0
    assert len(copies(kept)) < before
    assert states(kept) == [done.state]
    assert is_whole(kept, done.state)
    assert rows(Store.open(restore(kept, tmp_path / "new").root)) == rows(store)
    assert backup(store, kept, keep=5).pruned.n_states == 0


class Ahead(datetime):
    """A clock that runs two hours ahead."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(hours=2)


def test_a_state_is_the_last_also_after_one_made_while_the_clock_ran_ahead(
    store: Store, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    kept = tmp_path / "kept"
    fill(1, posts=[a_post("1")])
    monkeypatch.setattr("warehouse.clock.datetime", Ahead)
    early = backup(store, kept)
    monkeypatch.undo()
    fill(2, posts=[a_post("2")])
    late = backup(store, kept, keep=1)
    assert early.state < late.state
    assert (late.is_new, late.pruned.n_states, states(kept)) == (True, 1, [late.state])
    assert backup(store, kept, keep=1).is_new is False
    assert ids(Store.open(restore(kept, tmp_path / "new").root)) == ids(store)


def test_beside_a_damaged_state_no_content_goes(store: Store, fill: Fill, tmp_path: Path):
    kept = tmp_path / "kept"
    for number in range(3):
        fill(number, posts=[a_post(str(number))])
        backup(store, kept)
    damaged = Shelf(kept).place_of_state(states(kept)[1])
    damaged.write_text("", encoding="utf-8")
    before = copies(kept)
    with pytest.raises(BackupError, match="is damaged"):
        backup(store, kept, keep=2)
    assert copies(kept) == before
