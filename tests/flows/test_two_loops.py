"""Two whole loops at once on one store, by two processes: they wait for one another, and nothing is lost or doubled."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.sample_dump import sample_dump
from warehouse import Store
from warehouse.audit import audit

LOOP = "from flows.cli import main; main({words!r})"


def started(store: Path, dump: Path, source: str) -> subprocess.Popen[str]:
    """`msa loop` on a dump; at home in its store, as for somebody who never set Prefect up."""
    words = ["loop", "mvsa-single", str(dump), "--source", source, "--store", str(store), "--towers", "tiny"]
    words += ["--folds", "2", "--epochs", "1", "--output", str(dump.parent / f"{source}.html")]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return subprocess.Popen(
        [sys.executable, "-c", LOOP.format(words=words)],
        env=kept | {"HOME": str(dump.parent), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def counted(store: Store, *facts: str) -> dict[str, tuple[int, int]]:
    """Rows that were committed, and rows one a grain: the same where nothing was written twice."""
    with store.moment() as moment:
        both = ("facts.{}", "{}")
        return {name: tuple(moment.value(f"select count(*) from {of.format(name)}") for of in both) for name in facts}


def broken(store: Store) -> list[str]:
    with store.moment() as moment:
        return [f"{finding.relation}: {finding.promise}" for finding in audit(moment) if finding.n_broken]


@pytest.mark.prefect
@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("sources", [("one", "one"), ("one", "two")], ids=["the same dump", "two dumps"])
def test_two_loops_at_once_lose_and_double_nothing(tmp_path: Path, sources: tuple[str, str]):
    store = Store.init(tmp_path / "store")
    for source in set(sources):
        sample_dump(tmp_path / source, posts=60, seed=7 if source == "one" else 8)
    both = [started(store.places.root, tmp_path / source, source) for source in sources]
    said = [process.communicate(timeout=800)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], "\n".join(said)
    assert broken(store) == []
    n_posts = 60 * len(set(sources))
    found = counted(store, "posts", "splits", "predictions", "doubts", "snapshots", "captions", "promotions")
    assert found["posts"] == found["splits"] == (n_posts, n_posts)
    assert {name: pair for name, pair in found.items() if pair[0] != pair[1]} == {}
    with store.moment() as moment:
        assert moment.value("select count(distinct post_id) from predictions") == n_posts
        assert moment.value("select count(distinct source) from model_sources") == len(set(sources))
