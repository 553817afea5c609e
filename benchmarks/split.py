"""Clusters and splits grow near-linearly: 25,000, 50,000 and 100,000 posts, against a floor of one sort.

The posts are composed as those of the sample dump are; 8 % are twins in text and 8 % in image, at 0 to 4 bits.
The floor sorts the raw texts and the hashes once, which finds nothing but exact copies.

    python benchmarks/split.py
"""

import argparse
import time

import numpy as np

from msa_core.duplicates import MAX_DISTANCE, Pictures, clusters
from msa_core.sample_dump.phrases import address, compose
from msa_core.splitting import Member, Shares, place

LABELS = ("negative", "neutral", "positive")


def posts(n: int, seed: int = 0) -> tuple[list[str], list[str], Pictures, list[str]]:
    """Ids, texts, pictures and labels."""
    rng = np.random.default_rng(seed)
    labels = rng.choice(LABELS, size=n, p=[0.3, 0.1, 0.6]).tolist()
    texts = [address(compose(label, rng) + f" no {rng.integers(10**9)}", rng) for label in labels]
    hashes = rng.integers(0, 2**64, size=n, dtype=np.uint64)
    for twin in rng.choice(n, size=n * 8 // 100, replace=False):
        bits = rng.choice(64, size=rng.integers(0, MAX_DISTANCE + 1), replace=False)
        hashes[twin] = hashes[rng.integers(n)] ^ np.uint64(sum(1 << int(bit) for bit in bits))
    for twin in rng.choice(n, size=n * 8 // 100, replace=False):
        texts[twin] = "RT @someone: " + texts[rng.integers(n)].upper()
    ids = [f"s:{number:07d}" for number in range(n)]
    return ids, texts, Pictures(np.arange(n), [f"{number:064x}" for number in range(n)], hashes), labels


def timed(ids: list[str], texts: list[str], pictures: Pictures, labels: list[str]) -> tuple[float, float, float, int]:
    """Seconds of the floor, of clusters and of places; and how many posts have twins."""
    start = time.perf_counter()
    sorted(texts), np.sort(pictures.dhash)
    floor = time.perf_counter()
    found = clusters(ids, texts, pictures)
    clustered = time.perf_counter()
    members = [Member(row.post_id, row.cluster_id, "s", label) for row, label in zip(found, labels, strict=True)]
    place(members, {}, shares=Shares(), n_folds=5, seed=0)
    placed = time.perf_counter()
    return floor - start, clustered - floor, placed - clustered, sum(row.why != "none" for row in found)


def main() -> None:
    """Print one line a size; the last column is 1 where the time is linear in the number of posts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--posts", type=int, nargs="+", default=[25_000, 50_000, 100_000])
    sizes = parser.parse_args().posts
    print("posts\ttwins\tsort_s\tclusters_s\tplaces_s\tposts/s\tper post against the first size")
    first = 0.0
    timed(*posts(200))  # what is done once a process is no part of a size
    for n in sizes:
        floor, clustered, placed, twins = timed(*posts(n))
        each = (clustered + placed) / n
        first = first or each
        row = (f"{floor:.3f}", f"{clustered:.2f}", f"{placed:.2f}", f"{1 / each:,.0f}", f"{each / first:.2f}")
        print("\t".join((str(n), str(twins), *row)))


if __name__ == "__main__":
    main()
