"""Commits, identities and what a reader sees."""

import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copyfile, copytree

import duckdb
import pytest

from msa_core.records import Cluster
from tests.warehouse.conftest import Fill, a_post
from warehouse import NoStore, QueryError, Store, StoreError
from warehouse.compaction import compact
from warehouse.query import ask


def test_a_folder_without_a_store_is_an_error_that_says_how_to_make_one(tmp_path: Path):
    with pytest.raises(NoStore, match="msa init --store"):
        Store.open(tmp_path)


def test_an_unknown_label_policy_lists_the_policies(tmp_path: Path):
    with pytest.raises(StoreError, match="literature, strict"):
        Store.init(tmp_path, label_policy="loose")


def test_a_run_is_visible_only_after_its_commit(store: Store):
    run = store.begin("ingest", parameters={}, inputs=[], version=1)
    assert run is not None
    run.write("posts", [a_post("1")])
    with store.moment() as moment:
        assert moment.value("select count(*) from posts") == 0
    with run:
        pass
    with store.moment() as moment:
        assert moment.value("select count(*) from posts") == 1


def test_a_failed_run_commits_nothing_and_leaves_nothing(store: Store):
    run = store.begin("ingest", parameters={}, inputs=[], version=1)
    assert run is not None
    run.write("posts", [a_post("1")])
    with pytest.raises(RuntimeError, match="in the middle"), run:
        raise RuntimeError("in the middle")
    assert list(store.places.tmp.iterdir()) == []
    assert store.begin("ingest", parameters={}, inputs=[], version=1) is not None


def test_the_same_command_on_the_same_inputs_has_nothing_to_do(store: Store, fill: Fill):
    fill(1, posts=[a_post("1")])
    assert store.begin("ingest", parameters={"number": 1}, inputs=[], version=1) is None
    assert store.begin("ingest", parameters={"number": 1}, inputs=["dump-2"], version=1) is not None
    assert store.begin("ingest", parameters={"number": 1}, inputs=[], version=2) is not None


def test_a_forced_attempt_takes_the_place_of_the_old_run(store: Store, fill: Fill):
    old = fill(1, posts=[a_post("1")])
    run = store.begin("ingest", parameters={"number": 1}, inputs=[], version=1, force=True)
    assert run is not None
    assert run.replaces == [old]
    with run:
        run.write("posts", [a_post("2")])
    with store.moment() as moment:
        assert moment.table("select post_id from posts")["post_id"].to_pylist() == ["mvsa:2"]
        assert moment.value("select count(*) from run_history where verb = 'ingest'") == 2
        assert moment.value("select count(*) from runs where verb = 'ingest'") == 1


def test_a_moment_sees_no_commit_that_comes_after_it(store: Store, fill: Fill):
    with store.moment() as moment:
        fill(1, posts=[a_post("1")])
        assert moment.value("select count(*) from posts") == 0


def test_equal_rows_in_two_stores_are_equal_bytes(tmp_path: Path):
    def part(name: str, calls: list[list[str]]) -> bytes:
        store = Store.init(tmp_path / name)
        run = store.begin("ingest", parameters={}, inputs=[], version=1)
        assert run is not None
        with run:
            for ids in calls:
                run.write("posts", [a_post(each) for each in ids])
        return (store.places.partition("posts", run.run_id) / "part-00000.parquet").read_bytes()

    assert part("a", [["1", "2", "3"]]) == part("b", [["1"], ["2", "3"]])


def test_a_partition_left_by_a_killed_run_is_not_added_to(store: Store):
    def begin():
        return store.begin("ingest", parameters={}, inputs=[], version=1)

    run = begin()
    assert run is not None
    stale = store.places.partition("posts", run.run_id) / "part-00007.parquet"
    stale.parent.mkdir(parents=True)
    seed = store.places.partition("posts", "init-seed") / "part-0.parquet"
    stale.write_bytes(seed.read_bytes())
    with run:
        run.write("posts", [a_post("1")])
    assert [path.name for path in stale.parent.iterdir()] == ["part-00000.parquet"]


def test_one_row_a_grain_the_earliest_commit_counts(store: Store, fill: Fill):
    first = fill(1, posts=[a_post("1")])
    fill(2, posts=[a_post("1")])
    with store.moment() as moment:
        assert moment.table("select origin_run_id from posts")["origin_run_id"].to_pylist() == [first]
        assert moment.value("select count(*) from facts.posts") == 2


def test_any_duckdb_client_reads_the_catalog_while_runs_commit(store: Store, fill: Fill):
    reader = duckdb.connect(str(store.places.catalog), read_only=True)
    for number in range(3):
        fill(number, posts=[a_post(str(number))])
        assert reader.sql("select count(*) from posts").fetchall() == [(number + 1,)]


