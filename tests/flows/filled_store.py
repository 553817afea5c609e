"""A small store filled by hand at each stage, for tests that need one without training anything."""

import io
import json
from pathlib import Path

import numpy as np
from PIL import Image as Picture

from msa_core.records import (
    Annotation,
    Cluster,
    CurvePoint,
    Doubt,
    Evaluation,
    Image,
    Model,
    Post,
    PostImage,
    Prediction,
    Reject,
    SnapshotRow,
    Split,
)
from warehouse import Store

LABELS = ("negative", "neutral", "positive")
STAGES = ("empty", "ingested", "split", "trained", "mined")
SCRIPT = "<script>document.title = 'broken'</script> & =1+1"
CURVES = ("loss", "val_accuracy", "val_loss", "val_weighted_f1")
N = 60


def filled(root: Path, stage: str = "mined") -> Store:
    """The store as it is after `stage`."""
    store = Store.init(root)
    for name, step in zip(STAGES[1:], (_ingested, _split, _trained, _mined), strict=True):
        if STAGES.index(name) <= STAGES.index(stage):
            step(store)
    return store


def _id(number: int) -> str:
    return f"hand:{number:02}"


def _given(number: int) -> tuple[str, str]:
    return LABELS[number % 3], LABELS[number % 7 % 3]


def _ingested(store: Store) -> None:
    run = store.begin(
        "ingest", parameters={"source": "hand", "format": "mvsa-single"}, inputs=["made by hand"], version=1
    )
    assert run is not None
    with run:
        run.write("posts", [_post(n) for n in range(N)])
        run.write("images", [_image(n) for n in range(N)])
        run.write("post_images", [PostImage(_id(n), 0, f"{n:064x}") for n in range(N)])
        run.write("annotations", [_annotation(n, side) for n in range(N) for side in (0, 1)])
        run.write(
            "rejects",
            [Reject("hand", "labelResultAll.txt", 90 + n, "missing-image", str(n), f"data/{n}.jpg") for n in range(3)],
        )
        run.write("rejects", [Reject("hand", "labelResultAll.txt", 99, "unknown-label", "=9", "<b>joyful</b>")])
        run.count("held", N + 4)


def _post(n: int) -> Post:
    text = SCRIPT if n == 0 else f"Post {n} says something about the weather, and a long_{'word' * (n % 30)} too"
    return Post(
        _id(n), "hand", f"{n:02}", "sentiment", text, f"{n:064x}", f"data/{n}.txt", None, "utf-8", 1, None, False, None
    )


def _image(n: int) -> Image:
    written = io.BytesIO()
    Picture.new("RGB", (480, 360 + n), (4 * n % 255, 120, 255 - 4 * n % 255)).save(written, "JPEG")
    raw = written.getvalue()
    return Image(f"{n:064x}", raw, 480, 360 + n, "JPEG", "RGB", len(raw), n)


def _annotation(n: int, side: int) -> Annotation:
    modality, label = ("text", "image")[side], _given(n)[side]
    nothing = (None,) * 7
    return Annotation(
        f"annotation-{n:02}-{side}", _id(n), "dump-1", modality, label, None, "given", None, "dump", *nothing
    )


def _split_of(n: int) -> str:
    return "val" if n % 5 == 1 else "test" if n % 5 == 2 else "train"


def _split(store: Store) -> None:
    run = store.begin("split", parameters={}, inputs=["ingest"], version=1)
    assert run is not None
    with run:
        run.write(
            "clusters",
            [Cluster(_id(n), f"cluster-{1 if n == 51 else n}", "image" if n in (1, 51) else "none") for n in range(N)],
        )
        run.write(
            "splits", [Split(_id(n), _split_of(n), n % 2 if _split_of(n) == "train" else None, False) for n in range(N)]
        )


def _trained(store: Store) -> None:
    run = store.begin("train", parameters={}, inputs=["split"], version=1)
    assert run is not None
    model = Model(
        "clara-hand", "clara", "sentiment", LABELS, "{}", None, "snapshot-hand", 10, 5, json.dumps({}), "ab" * 32, 1.0
    )
    with run:
        run.write("snapshots", [_stopping(n) for n in range(N) if _split_of(n) == "val"])
        run.write("models", [model])
        run.write(
            "curves", [_point(fold, epoch, name) for fold in (None, 0, 1) for epoch in range(5) for name in CURVES]
        )
    run = store.begin("score", parameters={}, inputs=["train"], version=1)
    assert run is not None
    with run:
        run.write("predictions", [_prediction(n) for n in range(N)])


def _stopping(n: int) -> SnapshotRow:
    """A validation post; the train posts of this model's snapshot are left out, since it has no fold models."""
    label, split, fold = _given(n)[0], _split_of(n), n % 2
    return SnapshotRow("snapshot-hand", _id(n), "sentiment", label, None, 1.0, split, fold, None, "literature", "dump")


def _point(fold: int | None, epoch: int, name: str) -> CurvePoint:
    value = 1.2 - 0.08 * epoch if name.endswith("loss") else 0.6 + 0.04 * epoch
    return CurvePoint("clara-hand", fold, epoch, name, value + 0.02 * (fold or 0) * (-1) ** epoch)


def _prediction(n: int) -> Prediction:
    probs = np.random.default_rng(n).dirichlet([1.0, 1.0, 1.5])
    probs = tuple(float(p) for p in probs)
    top = int(np.argmax(probs))
    fold = n % 2 if _split_of(n) == "train" else None
    return Prediction(
        _id(n), "clara-hand", fold, probs, LABELS[top], probs[top], probs[::-1], probs, None, None, True, None
    )


def _mined(store: Store) -> None:
    run = store.begin("mine", parameters={}, inputs=["score"], version=1)
    assert run is not None
    open_posts = [n for n in range(N) if _split_of(n) != "test"]
    with run:
        run.write("doubts", [
            Doubt(_id(n), "clara-hand", reason, 1.0 if n == 0 else ((n * 7 + len(reason)) % 50) / 50)
            for n in open_posts for reason in ("entropy", "margin", "wrong-and-confident")[: 1 + n % 3 if n else 3]
        ])  # fmt: skip
    run = store.begin("evaluate", parameters={}, inputs=["score"], version=1)
    assert run is not None
    whole = [
        Evaluation(model, "val", name, None, value - less, value - less - 0.05, value - less + 0.05, 12)
        for model, less in (("clara-hand", 0.0), ("majority@clara-hand", 0.2))
        for name, value in (("accuracy", 0.66), ("ece", 0.24), ("macro_f1", 0.58), ("weighted_f1", 0.63))
    ]
    each = [
        Evaluation("clara-hand", "val", name, label, 0.3 + place / 5, 0.2 + place / 5, 0.4 + place / 5, 12)
        for name in ("f1", "precision", "recall")
        for place, label in enumerate(LABELS)
    ]
    with run:
        run.write("evaluations", whole + each)
