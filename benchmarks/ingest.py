"""Posts a second of an ingest, against decoding each JPEG once with Pillow on as many threads; and its memory.

Dumps: a real part of MVSA-Single (MSA_SHARED_DATA, else ../shared/data beside the project) and a sample dump.
The ratio of processor time says the same on a machine that others use too. Memory is the peak of a process of its
own, for the sample dump and for one eight times as large.

    python benchmarks/ingest.py
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from PIL import Image

from flows.ingest import ingest, n_threads
from flows.sample_dump import sample_dump
from warehouse import Store

TOP = Path(__file__).parents[1]
SHARED = Path(os.environ.get("MSA_SHARED_DATA", TOP.parent / "shared" / "data"))
MEASURE = """
import resource, sys
from pathlib import Path
from flows.ingest import ingest
from warehouse import Store
done = ingest(Store.init(Path(sys.argv[2])), format="mvsa-single", path=Path(sys.argv[1]), source="measured")
print(done.n_posts, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def main() -> None:
    """Print posts/s, the floor's and the ratio, then the memory of one and of eight times the posts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=2400, help="of the sample dump that is timed")
    parser.add_argument("--memory-posts", type=int, default=400, help="of the smaller dump whose memory is taken")
    parser.add_argument("--rounds", type=int, default=5, help="of which the best counts")
    sizes = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        dumps = {"sample": sample_dump(scratch / "sample", posts=sizes.posts, seed=7).path}
        if (SHARED / "mvsa_single").is_dir():
            dumps = {"mvsa_single": SHARED / "mvsa_single"} | dumps
        else:
            print(f"no {SHARED / 'mvsa_single'}: set MSA_SHARED_DATA for the real dump", file=sys.stderr)
        print("dump\tposts\tposts/s\tfloor posts/s\tratio\tratio of processor time")
        for name, dump in dumps.items():
            _speed(name, dump, scratch, sizes.rounds)
        _memory(scratch, sizes.memory_posts)


def _speed(name: str, dump: Path, scratch: Path, n_rounds: int) -> None:
    """Floor and ingest take turns, so that what else the machine does meets both; the best round of each counts."""
    floors, ingests = [], []
    for number in range(n_rounds):
        floors.append(_timed(partial(_floor, dump)))
        store = Store.init(scratch / f"{name}-{number}")
        ingests.append(_timed(partial(ingest, store, format="mvsa-single", path=dump, source="timed")))
    with store.moment() as moment:
        n = moment.value("select count(*) from posts")
    (floor_s, floor_cpu_s), (ingest_s, ingest_cpu_s) = _best(floors), _best(ingests)
    speeds = (
        f"{n / ingest_s:,.0f}",
        f"{n / floor_s:,.0f}",
        f"{floor_s / ingest_s:.2f}",
        f"{floor_cpu_s / ingest_cpu_s:.2f}",
    )
    print("\t".join((name, str(n), *speeds)))


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock, and of processors."""
    start, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - start, time.process_time() - cpu


def _best(times: list[tuple[float, float]]) -> tuple[float, float]:
    return min(clock for clock, _ in times), min(cpu for _, cpu in times)


def _floor(dump: Path) -> None:
    with ThreadPoolExecutor(n_threads()) as pool:
        list(pool.map(_decode, sorted((dump / "data").glob("*.jpg"))))


def _decode(path: Path) -> None:
    """Only what is a JPEG: the sample dump holds other things under that name."""
    try:
        with Image.open(path, formats=["JPEG"]) as image:
            image.load()
    except OSError:
        return


def _memory(scratch: Path, n_posts: int) -> None:
    print("posts\tpeak MiB")
    for times in (1, 8):
        dump = sample_dump(scratch / f"memory-{times}", posts=n_posts * times, seed=7).path
        arguments = [sys.executable, "-c", MEASURE, str(dump), str(scratch / f"store-{times}")]
        answer = subprocess.run(arguments, cwd=TOP, check=True, capture_output=True, text=True).stdout
        print("\t".join(answer.split()))


if __name__ == "__main__":
    main()