def test_a_reader_stays_open_through_init(store: Store, fill: Fill):
    program = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1], read_only=True); print('open', flush=True)\n"
        "for line in sys.stdin: print(c.sql('select count(*) from posts').fetchall()[0][0], flush=True)"
    )
    command = [sys.executable, "-c", program, str(store.places.catalog)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as reader:
        assert reader.stdin is not None
        assert reader.stdout is not None
        assert reader.stdout.readline() == "open\n"
        Store.init(store.places.root, label_policy="strict")
        fill(1, posts=[a_post("1")])
        reader.stdin.write("again\n")
        reader.stdin.flush()
        assert reader.stdout.readline() == "1\n"
        reader.stdin.close()


def test_the_label_policy_in_force_is_the_one_named_last(tmp_path: Path):
    def in_force(policy: str | None) -> str:
        with Store.init(tmp_path, label_policy=policy).moment() as moment:
            return str(moment.value("select label_policy from policy_in_force"))

    named = [in_force(policy) for policy in (None, "strict", None, "literature", "strict")]
    assert named == ["literature", "strict", "strict", "literature", "strict"]


class Ahead(datetime):
    """A clock that runs two hours ahead."""

    @classmethod
    def now(cls, tz=None):
        return datetime.now(tz) + timedelta(hours=2)


def test_runs_follow_one_another_whatever_the_clocks_say(store: Store, fill: Fill, monkeypatch: pytest.MonkeyPatch):
    open_before = store.begin("ingest", parameters={"number": 3}, inputs=[], version=1)
    assert open_before is not None
    monkeypatch.setattr("warehouse.clock.datetime", Ahead)
    fill(1, clusters=[Cluster("mvsa:1", "cluster-old", "none")])
    Store.init(store.places.root, label_policy="strict")
    monkeypatch.undo()
    fill(2, clusters=[Cluster("mvsa:1", "cluster-new", "none")])
    Store.init(store.places.root, label_policy="literature")
    with open_before:
        open_before.write("posts", [a_post("1")])
    with store.moment() as moment:
        assert moment.value("select cluster_id from clusters") == "cluster-new"
        assert moment.value("select label_policy from policy_in_force") == "literature"
        told = moment.table("select run_id, started_at, finished_at from runs order by finished_at").to_pylist()
    assert told[-1]["run_id"] == open_before.run_id, "begun before the clock ran ahead, committed last"
    assert told[-1]["finished_at"] - told[-1]["started_at"] > timedelta(hours=1)
    ends = [row["finished_at"] for row in told]
    assert all(row["started_at"] > end for row, end in zip(told[1:-1], ends, strict=False))
    assert len(set(ends)) == len(ends)


def test_runs_follow_one_another_in_a_store_that_was_copied_without_times(
    store: Store, fill: Fill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def cluster_of(root: Path) -> str:
        with Store.open(root).moment() as moment:
            return str(moment.value("select cluster_id from clusters"))

    fill(1, posts=[a_post("1")])
    monkeypatch.setattr("warehouse.clock.datetime", Ahead)
    fill(2, clusters=[Cluster("mvsa:1", "cluster-old", "none")])
    monkeypatch.undo()
    copied = copytree(store.places.root, tmp_path / "copied", copy_function=copyfile)
    for path in copied.glob("facts/runs/*/*.parquet"):
        os.utime(path)
    other = Store.init(copied)
    assert cluster_of(copied) == cluster_of(store.places.root) == "cluster-old"
    run = other.begin("split", parameters={}, inputs=[], version=1)
    assert run is not None
    with run:
        run.write("clusters", [Cluster("mvsa:1", "cluster-new", "none")])
    assert cluster_of(copied) == "cluster-new"


def test_a_commit_opens_no_earlier_commit_unless_a_clock_ran_ahead(store: Store, fill: Fill):
    first = store.places.commit(fill(1, posts=[a_post("1")]))
    first.chmod(0o600)
    first.write_bytes(b"unreadable")  # and of this moment
    fill(2, posts=[a_post("2")])


def test_a_moved_store_answers_from_its_new_place(store: Store, fill: Fill, tmp_path: Path):
    fill(1, posts=[a_post("1")])
    moved = tmp_path / "elsewhere"
    os.rename(store.places.root, moved)
    _, batches = ask(Store.open(moved), "select count(*) as n from posts")
    assert [batch["n"].to_pylist() for batch in batches] == [[1]]


def test_sql_cannot_write(store: Store):
    with pytest.raises(QueryError, match="read-only"):
        ask(store, "create table t (i int)")


def test_a_run_that_lacks_a_column_is_refused_whole(store: Store):
    run = store.begin("ingest", parameters={}, inputs=[], version=1)
    assert run is not None
    with pytest.raises(AttributeError), run:
        run.write("posts", [object()])
    with store.moment() as moment:
        assert moment.value("select count(*) from runs where verb = 'ingest'") == 0


def test_a_store_may_lie_in_a_folder_whose_name_looks_like_a_pattern(tmp_path: Path):
    store = Store.init(tmp_path / "set[1]*")
    run = store.begin("ingest", parameters={}, inputs=[], version=1)
    assert run is not None
    with run:
        run.write("posts", [a_post("1")])
    with store.moment() as moment:
        assert moment.value("select count(*) from posts") == 1


def test_a_moment_looks_past_a_run_that_a_compaction_took_over(store: Store, fill: Fill):
    old = fill(1, posts=[a_post("1")])
    fill(2, posts=[a_post("2")])
    compact(store)
    with store.moment(hiding=[old]) as moment:
        assert moment.table("select post_id from posts")["post_id"].to_pylist() == ["mvsa:2"]
        assert moment.value("select count(*) from runs where verb = 'force'") == 0
    with store.moment() as moment:
        assert moment.value("select count(*) from posts") == 2
