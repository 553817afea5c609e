"""Compaction and gc: views, lineage and open readers see no change."""

import os
import subprocess
import sys
import time
from contextlib import closing

import duckdb
import pytest

from msa_core.records import AnnotatorName, Image
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


def test_a_name_that_was_written_over_is_in_no_file_after_compact_and_gc(store: Store, fill: Fill):
    fill(0, annotator_names=[AnnotatorName("label-studio:1", "ann@here"), AnnotatorName("label-studio:2", "ben@here")])
    fill(1, annotator_names=[AnnotatorName("label-studio:1", "reviewer-1")])
    with store.moment() as moment:
        before = moment.table("from annotator_names order by annotator").drop_columns("run_id")
        history = moment.value("select count(*) from run_history")
    compact(store)
    sweep(store.places, leftovers(store, older_than_s=0))
    with store.moment() as moment:
        assert moment.table("from annotator_names order by annotator").drop_columns("run_id") == before
        assert moment.value("select count(*) from run_history") == history + 1
        assert all(finding.n_broken == 0 for finding in audit(moment))
    files = f"{store.places.facts}/annotator_names/*/*.parquet"
    assert duckdb.sql(f"select name from read_parquet('{files}') order by 1").fetchall() == [
        ("ben@here",),
        ("reviewer-1",),
    ]


def test_a_name_that_was_written_over_goes_from_a_run_of_any_size_even_alone(store: Store, fill: Fill):
    fill(0, annotator_names=[AnnotatorName("label-studio:1", "ann@here")], posts=[a_post("0")])
    fill(1, annotator_names=[AnnotatorName("label-studio:1", "reviewer-1")], posts=[a_post("1")])
    before = ids(store)
    assert compact(store, below_mb=0).n_runs == 1
    sweep(store.places, leftovers(store, older_than_s=0))
    assert ids(store) == before
    files = f"{store.places.facts}/annotator_names/*/*.parquet"
    assert duckdb.sql(f"select name from read_parquet('{files}')").fetchall() == [("reviewer-1",)]
    assert compact(store, below_mb=0).run_id is None


def test_a_run_that_was_compacted_is_still_done(store: Store, fill: Fill):
    for number in range(3):
        fill(number, posts=[a_post(str(number))])
    compact(store)
    sweep(store.places, leftovers(store, older_than_s=0))
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
        sweep(store.places, [each])
        assert ids(store) == before
    assert not store.places.partition("posts", old).exists()
    compact(store)
    assert ids(store) == before


def forced(store: Store, number: int, source_id: str) -> str:
    run = store.begin("ingest", parameters={"number": number}, inputs=[], version=1, force=True)
    assert run is not None
    with run:
        run.write("posts", [a_post(source_id)])
        run.count("held", 1)
    return run.run_id


def test_a_forced_attempt_replaces_a_run_that_a_compaction_took_over(store: Store, fill: Fill):
    first, other = fill(1, posts=[a_post("1")]), fill(2, posts=[a_post("2")])
    compact(store)
    sweep(store.places, leftovers(store, older_than_s=0))
    second = forced(store, 1, "1b")
    assert ids(store) == [("mvsa:1b", second), ("mvsa:2", other)]
    compact(store)  # which leaves the replaced rows out
    sweep(store.places, leftovers(store, older_than_s=0))
    assert ids(store) == [("mvsa:1b", second), ("mvsa:2", other)]
    third = forced(store, 1, "1c")
    compact(store)
    assert ids(store) == [("mvsa:1c", third), ("mvsa:2", other)]
    with store.moment() as moment:
        assert all(finding.n_broken == 0 for finding in audit(moment))
        assert {first, second, third} <= set(moment.table("select run_id from run_history")[0].to_pylist())
    with closing(duckdb.connect(str(store.places.catalog), read_only=True)) as reader:
        assert reader.sql("select count(*) from posts").fetchall() == [(2,)]


def test_images_are_merged_in_the_order_of_their_runs_and_not_one_is_lost(store: Store, fill: Fill):
    def image(name: str) -> Image:
        return Image(64 * name, f"bytes of {name}".encode(), 1, 1, "JPEG", "RGB", 10, 0)

    held = {fill(n, images=[image(name) for name in names]): names for n, names in enumerate(("ca", "db", "e"))}
    compact(store)
    sweep(store.places, leftovers(store, older_than_s=0))
    with store.moment() as moment:
        found = moment.table("select image_sha256, bytes, origin_run_id from facts.images")
    assert [name[0] for name in found["image_sha256"].to_pylist()] == list("".join(held[run] for run in sorted(held)))
    assert found["bytes"].to_pylist() == [f"bytes of {name[0]}".encode() for name in found["image_sha256"].to_pylist()]
    assert list(store.places.tmp.iterdir()) == []


def test_compacting_twice_keeps_the_first_makers(store: Store, fill: Fill):
    for number in range(3):
        fill(number, posts=[a_post(str(number))])
    compact(store)
    fill(9, posts=[a_post("9")])
    before = ids(store)
    compact(store)
    sweep(store.places, leftovers(store, older_than_s=0))
    assert ids(store) == before
    assert compact(store).run_id is None


@pytest.mark.slow
def test_a_thousand_runs_become_one_under_the_eyes_of_an_open_reader(store: Store, fill: Fill):
    for number in range(1000):
        fill(number, posts=[a_post(f"{number:04d}")])
    before = ids(store)
    program = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True)\n"
        "c.execute('set enable_progress_bar = false')  # its answers are read line by line\n"
        "query = 'select count(*), count(distinct origin_run_id) from posts'\n"
        "for line in sys.stdin: print(c.sql(query).fetchall()[0], flush=True)"
    )
    command = [sys.executable, "-c", program, str(store.places.catalog)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        for step in (
            lambda: None,
            lambda: compact(store),
            lambda: sweep(store.places, leftovers(store, older_than_s=0)),
        ):
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
    sweep(store.places, [found])
    assert not orphan.exists()


def test_gc_leaves_what_a_stage_at_work_has_not_committed_however_old(store: Store):
    work = [
        store.places.tmp / "train" / "train-0000" / "state.pt",
        store.places.models / "clara-0000" / "config.json",
        store.places.partition("models", "train-0000") / "part-00000.parquet",
    ]
    for path in work:
        path.parent.mkdir(parents=True)
        path.touch()
    found = leftovers(store, older_than_s=0)
    assert {each.verb for each in found} == {"train"}
    with lease(store.places, "train-0000"):
        assert leftovers(store, older_than_s=0) == []
        sweep(store.places, found)
        assert all(path.exists() for path in work)
    with lease(store.places, "score"):
        sweep(store.places, found)
    assert not any(path.exists() for path in work)


def test_two_compactions_cannot_run_at_once(store: Store, fill: Fill):
    fill(1, posts=[a_post("1")])
    with lease(store.places, "compact"), pytest.raises(LeaseHeld, match="compact"):
        compact(store)


def test_gc_leaves_what_was_touched_after_it_looked(store: Store):
    orphan = store.places.partition("posts", "ingest-0000") / "part-0.parquet"
    orphan.parent.mkdir(parents=True)
    orphan.write_bytes(b"left by a killed run")
    found = leftovers(store, older_than_s=0)
    os.utime(orphan, (time.time() + 10, time.time() + 10))
    assert sweep(store.places, found) == 0
    assert orphan.exists()
