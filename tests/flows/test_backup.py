"""`msa backup` and `msa restore` as they are typed: figures, states, and a store that has nothing left to do."""

import tarfile
from pathlib import Path

import pytest

from flows.cli import main
from tests.warehouse.test_upgrade import OLDER


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that went from a dump to the queue, and its first backup."""
    folder = tmp_path_factory.mktemp("typed")
    with tarfile.open(OLDER / "before-captions.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    for words in (["init"], ["backup", str(folder / "kept")]):
        assert msa(*words, "--store", str(folder / "store")) == 0
    return folder


def msa(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main([*arguments])
    return int(stop.value.code or 0)


def test_a_second_backup_says_that_there_is_nothing_to_do(folder: Path, capsys):
    assert msa("backup", str(folder / "kept"), "--store", str(folder / "store"), "--verify") == 0
    assert "nothing to do: the state 2" in capsys.readouterr().out


def test_states_are_listed_and_a_restored_store_has_nothing_left_to_do(folder: Path, capsys):
    assert msa("restore", str(folder / "kept"), "--list") == 0
    (state,) = capsys.readouterr().out.split()
    assert msa("restore", str(folder / "kept"), "--store", str(folder / "new"), "--at", state[:10]) == 0
    assert f"the state {state}, " in capsys.readouterr().out
    for verb in (["split"], ["score"], ["mine", "--at-least", "0"]):
        assert msa(*verb, "--store", str(folder / "new")) == 0
        assert "nothing to do" in capsys.readouterr().out


def test_a_folder_without_a_backup_is_one_line(folder: Path, capsys):
    assert msa("restore", str(folder / "dump"), "--store", str(folder / "none")) == 2
    assert "No backup in" in capsys.readouterr().err
    assert not (folder / "none").exists()
