"""Every verb that writes, on a disk that is full or read-only: one clear line, exit code 2, no half commit."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from flows.cli import main
from flows.disk import disk_trouble
from flows.sample_dump import sample_dump
from tests.small_disk import small_disk
from warehouse import Store

TINY = ["--towers", "tiny", "--epochs", "1", "--image-size", "32"]
STEPS = [["split"], ["train", "clara", *TINY], ["score"]]
WRITING = {
    "ingest": ["ingest", "mvsa-single", "DUMP", "--source", "another"],
    "train": ["train", "clara", *TINY, "--seed", "8"],
    "evaluate": ["evaluate"],
    "mine": ["mine", "--at-least", "0"],
    "snapshot": ["snapshot", "--duplicates", "one"],
    "gate": ["gate"],
    "init": ["init", "--label-policy", "strict"],
    "compact": ["compact"],
}


def msa(*arguments: str) -> int:
    with pytest.raises(SystemExit) as stop:
        main([*arguments])
    return int(stop.value.code or 0)


@pytest.fixture(scope="module")
def dump(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dump") / "dump"
    sample_dump(folder, posts=40, seed=7)
    return folder


@pytest.fixture(scope="module")
def scored(dump: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store up to `msa score`."""
    root = tmp_path_factory.mktemp("scored") / "store"
    for step in (["init"], ["ingest", "mvsa-single", str(dump), "--source", "drawn"], *STEPS):
        assert msa(*step, "--store", str(root)) == 0
    return root


@pytest.fixture(scope="module")
def disk(scored: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A file system of its own that holds the store, with room for little else."""
    with small_disk(tmp_path_factory.mktemp("mount") / "disk", 24) as disk:
        copytree(scored, disk / "store")
        yield disk


def commits(disk: Path) -> list[str]:
    with Store.open(disk / "store").moment() as moment:
        return [str(name) for name in moment.table("select run_id from facts.runs order by all")["run_id"].to_pylist()]


@pytest.fixture
def full(disk: Path) -> Iterator[Path]:
    """Not a block is left."""
    filler = disk / "filler"
    with filler.open("wb") as file:
        try:
            while True:
                file.write(b"\0" * 65_536)
                file.flush()
        except OSError:
            pass
    yield disk
    filler.unlink()


@pytest.fixture
def sealed(disk: Path) -> Iterator[Path]:
    """Read-only."""
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    yield disk
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)


def check(disk: Path, words: list[str], capsys: pytest.CaptureFixture[str], told: str) -> None:
    before = commits(disk)
    capsys.readouterr()
    assert msa(*words, "--store", str(disk / "store")) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert told in error
    assert "the same command again" in error
    assert commits(disk) == before


@pytest.mark.slow
@pytest.mark.parametrize("verb", WRITING)
def test_a_full_disk_is_one_clear_line(verb: str, full: Path, dump: Path, capsys):
    words = [str(dump) if word == "DUMP" else word for word in WRITING[verb]]
    check(full, words, capsys, "No space left on device")


@pytest.mark.slow
@pytest.mark.parametrize("verb", WRITING)
def test_a_read_only_disk_is_one_clear_line(verb: str, sealed: Path, dump: Path, capsys):
    words = [str(dump) if word == "DUMP" else word for word in WRITING[verb]]
    check(sealed, words, capsys, "ead-only file system")


def test_what_is_asked_of_a_read_only_store_is_answered(sealed: Path, capsys):
    assert msa("sql", "select count(*) from posts", "--store", str(sealed / "store")) == 0
    assert capsys.readouterr().err == ""


def test_a_read_only_store_can_be_backed_up(sealed: Path, tmp_path: Path):
    assert msa("backup", str(tmp_path / "kept"), "--store", str(sealed / "store")) == 0


@pytest.mark.slow
def test_afterwards_every_verb_does_its_work(disk: Path, dump: Path):
    for verb in ("mine", "snapshot", "compact"):
        assert msa(*WRITING[verb], "--store", str(disk / "store")) == 0, verb


def test_a_library_that_does_not_say_so_is_understood():
    inner = RuntimeError("Error while serializing: IoError(Os { code: 28, kind: StorageFull })")
    outer = ValueError("could not save")
    outer.__cause__ = inner
    assert "full or read-only" in (disk_trouble(outer) or "")
    assert disk_trouble(ValueError("code: 280")) is None
