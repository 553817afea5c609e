"""A store whose champion learned from one world, and posts that come from it or from another; nothing is trained."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa

from msa_core.records import Annotation, Cluster, Doubt, Model, Post, Prediction, SnapshotRow, Split
from warehouse import Store

LABELS = ("negative", "neutral", "positive")
WIDTH = 8
N_OLD, N_VAL = 300, 120


def learned(root: Path, source: str = "all") -> Store:
    """300 posts of the source `old`, 120 of them in val; all are in the snapshot of `clara-old`, which was chosen from
    `source`, and scored out of fold: fold models are less sure than the model itself.
    """
    store = Store.init(root)
    split_of = {f"old:{n:03}": "val" if n < N_VAL else "train" for n in range(N_OLD)}
    arrive(store, split_of, seed=0)
    rows = [
        SnapshotRow(
            "snapshot-old", post_id, "sentiment", LABELS[n % 3], None, 1.0, split, 0, None, "literature", "dump"
        )
        for n, (post_id, split) in enumerate(split_of.items())
    ]
    config = '{"folds":2}'
    model = Model("clara-old", "clara", "sentiment", LABELS, config, None, "snapshot-old", 2, 1, "{}", "0" * 64, 1.0)
    commit(store, "snapshot", source, source=source, snapshots=rows)
    commit(store, "train", "old", models=[model])
    for name, fold, sure in (("val", None, 5.0), ("train", 0, 2.0)):
        posts = {post_id: split for post_id, split in split_of.items() if split == name}
        say(store, posts, seed=0, fold=fold, sure=sure)
    return store


def arrive(
    store: Store, split_of: dict[str, str], *, seed: int, longer: int = 0, labelled: bool = True, saying: str = "x"
) -> None:
    """Posts with a text of about 50 characters, `longer` where it is said, that repeats one saying; each placed, and
    their dump's labels.
    """
    random = np.random.default_rng(seed)
    lengths = random.integers(20, 80, len(split_of)) + longer
    posts = [
        Post(post_id, post_id.split(":")[0], post_id.split(":")[1], "sentiment", (saying * n)[:n], "0" * 64, "x", None,
             "utf-8", 0, None, False, None)
        for post_id, n in zip(split_of, lengths.tolist(), strict=True)
    ]  # fmt: skip
    given = [
        Annotation(f"annotation-{post_id}", post_id, "dump-1", "both", LABELS[n % 3], None, "given", None, "dump",
                   None, None, None, None, None, None, None)
        for n, post_id in enumerate(split_of) if labelled
    ]  # fmt: skip
    name = next(iter(split_of))
    commit(store, "ingest", name, posts=posts, annotations=given)
    splits = [Split(post_id, split, 0 if split == "train" else None, False) for post_id, split in split_of.items()]
    clusters = [Cluster(post_id, f"cluster-{post_id}", "none") for post_id in split_of]
    commit(store, "split", name, splits=splits, clusters=clusters)


def say(
    store: Store,
    post_ids: Iterable[str],
    *,
    seed: int,
    fold: int | None = None,
    sure: float = 5.0,
    apart: float = 0.0,
) -> None:
    """What `clara-old`, or a fold model of it, predicts and makes of them: `apart` moves every vector, `sure` its
    confidence.
    """
    post_ids = list(post_ids)
    random = np.random.default_rng(seed)
    first = 0.34 + 0.6 * random.beta(sure, 2, len(post_ids))
    predictions = []
    for n, (post_id, p) in enumerate(zip(post_ids, first, strict=True)):
        probs = tuple(np.roll([p, (1 - p) / 2, (1 - p) / 2], n))
        given = (LABELS[n % 3], float(p), None, None, None, None, True, None)
        predictions.append(Prediction(post_id, "clara-old", fold, probs, *given))
    vectors = [(random.normal(size=WIDTH) + 3 - apart).astype(np.float32) for _ in post_ids]
    names = pa.repeat("clara-old", len(vectors))
    table = pa.table({"post_id": post_ids, "name": names, "vector": pa.array(vectors, pa.list_(pa.float32()))})
    commit(store, "score", post_ids[0], predictions=predictions, embeddings=table)


def doubted(store: Store, post_id: str) -> None:
    """As `msa mine` would, so that the model has a queue."""
    commit(store, "mine", post_id, doubts=[Doubt(post_id, "clara-old", "entropy", 0.9)])


def commit(store: Store, verb: str, name: str, *, source: str | None = None, **tables: object) -> None:
    """One run of these rows."""
    run = store.begin(verb, parameters={"name": name, "source": source}, inputs=[], version=1)
    assert run is not None
    with run:
        for table, rows in tables.items():
            run.write(table, rows)  # type: ignore[arg-type]
