"""A store of a dozen posts, one of each kind that a training set takes or leaves out, and what reviewers say of it."""

import io
import shutil
from datetime import UTC, datetime
from pathlib import Path

from PIL import Image as Picture

from msa_core.records import Annotation, Cluster, Image, Post, PostImage, Split
from warehouse import Store

NONE = (None,) * 7
# name: (split, cluster, label of text, label of image)
KINDS = {
    "plain-1": ("train", "plain-1", "positive", "positive"),
    "plain-2": ("train", "plain-2", "negative", "negative"),
    "plain-3": ("train", "plain-3", "neutral", "neutral"),
    "mixed": ("train", "mixed", "positive", "neutral"),
    "leaky": ("train", "sealed", "positive", "positive"),
    "twin-1": ("train", "same", "positive", "neutral"),
    "twin-2": ("train", "same", "positive", "positive"),
    "torn-1": ("train", "torn", "positive", "positive"),
    "torn-2": ("pool", "torn", "negative", "negative"),
    "pooled": ("pool", "pooled", "neutral", "neutral"),
    "val-1": ("val", "sealed", "positive", "positive"),
    "val-2": ("val", "val-2", "negative", "neutral"),
    "tested": ("test", "tested", "negative", "negative"),
}


def a_name(name: str) -> str:
    return f"kept:{name}"


def curated_store(root: Path, *, images: int = 1) -> Store:
    """`images` of each post, all different."""
    store = Store.init(root)
    pictures = {name: [f"{place:032x}{n:032x}" for n in range(images)] for place, name in enumerate(KINDS)}
    commit(
        store,
        "ingest",
        posts=[_post(name, images) for name in KINDS],
        images=[_image(digest) for digests in pictures.values() for digest in digests],
        post_images=[PostImage(a_name(name), n, digest) for name in KINDS for n, digest in enumerate(pictures[name])],
        annotations=[row for name, (_, _, *labels) in KINDS.items() for row in _given(name, *labels)],
    )
    commit(
        store,
        "split",
        clusters=[Cluster(a_name(name), f"cluster-{cluster}", "text") for name, (_, cluster, *_) in KINDS.items()],
        splits=[
            Split(a_name(name), split, None if split == "test" else place % 2, True)
            for place, (name, (split, *_)) in enumerate(KINDS.items())
        ],
    )
    return store


def commit(store: Store, verb: str, **tables: list) -> str:
    run = store.begin(verb, parameters={}, inputs=[repr(tables)], version=1)
    assert run is not None
    with run:
        for table, rows in tables.items():
            run.write(table, rows)
        if verb == "ingest":
            run.count("held", len(tables.get("posts", [])))
    return run.run_id


def copied(store: Store, root: Path) -> Store:
    """The same once more, faster than made anew."""
    shutil.copytree(store.places.root, root)
    return Store.open(root)


def review(
    store: Store, name: str, label: str | None, *, by: str = "ann", status: str = "given", word: int = 1
) -> None:
    """What a reviewer says of a post; a later `word` is a later one."""
    at = datetime(2026, 1, word, tzinfo=UTC)
    row = Annotation(
        f"annotation-{name}-{by}-{word}", a_name(name), by, "both", label, None, status, None, "label-studio", None,
        1.0, at, "p", None, None, None,
    )  # fmt: skip
    commit(store, "review-pull", annotations=[row])


def come_late(store: Store, name: str, label: str, *, split: str = "train", cluster: str | None = None) -> None:
    """One post more, placed and labelled."""
    commit(store, "ingest", posts=[_post(name, 0)], annotations=_given(name, label, label))
    where = Cluster(a_name(name), f"cluster-{cluster or name}", "none")
    commit(store, "split", clusters=[where], splits=[Split(a_name(name), split, 0, False)])


def _post(name: str, images: int) -> Post:
    text = f"=words of {name}, with a comma"
    return Post(
        a_name(name), "kept", name, "sentiment", text, "0" * 64, None, None, "utf-8", images, None, False, None
    )  # fmt: skip


def _given(name: str, text: str, image: str) -> list[Annotation]:
    return [
        Annotation(f"{name}-{side}", a_name(name), "dump-1", side, label, None, "given", None, "dump", *NONE)
        for side, label in (("text", text), ("image", image))
    ]


def _image(digest: str) -> Image:
    written = io.BytesIO()
    Picture.new("RGB", (24, 24), (int(digest[30:32], 16) * 16, int(digest[-2:], 16) * 40, 90)).save(written, "PNG")
    raw = written.getvalue()
    return Image(digest, raw, 24, 24, "PNG", "RGB", len(raw), 0)
