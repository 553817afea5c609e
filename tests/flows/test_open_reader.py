"""An analyst keeps `msa.duckdb` open while the verbs run: nobody waits, nobody fails, every commit is seen."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from flows.sample_dump import sample_dump
from tests.flows.killing import run
from warehouse import Store

READER = """
import duckdb, sys
reader = duckdb.connect(sys.argv[1], read_only=True)
for line in sys.stdin:
    counts = [reader.sql(f"select count(*) from {name}").fetchall()[0][0] for name in sys.argv[2:]]
    print(*counts, flush=True)
"""
TABLES = ("posts", "splits", "predictions", "doubts", "runs")


class Reader:
    """A process that holds the catalog open from before the first verb until after the last."""

    def __init__(self, store: Store) -> None:
        command = [sys.executable, "-c", READER, str(store.places.catalog), *TABLES]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def counts(self) -> list[int]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("count\n")
        self.process.stdin.flush()
        return [int(word) for word in self.process.stdout.readline().split()]


@pytest.mark.slow
def test_a_reader_that_stays_open_sees_every_commit_and_blocks_nobody(tmp_path: Path):
    sample_dump(tmp_path / "dump", posts=60, seed=7)
    store = Store.init(tmp_path / "store")
    reader, seen = Reader(store), []
    codes: list[int] = []
    seen.append(reader.counts())
    verbs = (
        ["ingest", "mvsa-single", str(tmp_path / "dump"), "--source", "drawn"],
        ["split"],
        ["train", "clara", "--towers", "tiny", "--folds", "2", "--epochs", "1"],
        ["score"],
        ["mine", "--at-least", "0"],
    )
    for words in verbs:
        verb = threading.Thread(target=lambda words=words: codes.append(run(words, store.places.root)))
        verb.start()
        while verb.is_alive():
            seen.append(reader.counts())
    seen.append(reader.counts())
    reader.process.communicate()
    assert reader.process.returncode == 0
    assert codes == [0] * len(verbs)
    assert seen == sorted(seen), "counts only grow"
    assert all(seen[-1]), "the reader saw what every verb committed"
