"""The benchmarks still run, tiny, and still measure something; what they find is of no interest here."""

import itertools
import os
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).parent.parent
TINY = {
    "score": ("--posts 80 --rounds 1 --sizes tiny", "msa score, posts/s"),
    "train": ("--posts 64 --rounds 1 --sizes tiny", "training, posts/s"),
    "ingest": ("--posts 20 --memory-posts 5 --rounds 1", "posts/s"),
    "sql": ("--predictions 2000", "store ms"),
    "split": ("--posts 200 400", "posts/s"),
    "compact": ("--predictions 40 --runs 2 --image-mb 50", "rows"),
    "why": ("--predictions 500 --times 1", "ms a post"),
    "gate": ("--trials 1", "ms a verdict"),
    "caption_gate": ("--rounds 1", "captions"),
}


def column(told: str, head: str) -> list[float]:
    """The figures below the first heading of that name, as long as the lines have as many cells."""
    lines = [line.split("\t") for line in told.splitlines()]
    top, heads = next((place, cells) for place, cells in enumerate(lines) if head in cells)
    rows = itertools.takewhile(lambda cells: len(cells) == len(heads), lines[top + 1 :])
    return [float(cells[heads.index(head)].replace(",", "")) for cells in rows]


@pytest.mark.slow
@pytest.mark.parametrize("name", TINY)
def test_a_benchmark_measures_something(name: str, tmp_path: Path):
    options, head = TINY[name]
    done = subprocess.run(
        [sys.executable, f"benchmarks/{name}.py", *options.split()],
        cwd=TOP, capture_output=True, text=True, check=False, env=os.environ | {"MSA_SHARED_DATA": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = column(done.stdout, head)
    assert found
    assert min(found) > 0
