"""A small store whose texts and images say nothing of the labels, so that only captions can."""

import io
from collections.abc import Callable
from pathlib import Path

from PIL import Image as Picture

from msa_core.records import Annotation, Caption, Cluster, Image, Post, PostImage, Split
from warehouse import Store

LABELS = ("negative", "neutral", "positive")
KIND = "pixels:pixels-1:none"
N = 120
QUICK = {"towers": "tiny", "epochs": 6, "image_size": 32, "max_length": 16, "caption_length": 16, "batch_size": 16}


def post_id(n: int) -> str:
    return f"told:{n:03}"


def label_of(n: int) -> str:
    """Without any pattern that the number of a post could give away."""
    return LABELS[n * n * 7 % 11 % 3]


def split_of(n: int) -> str:
    return "val" if n % 5 in (1, 2) else "test" if n % 5 == 3 else "train"


def labelled(n: int) -> str:
    """A caption that names the label."""
    return f"labelled {label_of(n)}"


def shuffled(n: int) -> str:
    """The same captions, each on another post."""
    return labelled((n * 37 + 11) % N)


def store_of_posts(root: Path) -> Store:
    store = Store.init(root)
    written = io.BytesIO()
    Picture.new("RGB", (48, 48), (90, 120, 90)).save(written, "JPEG")
    raw = written.getvalue()
    with store.begin("ingest", parameters={"source": "told"}, inputs=["made by hand"], version=1) as run:
        run.write("posts", [_post(n) for n in range(N)])
        run.write("images", [Image(f"{n:064x}", raw, 48, 48, "JPEG", "RGB", len(raw), n) for n in range(N)])
        run.write("post_images", [PostImage(post_id(n), 0, f"{n:064x}") for n in range(N)])
        run.write("annotations", [_annotation(n, side) for n in range(N) for side in ("text", "image")])
        run.count("held", N)
    with store.begin("split", parameters={}, inputs=["ingest"], version=1) as run:
        run.write("clusters", [Cluster(post_id(n), f"cluster-{n}", "none") for n in range(N)])
        run.write(
            "splits",
            [Split(post_id(n), split_of(n), None if split_of(n) == "test" else n % 2, False) for n in range(N)],
        )
    return store


def add_captions(
    store: Store, told: Callable[[int], str], *, model: str = "pixels-1", among: range = range(N), attempt: int = 0
) -> None:
    """`told` says the caption of each post among these; all of one kind."""
    asked = {"model": model, "among": str(among), "attempt": attempt}
    with store.begin("caption", parameters=asked, inputs=[], version=1) as run:
        run.write("captions", [_caption(n, told(n), model, attempt) for n in among])


def captioned(root: Path, told: Callable[[int], str] = labelled) -> Store:
    store = store_of_posts(root)
    add_captions(store, told)
    return store


def _post(n: int) -> Post:
    text = f"Post {n * 31 % 17} from the same street, number {n * 13 % 7}"
    return Post(
        post_id(n), "told", f"{n:03}", "sentiment", text, "0" * 64, None, None, "utf-8", 1, None, False, None
    )  # fmt: skip


def _annotation(n: int, side: str) -> Annotation:
    none = (None,) * 7
    return Annotation(
        f"{post_id(n)}-{side}", post_id(n), "dump-1", side, label_of(n), None, "given", None, "dump", *none
    )


def _caption(n: int, words: str, model: str, attempt: int) -> Caption:
    name = f"caption-{model}-{n:03}-{attempt}"
    return Caption(
        name, f"{n:064x}", "pixels", model, None, None, "{}", None, attempt, words, "ok", None, None, None, None, 0.0
    )
