"""Claim: after the first epoch, training runs at 0.9 or more of the bare steps of the same model on ready tensors.

    python benchmarks/train.py [--posts 2000] [--rounds 3]

An epoch orders the posts, gathers their pixels from a memory-mapped file, pads, steps, and is kept on disk so that a
kill costs nothing; the floor takes the same steps on batches that are ready. The best round of each is compared.
Sizes: `tiny`, and `small` (64 px, 4 layers, width 256), which the claim binds.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from msa_core import checkpoint
from msa_core.batches import Posts, Ragged, encode, make_batch, training_order
from msa_core.presets import Asked, clara_config, recipe
from msa_core.sample_dump.phrases import compose
from msa_core.towers import Towers, towers_of
from msa_core.training import Progress, Training, precision_here

LABELS = ("negative", "neutral", "positive")


def main() -> None:
    """Print posts/s of both and their ratio, for both sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", nargs="+", default=["tiny", "small"])
    asked = parser.parse_args()
    print("size\tprecision\ttraining, posts/s\tbare steps, posts/s\tratio")
    for size in asked.sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), size, asked.posts, asked.rounds)


def measure(folder: Path, size: str, n_posts: int, n_rounds: int) -> None:
    """One line of the table."""
    asked = Asked(towers=size)
    config = clara_config(asked, "sentiment", LABELS, is_masked=True)
    config = replace(config, precision=precision_here("auto", config))
    random = np.random.default_rng(0)
    texts = [compose(LABELS[n % 3], random) for n in range(n_posts)]
    towers = towers_of(config, texts, seed=0)
    posts = made_posts(folder, texts, towers, config.image_size)
    training = Training(checkpoint.build(config, towers), recipe(asked), -(-n_posts // 32))
    progress, ours, bare = Progress(), [], []
    for epoch in range(n_rounds + 1):
        bare.append(timed_steps(training, posts, epoch))
        start = time.perf_counter()
        training.conclude(progress, training.epoch(posts, epoch), None)
        training.keep(folder / "work", progress)
        ours.append(time.perf_counter() - start)
    rates = n_posts / min(ours[1:]), n_posts / min(bare[1:])
    print(f"{size}\t{config.precision}\t{rates[0]:.0f}\t{rates[1]:.0f}\t{rates[0] / rates[1]:.2f}", flush=True)


def timed_steps(training: Training, posts: Posts, epoch: int) -> float:
    """Seconds of an epoch's steps on batches that are ready."""
    order = training_order(posts.tokens.lengths, 32, seed=training.recipe.seed, epoch=epoch)
    ready = [make_batch(posts, rows).to(training.device) for rows in order]
    training.wrapped.train()
    start = time.perf_counter()
    for step, batch in enumerate(ready):
        loss = training.step(batch, step)
    float(loss)
    return time.perf_counter() - start


def made_posts(folder: Path, texts: list[str], towers: Towers, image_size: int) -> Posts:
    """Pixels of noise in a memory-mapped file, one image a post."""
    random, n_posts = np.random.default_rng(1), len(texts)
    np.save(folder / "pixels.npy", random.integers(0, 255, (n_posts, image_size, image_size, 3), dtype=np.uint8))
    tokens, has_text = encode(texts, towers.tokenizer, 64)
    pixels = np.load(folder / "pixels.npy", mmap_mode="r")
    images = Ragged.of([[row] for row in range(n_posts)])
    return Posts(tokens, has_text, images, pixels, np.arange(n_posts, dtype=np.int64) % 3)


if __name__ == "__main__":
    main()
