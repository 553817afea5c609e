"""Backups amid writers, and backups and restores that are killed: of one moment, and finished by the same command."""

import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.small_disk import small_disk
from tests.warehouse.conftest import Fill, a_post
from warehouse import Store, committed
from warehouse.backup import backup
from warehouse.errors import BackupError
from warehouse.restoring import restore, states
from warehouse.shelf import Shelf

KILLED = """
import os, signal, sys
from pathlib import Path
from warehouse import Store
from warehouse.backup import backup
from warehouse.restoring import restore

verb, source, target, left = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4])

def watch(event, details):
    global left
    if event in ("os.rename", "open", "os.mkdir") and target.name in str(details[0]):
        left -= 1
        if left < 0:
            os.kill(os.getpid(), signal.SIGKILL)

store = Store.open(source) if verb == "backup" else None
sys.addaudithook(watch)
backup(store, target) if store else restore(source, target)
"""


def killed(verb: str, source: Path, target: Path, left: int) -> int:
    """The exit code of the verb, killed before it touches the target for the `left`-th time (0 first)."""
    command = [sys.executable, "-c", KILLED, verb, str(source), str(target), str(left)]
    return subprocess.run(command, check=False).returncode


def is_whole(folder: Path, name: str) -> bool:
    return all(Shelf(folder).is_whole(kept, reads=True) for kept in Shelf(folder).state(name).files)


def n_posts(store: Store) -> int:
    with store.moment() as moment:
        return int(moment.value("select count(*) from posts"))


def test_a_backup_of_a_store_that_others_write_to_is_of_one_moment(store: Store, tmp_path: Path):
    writer = (
        "import sys; from pathlib import Path\n"
        "from tests.warehouse.conftest import a_post; from warehouse import Store\n"
        "store = Store.open(Path(sys.argv[1]))\n"
        "for n in range(30):\n"
        "    with store.begin('ingest', parameters={'n': n}, inputs=[], version=1) as run:\n"
        "        run.write('posts', [a_post(f'{n}-{i}') for i in range(50)])\n"
        "        run.count('held', 50)\n"
    )
    seen = set()
    with subprocess.Popen([sys.executable, "-c", writer, str(store.places.root)]) as process:
        while process.poll() is None:
            seen.add(backup(store, tmp_path / "kept").n_runs)
    assert process.returncode == 0
    assert len(seen) > 2, "backups were taken while runs were committed"
    middle = states(tmp_path / "kept")[len(seen) // 2]
    again = Store.open(restore(tmp_path / "kept", tmp_path / "new", at=middle).root)
    with again.moment() as moment:
        assert moment.value("select count(*) from ingests where n_held <> n_posts") == 0
        assert moment.value("select count(*) from posts") == 50 * moment.value("select count(*) from ingests")
    assert all(is_whole(tmp_path / "kept", state) for state in states(tmp_path / "kept"))


@pytest.mark.parametrize("left", [0, 5, 12])
def test_a_killed_backup_leaves_earlier_states_whole_and_the_same_command_goes_on(
    left: int, store: Store, fill: Fill, tmp_path: Path
):
    early = backup(store, tmp_path / "kept")
    fill(1, posts=[a_post("1")])
    assert killed("backup", store.places.root, tmp_path / "kept", left) == -signal.SIGKILL
    assert is_whole(tmp_path / "kept", early.state)
    late = backup(store, tmp_path / "kept")
    assert late.n_runs == 2
    assert is_whole(tmp_path / "kept", late.state)
    assert not (tmp_path / "kept" / "tmp").exists()


def test_a_killed_first_backup_is_begun_again(store: Store, tmp_path: Path):
    assert killed("backup", store.places.root, tmp_path / "kept", 6) == -signal.SIGKILL
    assert is_whole(tmp_path / "kept", backup(store, tmp_path / "kept").state)


def test_a_killed_restore_leaves_no_store_and_the_same_command_goes_on(store: Store, fill: Fill, tmp_path: Path):
    fill(1, posts=[a_post("1")])
    backup(store, tmp_path / "kept")
    for left in (0, 60):
        assert killed("restore", tmp_path / "kept", tmp_path / "new", left) == -signal.SIGKILL
        assert not (tmp_path / "new").exists()
    assert n_posts(Store.open(restore(tmp_path / "kept", tmp_path / "new").root)) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "new", "store"]


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """An empty disk, which cannot be renamed away."""
    with small_disk(tmp_path / "mounted", 16) as disk:
        (disk / "lost+found").mkdir()
        yield disk


def test_a_store_is_restored_into_a_mounted_folder_also_after_a_kill(
    store: Store, fill: Fill, tmp_path: Path, mounted: Path
):
    fill(1, posts=[a_post("1")])
    backup(store, tmp_path / "kept")
    assert killed("restore", tmp_path / "kept", mounted, 2) == -signal.SIGKILL
    assert not (mounted / "msa.duckdb").exists()
    assert n_posts(Store.open(restore(tmp_path / "kept", mounted).root)) == 1
    assert not [path for path in mounted.iterdir() if path.name.startswith(".")]
    with pytest.raises(BackupError, match="there already"):
        restore(tmp_path / "kept", mounted)


def test_what_a_killed_restore_has_put_in_place_is_taken_back_and_what_is_not_its_own_is_left(
    store: Store, fill: Fill, tmp_path: Path, mounted: Path
):
    fill(1, posts=[a_post("1")])
    state = backup(store, tmp_path / "kept").state
    (mounted / f".restoring-{state}").mkdir()
    (mounted / "letter.txt").touch()
    with pytest.raises(BackupError, match="there already"):
        restore(tmp_path / "kept", mounted)
    (mounted / "letter.txt").unlink()
    shutil.copytree(store.places.facts, mounted / "facts")
    assert n_posts(Store.open(restore(tmp_path / "kept", mounted).root)) == 1


def test_a_journal_that_is_folded_while_it_is_copied_is_looked_for_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    journal = store.places.journal / "caption" / "answers.jsonl"
    journal.parent.mkdir(parents=True)
    journal.write_text("{}\n")

    def folded_meanwhile(path: Path, aside: Path) -> Path:
        path.unlink()
        return Path(shutil.copyfile(path, aside))

    monkeypatch.setattr(committed, "_copy", folded_meanwhile)
    assert backup(store, tmp_path / "kept").n_runs == 1
