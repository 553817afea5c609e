"""The hardest posts, as a person would look at them: image, text, probs, labels and reasons."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from msa_core.page.colours import colour_of
from msa_core.page.contents import Bar, HardPost, Line, Missing, Reason, Section
from msa_core.shown_image import data_url, shown

MINE = Missing("No post has been doubted yet.", "msa mine")
WIDEST = 320  # pixels of a thumbnail
NO_STORIES: Mapping[str, tuple[Line, ...]] = {}
LONGEST = 600  # characters of a text


def hardest(
    queued: pa.Table,
    images: Mapping[str, bytes],
    *,
    n_queued: int,
    stories: Mapping[str, tuple[Line, ...]] = NO_STORIES,
) -> Section:
    """The first of `queued_posts` with the bytes of their images by digest and their stories by post_id; `n_queued`
    counts the whole queue.
    """
    title, slug = "The hardest posts", "hardest"
    if not queued.num_rows:
        return Section(slug, title, missing=(MINE,))
    posts = tuple(_post(row, images, stories) for row in queued.to_pylist())
    lead = (
        f"The first {len(posts):,} of {n_queued:,} in the queue: what disagrees with its given label first, "
        "then what the model is unsure of. Strengths run from 0 to 1."
    )
    return Section(slug, title, lead, posts=posts)


def _post(row: Mapping[str, Any], images: Mapping[str, bytes], stories: Mapping[str, tuple[Line, ...]]) -> HardPost:
    """One row of the view `queued_posts`."""
    labels = tuple(row["labels"])
    text = row["text"] or ""
    raw = images.get(row["image_sha256"])
    return HardPost(
        place=row["place"],
        post_id=row["post_id"],
        split=row["split"],
        text=text if len(text) <= LONGEST else text[:LONGEST] + "…",
        image=None if raw is None else thumbnail(raw),
        caption=row["caption"] or None,
        given=row["given"],
        predicted=row["predicted"],
        bars=_bars(labels, row["probs"]),
        text_bars=_bars(labels, row["text_probs"]),
        image_bars=_bars(labels, row["image_probs"]),
        reasons=tuple(Reason(*pair) for pair in zip(row["reasons"], row["strengths"], strict=True)),
        story=stories.get(row["post_id"], ()),
    )


def _bars(labels: tuple[str, ...], probs: Sequence[float] | None) -> tuple[Bar, ...]:
    if probs is None:
        return ()
    return tuple(Bar(label, p, colour_of(label, labels)) for label, p in zip(labels, probs, strict=True))


def thumbnail(raw: bytes) -> str | None:
    """A JPEG of at most 320 pixels a side as a data URL, upright, opaque; None where it cannot be read."""
    jpeg = shown(raw, widest=WIDEST)
    return None if jpeg is None else data_url(jpeg)
