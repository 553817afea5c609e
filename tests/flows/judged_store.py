"""A store with a sealed test and models of known skill, filled by hand: what a gate needs, without any training."""

import json
from pathlib import Path

import numpy as np

from msa_core.records import Annotation, Cluster, Model, Post, Prediction, SnapshotRow, Split
from warehouse import Store

LABELS = ("negative", "neutral", "positive")
N_TEST, N_TRAIN = 300, 12
NOTHING = (None,) * 7


def judged_store(root: Path, *, n_test: int = N_TEST, task: str = "sentiment") -> Store:
    """Posts of one source, labelled and split; no model yet."""
    store = Store.init(root)
    add_posts(store, "hand", n_test=n_test, task=task)
    return store


def add_posts(store: Store, source: str, *, n_test: int, task: str = "sentiment") -> None:
    """`n_test` test posts and a few train posts of one more source."""
    numbers = range(n_test + N_TRAIN)
    run = store.begin("ingest", parameters={"source": source}, inputs=["made by hand"], version=1)
    assert run is not None
    with run:
        run.write("posts", [_post(source, n, task) for n in numbers])
        run.write("annotations", [_given(source, n, side) for n in numbers for side in ("text", "image")])
    run = store.begin("split", parameters={"source": source}, inputs=["ingest"], version=1)
    assert run is not None
    with run:
        run.write("clusters", [Cluster(_id(source, n), f"cluster-{source}-{n}", "none") for n in numbers])
        run.write("splits", [Split(_id(source, n), _split(n), None if n >= N_TRAIN else n % 2, False) for n in numbers])


def add_model(
    store: Store,
    name: str,
    skill: float,
    *,
    source: str = "hand",
    n_test: int = N_TEST,
    task: str = "sentiment",
    labels: tuple[str, ...] = LABELS,
) -> str:
    """A model that is right on this share of the posts, and on the same posts as every weaker model; its id."""
    run = store.begin("train", parameters={"name": name}, inputs=["split"], version=1)
    assert run is not None
    config = json.dumps({"folds": 0})
    model = Model(
        f"clara-{name}", "clara", task, labels, config, None, f"snapshot-{source}", 10, 5, "{}", "ab" * 32, 1.0
    )
    with run:
        run.write("snapshots", [_frozen(source, n, task) for n in range(N_TRAIN)])
        run.write("models", [model])
    predicted(store, model.model_id, skill, source=source, n_test=n_test, labels=labels)
    return model.model_id


def predicted(
    store: Store,
    model_id: str,
    skill: float,
    *,
    source: str = "hand",
    n_test: int = N_TEST,
    labels: tuple[str, ...] = LABELS,
) -> None:
    """What a model says of a source's posts: right on this share of them."""
    run = store.begin("score", parameters={"model_id": model_id, "source": source}, inputs=["train"], version=1)
    assert run is not None
    with run:
        run.write("predictions", [_said(source, n, model_id, skill, labels) for n in range(N_TRAIN + n_test)])


def relabel(store: Store, number: int, label: str, *, source: str = "hand") -> None:
    """Three more annotators say something else of a post's text and image, which outvotes the first."""
    run = store.begin("ingest", parameters={"again": number, "label": label}, inputs=["made by hand"], version=1)
    assert run is not None
    late = [(f"again-{number}-{side}-{n}", f"late-{n}", side) for side in ("text", "image") for n in range(3)]
    rest = (label, None, "given", None, "dump", *NOTHING)
    with run:
        run.write("annotations", [Annotation(name, _id(source, number), who, side, *rest) for name, who, side in late])


def _id(source: str, n: int) -> str:
    return f"{source}:{n:04}"


def _split(n: int) -> str:
    return "train" if n < N_TRAIN else "test"


def _truth(n: int) -> str:
    return LABELS[0 if n % 10 < 3 else 1 if n % 10 < 5 else 2]


def _post(source: str, n: int, task: str) -> Post:
    about = (f"post {n} of {source}", f"{n:064x}", f"data/{n}.txt", None, "utf-8", 0, None, False, None)
    return Post(_id(source, n), source, f"{n:04}", task, *about)


def _given(source: str, n: int, side: str) -> Annotation:
    of = (f"annotation-{source}-{n}-{side}", _id(source, n), "dump-1", side)
    return Annotation(*of, _truth(n), None, "given", None, "dump", *NOTHING)


def _frozen(source: str, n: int, task: str) -> SnapshotRow:
    row = (f"snapshot-{source}", _id(source, n), task, _truth(n), None, 1.0, "train", n % 2, None)
    return SnapshotRow(*row, "literature", "dump")


def _said(source: str, n: int, model_id: str, skill: float, labels: tuple[str, ...]) -> Prediction:
    luck = np.random.default_rng(n).random()
    right = labels.index(_truth(n)) if _truth(n) in labels else 0
    top = right if luck < skill else (right + 1) % len(labels)
    sure = max(skill, 0.5)
    probs = tuple(sure if place == top else (1 - sure) / (len(labels) - 1) for place in range(len(labels)))
    rest = (None, None, None, None, n >= N_TRAIN, None)
    return Prediction(_id(source, n), model_id, None, probs, labels[top], sure, *rest)
