"""Claim: `msa compact` needs no more memory for large runs than for small ones: it merges within a fixed bound.

    python benchmarks/compact.py [--predictions 2000000] [--runs 200] [--image-mb 2000]

Each merge runs in a process of its own, whose peak of resident memory is told beside that of one which merges next to
nothing. Predictions lie in runs whose posts interleave, so that all must be sorted; images lie in runs of 50 MB.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
from sql import rows

from msa_core.records import Image
from warehouse import Store

IMAGES_A_RUN, BYTES_AN_IMAGE = 125, 400_000
MERGE = """
import resource, sys, time
from pathlib import Path
from warehouse import Store
from warehouse.compaction import compact
start = time.perf_counter()
done = compact(Store.open(Path(sys.argv[1])))
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
print(f"{done.n_runs}\\t{done.n_rows}\\t{time.perf_counter() - start:.1f}\\t{peak:.0f}")
"""


def predictions(store: Store, n: int, n_runs: int) -> None:
    """`n` of them; run k holds every `n_runs`th post, from k on."""
    for number in range(n_runs):
        some = rows(0, n // n_runs, number)
        ids = [f"mvsa:{place * n_runs + number:09d}" for place in range(n // n_runs)]
        _commit(store, number, "predictions", some.set_column(0, "post_id", pa.array(ids)))


def images(store: Store, megabytes: int) -> None:
    """Noise, which nothing packs, in runs of 50 MB."""
    random = np.random.default_rng(0)
    for number in range(megabytes * 1_000_000 // (IMAGES_A_RUN * BYTES_AN_IMAGE)):
        names = (f"{number * IMAGES_A_RUN + n:064x}" for n in range(IMAGES_A_RUN))
        made = (Image(name, random.bytes(BYTES_AN_IMAGE), 9, 9, "JPEG", "RGB", BYTES_AN_IMAGE, 0) for name in names)
        _commit(store, number, "images", list(made))


def _commit(store: Store, number: int, table: str, some: object) -> None:
    run = store.begin("score", parameters={"number": number}, inputs=[table], version=1)
    assert run is not None
    with run:
        run.write(table, some)  # type: ignore[arg-type]


def measure(what: str, fill: Callable[[Store], None]) -> None:
    """One line of the table."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.init(Path(folder) / "store")
        fill(store)
        merged = subprocess.run(
            [sys.executable, "-c", MERGE, str(store.places.root)], capture_output=True, text=True, check=True
        )
    print(f"{what}\t{merged.stdout.strip()}", flush=True)


def main() -> None:
    """Print runs, rows, seconds and peak memory of three merges."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--predictions", type=int, default=2_000_000)
    parser.add_argument("--runs", type=int, default=200, help="in which the predictions lie")
    parser.add_argument("--image-mb", type=int, default=2000)
    asked = parser.parse_args()
    print("what\truns\trows\tseconds\tpeak MB")
    measure("next to nothing", lambda store: predictions(store, asked.runs, asked.runs))
    measure(f"{asked.predictions:,} predictions", lambda store: predictions(store, asked.predictions, asked.runs))
    measure(f"{asked.image_mb:,} MB of images", lambda store: images(store, asked.image_mb))


if __name__ == "__main__":
    main()
