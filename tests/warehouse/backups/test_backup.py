"""Backups: states of one moment, each content once; a restored store answers as the old one did, or is not there."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.warehouse.conftest import Fill, a_post
from warehouse import Store, declarations
from warehouse.audit import audit
from warehouse.backup import backup
from warehouse.compaction import compact
from warehouse.errors import BackupError
from warehouse.restoring import restore, states
from warehouse.shelf import Kept, Shelf, State
from warehouse.sweep import leftovers, sweep


def rows(store: Store) -> dict[str, list[object]]:
    with store.moment() as moment:
        return {name: moment.table(f"from facts.{name} order by all").to_pylist() for name in declarations.facts()}


def ids(store: Store) -> list[tuple[str, str]]:
    with store.moment() as moment:
        found = moment.table("select post_id, origin_run_id from posts order by post_id")
    return list(zip(found[0].to_pylist(), found[1].to_pylist(), strict=True))


def broken(store: Store) -> list[str]:
    with store.moment() as moment:
        return [finding.promise for finding in audit(moment) if finding.n_broken]


def is_whole(folder: Path, name: str) -> bool:
    return all(Shelf(folder).is_whole(kept, reads=True) for kept in Shelf(folder).state(name).files)


def copies(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "objects").rglob("*") if path.is_file())


def test_a_restored_store_holds_the_same_rows_and_has_nothing_to_do(store: Store, fill: Fill, tmp_path: Path):
    fill(1, posts=[a_post("1")])
    done = backup(store, tmp_path / "kept")
    assert (done.is_new, done.n_runs) == (True, 2)  # the ingest and the init
    again = Store.open(restore(tmp_path / "kept", tmp_path / "new").root)
    assert rows(again) == rows(store)
    assert broken(again) == []
    assert again.begin("ingest", parameters={"number": 1}, inputs=[], version=1) is None
    assert backup(again, tmp_path / "kept").is_new is False


def test_the_same_again_copies_nothing_and_a_new_run_copies_only_its_files(store: Store, fill: Fill, tmp_path: Path):
    fill(1, posts=[a_post("1")])
    first = backup(store, tmp_path / "kept")
    second = backup(store, tmp_path / "kept")
    assert (second.state, second.is_new, second.n_new, second.n_new_bytes) == (first.state, False, 0, 0)
    fill(2, posts=[a_post("2")])
    third = backup(store, tmp_path / "kept")
    assert (third.is_new, third.n_new, third.n_files) == (True, 2, first.n_files + 2)  # its posts and its commit
    assert states(tmp_path / "kept") == [first.state, third.state]


def test_an_earlier_state_comes_back_also_after_compaction_and_sweep(store: Store, fill: Fill, tmp_path: Path):
    fill(1, posts=[a_post("1")])
    before, early = ids(store), backup(store, tmp_path / "kept")
    fill(2, posts=[a_post("2")])
    compact(store)
    sweep(store.places, leftovers(store, older_than_s=0))
    backup(store, tmp_path / "kept")
    old = restore(tmp_path / "kept", tmp_path / "old", at=early.state[:26])
    new = restore(tmp_path / "kept", tmp_path / "new")
    assert ids(Store.open(old.root)) == before
    assert ids(Store.open(new.root)) == ids(store)


def test_what_a_forced_attempt_replaced_stays_hidden(store: Store, fill: Fill, tmp_path: Path):
    fill(1, posts=[a_post("old")])
    run = store.begin("ingest", parameters={"number": 1}, inputs=[], version=1, force=True)
    assert run is not None
    with run:
        run.write("posts", [a_post("new")])
        run.count("held", 1)
    backup(store, tmp_path / "kept")
    again = Store.open(restore(tmp_path / "kept", tmp_path / "new").root)
    assert [post_id for post_id, _ in ids(again)] == ["mvsa:new"]
    assert ids(again) == ids(store)


def test_work_in_progress_and_what_no_commit_owns_stay_out(store: Store, fill: Fill, tmp_path: Path):
    fill(1, posts=[a_post("1")])
    for path in (
        store.places.tmp / "train" / "state.pt",
        store.places.cache / "x.npy",
        store.places.models / "m" / "w",
    ):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not committed")
    backup(store, tmp_path / "kept")
    assert not any(copy.read_bytes() == b"not committed" for copy in copies(tmp_path / "kept"))


def test_answers_that_wait_in_a_journal_come_along(store: Store, tmp_path: Path):
    journal = store.places.journal / "caption" / "today.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_text('{"n": 1}\n')
    backup(store, tmp_path / "kept")
    journal.write_text('{"n": 1}\n{"n": 2}\n')
    assert backup(store, tmp_path / "kept").n_new == 1
    old = restore(tmp_path / "kept", tmp_path / "old", at=states(tmp_path / "kept")[0]).root
    assert (old / "journal" / "caption" / "today.jsonl").read_text() == '{"n": 1}\n'


def test_the_login_of_label_studio_comes_only_when_asked_for_and_stays_secret(store: Store, tmp_path: Path):
    folder = store.places.labelstudio
    (folder / "data").mkdir(parents=True)
    (folder / "server.json").write_text('{"token": "hush"}')
    (folder / "server.json").chmod(0o600)
    with closing(sqlite3.connect(folder / "data" / "label_studio.sqlite3")) as live:
        live.execute("create table task (id integer)")
        live.execute("insert into task values (7)")
        live.commit()
        backup(store, tmp_path / "plain")
        backup(store, tmp_path / "kept", with_labelstudio=True)
    assert not any(b"hush" in copy.read_bytes() for copy in copies(tmp_path / "plain"))
    (secret,) = (copy for copy in copies(tmp_path / "kept") if b"hush" in copy.read_bytes())
    again = restore(tmp_path / "kept", tmp_path / "new").root / "labelstudio"
    assert [stat.S_IMODE(path.stat().st_mode) & 0o077 for path in (secret, again / "server.json")] == [0, 0]
    with closing(sqlite3.connect(again / "data" / "label_studio.sqlite3")) as copied:
        assert copied.execute("select id from task").fetchall() == [(7,)]


def test_a_damaged_and_a_missing_copy_are_named_and_nothing_is_restored(store: Store, fill: Fill, tmp_path: Path):
    run_id = fill(1, posts=[a_post("1")])
    backup(store, tmp_path / "kept")
    of_the_run = {path.read_bytes(): path for path in store.places.facts.glob(f"*/run_id={run_id}/*.parquet")}
    damaged, missing = (copy for copy in copies(tmp_path / "kept") if copy.read_bytes() in of_the_run)
    names = [str(of_the_run[copy.read_bytes()].relative_to(store.places.root)) for copy in (damaged, missing)]
    held = bytearray(damaged.read_bytes())
    held[len(held) // 2] ^= 1
    damaged.chmod(0o600)
    damaged.write_bytes(held)
    with pytest.raises(BackupError, match=names[0]):
        restore(tmp_path / "kept", tmp_path / "new")
    missing.unlink()
    with pytest.raises(BackupError, match=names[1]):
        restore(tmp_path / "kept", tmp_path / "new")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "store"]
    assert backup(store, tmp_path / "kept", verify=True).n_new == 2  # the store still holds them
    assert ids(Store.open(restore(tmp_path / "kept", tmp_path / "new").root)) == ids(store)


def test_a_damaged_list_of_a_state_is_said_and_an_earlier_state_still_comes_back(store, fill: Fill, tmp_path: Path):
    early = backup(store, tmp_path / "kept")
    fill(1, posts=[a_post("1")])
    late = backup(store, tmp_path / "kept")
    listed = tmp_path / "kept" / "states" / f"{late.state}.jsonl"
    listed.write_text(listed.read_text().replace("part-0", "part-9", 1))
    with pytest.raises(BackupError, match=r"is damaged. Restore another state"):
        restore(tmp_path / "kept", tmp_path / "new")
    assert is_whole(tmp_path / "kept", early.state)
    assert backup(store, tmp_path / "kept").is_new


def test_what_only_an_earlier_state_holds_cannot_be_mended_but_a_new_state_is_kept(store, fill: Fill, tmp_path: Path):
    early = backup(store, tmp_path / "kept")
    only = set(copies(tmp_path / "kept"))
    for number in (1, 2):
        fill(number, posts=[a_post(str(number))])
    compact(store)
    sweep(store.places, leftovers(store, older_than_s=0))
    late = backup(store, tmp_path / "kept")
    kept = {kept.sha256 for kept in Shelf(tmp_path / "kept").state(late.state).files}
    lost = next(copy for copy in sorted(only) if copy.name not in kept)
    lost.unlink()
    fill(3, posts=[a_post("3")])
    with pytest.raises(BackupError, match=rf"earlier states.*\({early.state}\)"):
        backup(store, tmp_path / "kept", verify=True)
    assert len(states(tmp_path / "kept")) == 3


def test_folders_that_are_not_meant_for_it_are_left_alone(store: Store, tmp_path: Path):
    other = Store.init(tmp_path / "other")
    backup(store, tmp_path / "kept")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").touch()
    for folder, words in (
        (tmp_path / "home", "other things"),
        (store.places.root / "b", "within"),
        (tmp_path, "within"),
    ):
        with pytest.raises(BackupError, match=words):
            backup(store, folder)
    with pytest.raises(BackupError, match="another store"):
        backup(other, tmp_path / "kept")
    with pytest.raises(BackupError, match="there already"):
        restore(tmp_path / "kept", other.places.root)
    with pytest.raises(BackupError, match="No backup in"):
        restore(tmp_path / "home", tmp_path / "new")
    with pytest.raises(BackupError, match=r"States: 2\d{3}-"):
        restore(tmp_path / "kept", tmp_path / "new", at="1999")


def test_a_state_that_names_files_outside_of_a_store_is_refused(store: Store, tmp_path: Path):
    backup(store, tmp_path / "kept")
    Shelf(tmp_path / "kept").keep(State("2099-01-01T00-00-00.000000Z", 1, (Kept("../evil", "0" * 64, 1, 0, 0o644),)))
    with pytest.raises(BackupError, match="outside"):
        restore(tmp_path / "kept", tmp_path / "new")
