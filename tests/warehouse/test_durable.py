"""What is on the disk when: a commit never lies there before its rows, nor these before their folders' entries."""

import os
from pathlib import Path

import pytest

from msa_core.records import Cluster, Split
from warehouse import Store


@pytest.fixture
def happened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path]]:
    """What was settled and what was renamed, in this order."""
    found: list[tuple[str, Path]] = []
    fsync, replace = os.fsync, os.replace

    def settling(descriptor: int) -> None:
        fsync(descriptor)
        found.append(("settled", Path(os.readlink(f"/proc/self/fd/{descriptor}"))))

    def renaming(source: Path, target: Path) -> None:
        replace(source, target)
        found.append(("renamed", Path(target)))

    monkeypatch.setattr(os, "fsync", settling)
    monkeypatch.setattr(os, "replace", renaming)
    return found


@pytest.mark.parametrize("is_made_by_another", [False, True], ids=["new", "after a killed attempt"])
def test_a_commit_comes_after_its_rows_and_the_folders_that_name_them(
    tmp_path: Path, happened: list[tuple[str, Path]], *, is_made_by_another: bool
):
    store = Store.init(tmp_path / "store")
    run = store.begin("split", parameters={}, inputs=[], version=1)
    assert run is not None
    tables = ("clusters", "splits")
    if is_made_by_another:
        for table in tables:
            store.places.partition(table, run.run_id).mkdir(parents=True)
    happened.clear()
    with run:
        run.write("clusters", [Cluster("a:1", "cluster-1", "none")])
        run.write("splits", [Split("a:1", "train", 0, False)])
    committed = happened.index(("renamed", store.places.commit(run.run_id)))
    for table in tables:
        partition = store.places.partition(table, run.run_id)
        placed = happened.index(("renamed", partition / "part-00000.parquet"))
        (written,) = [n for n, (what, path) in enumerate(happened) if what == "settled" and path.parent.name == table][
            :1
        ]
        assert written < placed < committed
        for folder in (partition, partition.parent):
            assert placed < happened.index(("settled", folder)) < committed
    assert ("settled", store.places.facts / "runs") in happened[committed:]
