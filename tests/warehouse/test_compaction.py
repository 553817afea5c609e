"""Compaction and gc: views, lineage and open readers see no change."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.warehouse.conftest import Fill, a_post
from warehouse import LeaseHeld, Store
from warehouse.audit import audit
from warehouse.compaction import compact
from warehouse.leases import lease
from warehouse.sweep import leftovers, sweep


def ids(store: Store) -> list[tuple[str, str]]:
    with store.moment() as moment:
        rows = moment.table("select post_id, origin_run_id from posts order by post_id")
        return list(zip(rows[0].to_pylist(), rows[1].to_pylist(), strict=True))


def test_a_compaction_changes_no_view_and_keeps_who_made_each_row(store: Store, fill: Fill):
    for number in range(5):
        fill(number, posts=[a_post(str(number))])
    before = ids(store)
    with store.moment() as moment:
        inputs, history = moment.inputs("posts"), moment.value("select count(*) from run_history")
    done = compact(store)
    assert done.n_runs == 6  # five ingests and the init
    assert ids(store) == before
    with store.moment() as moment:
        assert moment.inputs("posts") == inputs
        assert moment.value("select count(*) from run_history") == history + 1
        assert moment.value("select label_policy from policy_in_force") == "literature"
        assert all(finding.n_broken == 0 for finding in audit(moment))


def test_a_run_that_was_compacted_is_still_done(store: Store, fill: Fill):
    for number in range(3):
        fill(number, posts=[a_post(str(number))])
    compact(store)
    sweep(leftovers(store, older_than_s=0))
    assert store.begin("ingest", parameters={"number": 1}, inputs=[], version=1) is None


def test_what_a_compaction_replaced_can_be_swept_and_never_comes_back(store: Store, fill: Fill):
    old = fill(1, posts=[a_post("1")])
    forced = store.begin("ingest", parameters={"number": 1}, inputs=[], version=1, force=True)
    assert forced is not None
    with forced:
        forced.write("posts", [a_post("2")])
    fill(3, posts=[a_post("3")])
    compact(store)
    before = ids(store)
    for each in leftovers(store, older_than_s=0):  # as if gc were killed after each step
        sweep([each])
        assert ids(store) == before
    assert not store.places.partition("posts", old).exists()
    compact(store)
    assert ids(store) == before


def test_compacting_twice_keeps_the_first_makers(store: Store, fill: Fill):
    for number in range(3):
        fill(number, posts=[a_post(str(number))])
    compact(store)
    fill(9, posts=[a_post("9")])
    before = ids(store)
    compact(store)
    sweep(leftovers(store, older_than_s=0))
    assert ids(store) == before
    assert compact(store).run_id is None


@pytest.mark.slow
def test_a_thousand_runs_become_one_under_the_eyes_of_an_open_reader(store: Store, fill: Fill):
    for number in range(1000):
        fill(number, posts=[a_post(f"{number:04d}")])
    before = ids(store)
    program = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True)\n"
        "query = 'select count(*), count(distinct origin_run_id) from posts'\n"
        "for line in sys.stdin: print(c.sql(query).fetchall()[0], flush=True)"
    )
    command = [sys.executable, "-c", program, str(store.places.catalog)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        for step in (lambda: None, lambda: compact(store), lambda: sweep(leftovers(store, older_than_s=0))):
            step()
            assert reader.stdin is not None
            assert reader.stdout is not None
            reader.stdin.write("count\n")
            reader.stdin.flush()
            assert reader.stdout.readline() == "(1000, 1000)\n"
        reader.stdin.close()
    assert ids(store) == before
    assert len(list(store.places.facts.glob("posts/*/*.parquet"))) == 2  # the seed and the compaction


def test_gc_leaves_what_is_younger_than_a_day(store: Store):
    orphan = store.places.partition("posts", "ingest-0000") / "part-0.parquet"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes((store.places.partition("posts", "init-seed") / "part-0.parquet").read_bytes())
    assert leftovers(store) == []
    (found,) = leftovers(store, older_than_s=0)
    assert found.path == orphan.parent
    sweep([found])
    assert not orphan.exists()


def test_two_compactions_cannot_run_at_once(store: Store, fill: Fill):
    fill(1, posts=[a_post("1")])
    with lease(store.places, "compact"), pytest.raises(LeaseHeld, match="compact"):
        compact(store)


def test_a_lease_of_a_dead_process_is_taken_over(store: Store, tmp_path: Path):
    program = (
        "import os, sys; from pathlib import Path; from warehouse import Places; from warehouse.leases import lease\n"
        "with lease(Places(Path(sys.argv[1])), 'push'): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(store.places.root)], check=False)
    assert (store.places.leases / "push.json").exists()
    with lease(store.places, "push"):
        pass
    assert not (store.places.leases / "push.json").exists()


def test_gc_leaves_what_was_touched_after_it_looked(store: Store):
    orphan = store.places.partition("posts", "ingest-0000") / "part-0.parquet"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"left by a killed run")
    found = leftovers(store, older_than_s=0)
    os.utime(orphan, (time.time() + 10, time.time() + 10))
    assert sweep(found) == 0
    assert orphan.exists()
