"""SIGKILL at each write of ingest, snapshot, train, score and mine; the same command again leaves no trace of it."""

import shutil
from pathlib import Path

import pytest

from flows.sample_dump import sample_dump
from tests.flows.killing import run
from warehouse import Store
from warehouse.audit import audit

TRAIN = ["train", "clara", "--towers", "tiny", "--folds", "2", "--epochs", "1", "--image-size", "32"]
STAGES = ("ingest", "split", "snapshot", "train", "score", "mine")


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    dump = tmp_path_factory.mktemp("dumps") / "dump"
    sample_dump(dump, posts=60, seed=7)
    return {
        "ingest": ["ingest", "mvsa-single", str(dump), "--source", "drawn"],
        "split": ["split"],
        "snapshot": ["snapshot"],
        "train": TRAIN,
        "score": ["score"],
        "mine": ["mine", "--at-least", "0"],
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, commands: dict[str, list[str]]) -> dict[str, Path]:
    """The store before the first verb, and after each."""
    folder = tmp_path_factory.mktemp("undisturbed")
    Store.init(folder / "start")
    stores = {"start": folder / "start"}
    before = folder / "start"
    for stage in STAGES:
        after = shutil.copytree(before, folder / stage)
        assert run(commands[stage], after) == 0
        stores[stage] = before = after
    return stores


def files(store: Path) -> dict[str, bytes]:
    """What a verb promises to make again byte for byte: facts (but the runs' times and hosts) and checkpoints."""
    found = [path for room in ("facts", "models") for path in (store / room).rglob("*") if path.is_file()]
    names = {str(path.relative_to(store)): path for path in found}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith("facts/runs/")}


def runs(store: Path) -> list[dict[str, object]]:
    with Store.open(store).moment() as moment:
        return moment.table("select run_id, parameters, inputs, replaces, n_rows from runs order by run_id").to_pylist()


def broken(store: Path) -> list[str]:
    with Store.open(store).moment() as moment:
        return [f"{finding.relation}: {finding.promise}" for finding in audit(moment) if finding.n_broken]


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize(
    ("before", "stage"),
    [("start", "ingest"), ("split", "snapshot"), ("snapshot", "train"), ("train", "score"), ("score", "mine")],
)
def test_a_kill_at_any_write_is_made_good_by_the_same_command(
    before: str, stage: str, undisturbed: dict[str, Path], commands: dict[str, list[str]], tmp_path: Path
):
    expected, expected_runs, earlier_runs = (
        files(undisturbed[stage]),
        runs(undisturbed[stage]),
        runs(undisturbed[before]),
    )
    assert broken(undisturbed[stage]) == []  # and so is any store with the same facts
    killed_at, code = 0, -9
    while code == -9:
        store = shutil.copytree(undisturbed[before], tmp_path / "store")
        code = run(commands[stage], store, killed_at=killed_at)
        assert code in (0, -9)
        assert runs(store) in (earlier_runs, expected_runs), f"half a run after a kill at write {killed_at}"
        assert run(commands[stage], store) == 0
        assert files(store) == expected, f"after a kill at write {killed_at}"
        assert runs(store) == expected_runs
        shutil.rmtree(store)
        killed_at += 1
    assert killed_at > 5, "the verb writes, and was killed at each write"
