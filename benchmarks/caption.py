"""Captions a second of `msa caption`, where the endpoint answers in 200 ms and takes 32 calls at once.

The ideal is 32 / 0.2 s = 160 a second; the floor is the same number of bare HTTP requests of the same bodies, made
ready beforehand, 32 at once. The endpoint is a process of its own. Also: processor time a call, the peak of memory for
a quarter of the images and for all, and the same command on a store whose 20,000 posts all have their caption.

    python benchmarks/caption.py
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import httpx

from flows.caption import Captioned, caption
from flows.caption_ledger import Scope, pictures, waiting
from flows.captioners import Asked, captioner_of
from flows.ingest import ingest
from flows.sample_dump import sample_dump
from flows.split import split
from msa_core.captions.captioner import Decoding, Picture, Said
from msa_core.captions.checking import checked
from msa_core.captions.endpoint import Endpoint
from msa_core.captions.pace import Limits
from msa_core.records import CaptionPrompt, Post, PostImage, Split
from warehouse import Store

TOP = Path(__file__).parents[1]
LATENCY_S, AT_ONCE = 0.2, 32
MODEL, KEY = "scripted-vlm", "sk-scripted"  # of the endpoint in tests/captioning
MEASURE = """
import resource, sys
from benchmarks.caption import described
from warehouse import Store
from pathlib import Path
done = described(Store.open(Path(sys.argv[1])), int(sys.argv[2]), number=int(sys.argv[3]))
print(done.n_ok, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def main() -> None:
    """Print captions/s, the floor's, their shares of the ideal; processor time, memory, and the second time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--captioned", type=int, default=20_000, help="posts of the store that has all its captions")
    sizes = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _endpoint() as url:
        os.environ |= {"MSA_VLM_BASE_URL": url, "MSA_VLM_MODEL": MODEL, "MSA_VLM_API_KEY": KEY}
        scratch = Path(folder)
        store = _store(scratch, sizes.images)
        _speed(store, sizes.images, sizes.rounds)
        _memory(store, sizes.images)
        _again(_captioned(scratch / "captioned", sizes.captioned), sizes.captioned)


def described(store: Store, n_images: int, *, number: int = 0) -> Captioned:
    """As the command does it; another `number` decodes otherwise, so that all are asked about once more."""
    asked = Asked("openai", decoding=Decoding(max_tokens=300 + number))
    done = caption(store, asked=asked, scope=Scope("all", limit=n_images), limits=Limits(AT_ONCE))
    assert done is not None
    return done


@contextmanager
def _endpoint() -> Iterator[str]:
    command = [sys.executable, "-m", "tests.captioning.scripted_endpoint", "--latency", str(LATENCY_S)]
    with subprocess.Popen(command, cwd=TOP, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}/v1"
        process.terminate()


def _store(place: Path, n_images: int) -> Store:
    """A store whose images outside test are at least so many."""
    store = Store.init(place / "store")
    dump = sample_dump(place / "dump", posts=n_images * 5 // 4, seed=7)
    ingest(store, format="mvsa-single", path=dump.path, source="timed")
    split(store)
    return store


def _speed(store: Store, n_images: int, rounds: int) -> None:
    ours, floors, cpu = [], [], []
    for number in range(rounds):
        floors.append(asyncio.run(_floor(store, n_images)))
        started, processor = time.perf_counter(), time.process_time()
        done = described(store, n_images, number=number)
        ours.append(done.n_ok / (time.perf_counter() - started))
        cpu.append((time.process_time() - processor) / done.n_ok * 1000)
    ideal = AT_ONCE / LATENCY_S
    speed, floor = median(ours), median(floors)
    print("images\tcaptions/s\tbare requests/s\tof the ideal\tof the bare requests\tclient's processor, ms a call")
    print(f"{n_images}\t{speed:.1f}\t{floor:.1f}\t{speed / ideal:.2f}\t{speed / floor:.2f}\t{median(cpu):.1f}")


async def _floor(store: Store, n_images: int) -> float:
    """Requests a second of bodies that are ready."""
    endpoint = captioner_of(Asked("openai"))
    assert isinstance(endpoint, Endpoint)
    with store.moment() as moment:
        rows = waiting(moment, endpoint, Scope("all", limit=n_images))
        bodies = [await endpoint.request.body(each, 0) | endpoint.request.schema() for each in pictures(moment, rows)]
    free = asyncio.Semaphore(AT_ONCE)
    headers = {"Authorization": f"Bearer {KEY}"}
    async with httpx.AsyncClient(base_url=endpoint.base_url, headers=headers, timeout=60) as client:

        async def ask(body: dict[str, object]) -> None:
            async with free:
                (await client.post("/chat/completions", json=body)).raise_for_status()

        started = time.perf_counter()
        await asyncio.gather(*(ask(body) for body in bodies))
        return len(bodies) / (time.perf_counter() - started)


def _memory(store: Store, n_images: int) -> None:
    print("images\tpeak MiB")
    for number, n in enumerate((n_images // 4, n_images)):
        arguments = [sys.executable, "-c", MEASURE, str(store.places.root), str(n), str(100 + number)]
        answer = subprocess.run(arguments, cwd=TOP, check=True, capture_output=True, text=True).stdout
        print("\t".join(answer.split()))


def _again(store: Store, n_posts: int) -> None:
    started = time.perf_counter()
    done = described(store, n_posts)
    print(f"again on {n_posts} captioned posts: {len(done.rows)} calls, {time.perf_counter() - started:.2f} s")


def _captioned(place: Path, n_posts: int) -> Store:
    """Posts without image files whose captions stand in the ledger."""
    store = Store.init(place)
    endpoint = captioner_of(Asked("openai"))
    assert endpoint is not None
    ids, shown = [f"made:{n:06}" for n in range(n_posts)], [f"{n:064x}" for n in range(n_posts)]
    said = Said("A dog sits on a sofa.", "stop", 300, 12, 0.2)
    run = store.begin("ingest", parameters={}, inputs=["made"], version=1)
    assert run is not None
    with run:
        run.write("posts", [_post(post_id) for post_id in ids])
        run.write("post_images", [PostImage(post_id, 0, image) for post_id, image in zip(ids, shown, strict=True)])
        run.write("splits", [Split(post_id, "train", 0, False) for post_id in ids])
        rows = [checked(endpoint, Picture(image, b""), 0, said, cost_usd=None) for image in shown]
        run.write("captions", rows)
        run.write("prompts", [CaptionPrompt(endpoint.prompt.sha256, endpoint.prompt.name, endpoint.prompt.words)])
    return store


def _post(post_id: str) -> Post:
    number = post_id.partition(":")[2]
    return Post(post_id, "made", number, "sentiment", "a text", "0" * 64, None, None, "utf-8", 1, None, False, None)


if __name__ == "__main__":
    main()
