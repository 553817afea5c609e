"""Claim: `msa score` runs at 0.9 or more of the bare forward passes of the same model on tensors that are ready.

    python benchmarks/score.py [--posts 4000] [--rounds 3]

Each round scores posts of its own, whose images are in the cache already; loading the model, reading texts from the
store, tokenising, gathering pixels and the committed Parquet all count against `msa score`. The floor's batches are the
same.
The best round of each is compared. Sizes: `tiny`, and `small` (64 px, 4 layers, width 256), which the claim binds.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image as Picture

from flows.post_arrays import PostArrays, content_of
from flows.score import score
from flows.train import train
from msa_core import Classifier
from msa_core.batches import Batch, make_batch, scoring_order
from msa_core.precision import autocast
from msa_core.records import Annotation, Cluster, Image, Post, PostImage, Split
from msa_core.sample_dump.phrases import compose
from warehouse import Store

LABELS = ("negative", "neutral", "positive")
N_IMAGES = 500
N_LABELLED = 60


def main() -> None:
    """Print posts/s of both and their ratio, for both sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", nargs="+", default=["tiny", "small"])
    asked = parser.parse_args()
    print("size\tprecision\tmsa score, posts/s\tbare forward, posts/s\tratio")
    for size in asked.sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), size, asked.posts, asked.rounds)


def measure(folder: Path, size: str, n_posts: int, n_rounds: int) -> None:
    """One line of the table."""
    store = made_store(folder / "store", n_posts, ["warm", *(f"round{n}" for n in range(n_rounds))])
    model_id = train(store, source="warm", towers=size, epochs=1).model_id
    score(store, source="warm")
    classifier = Classifier.from_pretrained(store.places.models / model_id)
    ready = batches(store, classifier, "warm")
    ours, bare = [], []
    for n in range(n_rounds):
        bare.append(timed_forward(classifier, ready))
        start = time.perf_counter()
        done = score(store, source=f"round{n}")
        ours.append(time.perf_counter() - start)
        assert done.n_posts == n_posts, f"{done.n_posts} posts were scored, not {n_posts}"
    rates = n_posts / min(ours), n_posts / min(bare)
    precision = classifier.network.config.precision
    print(f"{size}\t{precision}\t{rates[0]:.0f}\t{rates[1]:.0f}\t{rates[0] / rates[1]:.2f}", flush=True)


def timed_forward(classifier: Classifier, ready: Sequence[Batch]) -> float:
    """Seconds of the forward passes alone."""
    network = classifier.network
    device = next(network.parameters()).device
    start = time.perf_counter()
    with torch.inference_mode(), autocast(device, network.config.precision):
        for batch in ready:
            torch.softmax(torch.stack(network(batch.to(device))), -1).cpu()
    return time.perf_counter() - start


def batches(store: Store, classifier: Classifier, source: str) -> list[Batch]:
    """All posts of a source as tensors, in the order in which they are scored."""
    config = classifier.network.config
    with store.moment() as moment:
        ids = moment.table("select post_id from posts where source = $source order by 1", source=source)[0].to_pylist()
        content = content_of(moment, ids)
        posts = PostArrays(store, moment, config.image_size).posts(content, classifier.tokenizer, config.max_length)
    return [make_batch(posts, rows) for rows in scoring_order(posts, 64)]


def made_store(root: Path, n_posts: int, sources: list[str]) -> Store:
    """`n_posts` of each source, composed as those of the sample dump are, over 500 images; a few bear labels."""
    store, random = Store.init(root), np.random.default_rng(0)
    names = [f"{source}:{n:06d}" for source in sources for n in range(n_posts)]
    run = store.begin("ingest", parameters={"made": "for a benchmark"}, inputs=[], version=1)
    assert run is not None
    with run:
        run.write("images", [_image(n, root.parent / "one.jpg", random) for n in range(N_IMAGES)])
        run.write("posts", [_post(name, compose(LABELS[n % 3], random)) for n, name in enumerate(names)])
        run.write("post_images", [PostImage(name, 0, f"{n % N_IMAGES:064x}") for n, name in enumerate(names)])
        run.write("clusters", [Cluster(name, f"cluster-{name}", "none") for name in names])
        run.write("splits", [Split(name, "train", n % 5, False) for n, name in enumerate(names)])
        labelled = enumerate(names[:N_LABELLED])
        run.write(
            "annotations", [_given(name, LABELS[n % 3], side) for n, name in labelled for side in ("text", "image")]
        )
    return store


def _image(n: int, path: Path, random: np.random.Generator) -> Image:
    noise = random.integers(0, 255, (12, 16, 3), dtype=np.uint8)
    Picture.fromarray(noise).resize((400, 300)).save(path, "JPEG")
    data = path.read_bytes()
    return Image(f"{n:064x}", data, 400, 300, "JPEG", "RGB", len(data), n)


def _post(name: str, text: str) -> Post:
    source, _, number = name.partition(":")
    return Post(name, source, number, "sentiment", text, "0" * 64, None, None, "utf-8", 1, None, False, None)


def _given(name: str, label: str, side: str) -> Annotation:
    none = (None,) * 7
    return Annotation(f"{name}-{side}", name, "dump-1", side, label, None, "given", None, "dump", *none)


if __name__ == "__main__":
    main()
