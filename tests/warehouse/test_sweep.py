"""What `msa gc` may take: a file is as old as its being replaced, and whoever works may still read it."""

import os
import time
from pathlib import Path

import pytest

from tests.warehouse.conftest import Fill, a_post
from warehouse import Store
from warehouse.compaction import compact
from warehouse.leases import lease
from warehouse.sweep import DAY_S, leftovers, sweep

COUNT = "select count(*) from posts"


@pytest.fixture
def old(store: Store, fill: Fill) -> Store:
    """Three small runs, three days old."""
    for number in range(3):
        fill(number, posts=[a_post(str(number))])
    for path in store.places.facts.rglob("*"):
        aged(path, days=3)
    return store


def aged(path: Path, *, days: float) -> None:
    then = time.time() - days * DAY_S
    os.utime(path, (then, then))


def test_a_moment_still_reads_what_a_compaction_has_just_replaced_however_old_the_files_are(old: Store):
    with old.moment() as before:
        compact(old)
        sweep(old.places, leftovers(old))
        assert before.value(COUNT) == 3
    assert leftovers(old) == []
    assert len(leftovers(old, older_than_s=0)) == 7, "rows of three runs, and what says that these and the init ran"


def test_what_was_replaced_stays_while_anybody_works_and_goes_after(old: Store):
    with old.moment() as moment:
        compact(old)
        found = leftovers(old, older_than_s=0)
        with lease(old.places, "score"):
            assert leftovers(old, older_than_s=0) == []
            assert sweep(old.places, found) == 0
        assert moment.value(COUNT) == 3
    with lease(old.places, "serve"):
        assert leftovers(old, older_than_s=0) == found, "a house that serves for weeks is swept, too"
    sweep(old.places, found)
    assert not any(each.path.exists() for each in found)
    with old.moment() as after:
        assert after.value(COUNT) == 3


def test_what_was_replaced_is_as_old_as_the_first_run_that_hid_it(old: Store, fill: Fill):
    """Else a store that is compacted each day would never be swept."""
    compact(old)
    hidden = {each.path: each.touched_s for each in leftovers(old, older_than_s=0)}
    fill(9, posts=[a_post("9")])
    compact(old)
    later = {each.path: each.touched_s for each in leftovers(old, older_than_s=0)}
    assert hidden.items() < later.items()
