"""Posts as arrays, and batches of them as tensors; the next batch is made while this one is used.

Letters: N posts, B batch, T text tokens, K images of a post, I images of a batch, S image side in pixels.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol, TypeVar, cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Thing = TypeVar("Thing")
Rows = NDArray[np.int64]


class Pixels(Protocol):
    """Decoded images, one a row, perhaps in a memory-mapped file."""

    def __getitem__(self, rows: Rows) -> NDArray[np.uint8]:
        """rows (I,) to pixels (I, S, S, 3)."""


@dataclass(frozen=True, slots=True)
class Ragged:
    """N lists of numbers of different lengths: list i is `values[starts[i]:starts[i + 1]]`."""

    values: Rows
    starts: Rows

    @classmethod
    def of(cls, lists: Sequence[Sequence[int]]) -> "Ragged":
        """The lists, laid end to end."""
        starts = np.cumsum([0, *map(len, lists)], dtype=np.int64)
        values = np.fromiter((value for each in lists for value in each), dtype=np.int64, count=int(starts[-1]))
        return cls(values, starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> Rows:
        """Length of each list."""
        return np.diff(self.starts)

    def take(self, rows: Rows) -> "Ragged":
        """The lists at `rows`, in that order."""
        return Ragged.of([self.values[self.starts[row] : self.starts[row + 1]] for row in rows])  # type: ignore[misc]

    def padded(self, rows: Rows, fill: int) -> tuple[Rows, NDArray[np.bool_]]:
        """The lists at `rows` as one array (B, longest, at least 1), and where it is padding."""
        lengths = self.lengths[rows]
        steps = np.arange(max(int(lengths.max(initial=1)), 1))
        padding = steps[None, :] >= lengths[:, None]
        places = np.where(padding, 0, self.starts[rows][:, None] + steps[None, :])
        values = self.values[places] if len(self.values) else np.zeros_like(places)
        return np.where(padding, fill, values), padding


@dataclass(frozen=True, slots=True)
class Posts:
    """N posts ready for a model: `tokens` of the text and its caption (only the special ones where there is neither),
    `has_text` where there is one of them, `images` as rows of `pixels`, `labels` as places in the model's label list
    (absent when scoring), `weights` in the loss (absent: all 1).
    """

    tokens: Ragged
    has_text: NDArray[np.bool_]
    images: Ragged
    pixels: Pixels
    labels: Rows | None = None
    pad_id: int = 0
    weights: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        return len(self.tokens)

    def take(self, rows: Rows) -> "Posts":
        """The posts at `rows`, in that order."""
        labels = None if self.labels is None else self.labels[rows]
        weights = None if self.weights is None else self.weights[rows]
        tokens, images = self.tokens.take(rows), self.images.take(rows)
        return replace(self, tokens=tokens, has_text=self.has_text[rows], images=images, labels=labels, weights=weights)


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of B posts. Padding masks are true where padded; an image of a post is `pixels[image_of[b, k]]`."""

    rows: Tensor  # (B,) places in the posts
    tokens: Tensor  # (B, T)
    text_padding: Tensor  # (B, T)
    has_text: Tensor  # (B,)
    pixels: Tensor  # (I, S, S, 3) uint8
    image_of: Tensor  # (B, K)
    image_padding: Tensor  # (B, K)
    labels: Tensor | None  # (B,)
    weights: Tensor | None = None  # (B,)

    def to(self, device: torch.device) -> "Batch":
        """The same batch on another device."""
        parts = (getattr(self, field.name) for field in fields(self))
        return Batch(*(part if part is None else part.to(device, non_blocking=True) for part in parts))


def encode(
    texts: Sequence[str | None],
    tokenizer: Any,
    max_length: int,
    *,
    captions: Sequence[str | None] = (),
    caption_length: int = 0,
) -> tuple[Ragged, NDArray[np.bool_]]:
    """Tokens of each post, `[CLS] text [SEP] caption [SEP]`, and which posts have words at all, their own or a caption.

    Each segment is cut on its own, marks included: the text at `max_length`, the caption at `caption_length`, so that a
    long text leaves the caption its room. A post without a caption, or any post at a `caption_length` of 0, is its text
    alone, token by token.
    """
    told = list(captions) if captions and caption_length else [None] * len(texts)
    has_words = np.array([_is_said(one) or _is_said(other) for one, other in zip(texts, told, strict=True)], dtype=bool)
    if not len(texts):
        return Ragged.of([]), has_words
    encoded = tokenizer([text or "" for text in texts], truncation=True, max_length=max_length)["input_ids"]
    captioned = [place for place, caption in enumerate(told) if _is_said(caption)]
    if captioned:
        cut = {"truncation": True, "max_length": caption_length - 1, "add_special_tokens": False}
        segments = tokenizer([told[place] for place in captioned], **cut)["input_ids"]
        for place, segment in zip(captioned, segments, strict=True):
            encoded[place] = [*encoded[place], *segment, tokenizer.sep_token_id]
    return Ragged.of(encoded), has_words


def _is_said(words: str | None) -> bool:
    return bool(words and words.strip())


def make_batch(posts: Posts, rows: Rows) -> Batch:
    """The posts at `rows`, padded to the longest text and the most images among them."""
    tokens, text_padding = posts.tokens.padded(rows, posts.pad_id)
    image_rows, image_padding = posts.images.padded(rows, 0)
    image_of = np.where(image_padding, 0, np.cumsum(~image_padding).reshape(image_padding.shape) - 1)
    pixels = np.ascontiguousarray(posts.pixels[image_rows[~image_padding]])
    return Batch(
        torch.from_numpy(rows),
        torch.from_numpy(tokens),
        torch.from_numpy(text_padding),
        torch.from_numpy(posts.has_text[rows]),
        torch.from_numpy(pixels),
        torch.from_numpy(image_of),
        torch.from_numpy(image_padding),
        None if posts.labels is None else torch.from_numpy(posts.labels[rows]),
        None if posts.weights is None else torch.from_numpy(posts.weights[rows]),
    )


def training_order(lengths: Rows, batch_size: int, *, seed: int, epoch: int) -> list[Rows]:
    """Every post once, in an order that (seed, epoch) alone decides: shuffled, then sorted by length within windows of
    8 batches so that less is padded, then the batches shuffled.
    """
    random = np.random.default_rng((seed, epoch))
    order, window = random.permutation(len(lengths)).astype(np.int64), 8 * batch_size
    windows = [order[start : start + window] for start in range(0, len(order), window)]
    alike = np.concatenate([rows[np.argsort(lengths[rows], kind="stable")] for rows in windows])
    batches = [alike[start : start + batch_size] for start in range(0, len(alike), batch_size)]
    return [batches[place] for place in random.permutation(len(batches))]


def scoring_order(posts: Posts, batch_size: int) -> list[Rows]:
    """Every post once, posts of like length together so that little is padded; the order is total."""
    order = np.lexsort((np.arange(len(posts)), posts.tokens.lengths, posts.images.lengths))
    return [order[start : start + batch_size] for start in range(0, len(posts), batch_size)]


def ahead(things: Iterable[Thing], depth: int = 2) -> Iterator[Thing]:
    """The same things in the same order, `depth` of them made beforehand in one thread; its errors are raised here."""
    source, end = iter(things), object()
    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(next, source, end) for _ in range(depth))
        while (thing := waiting.popleft().result()) is not end:
            waiting.append(thread.submit(next, source, end))
            yield cast("Thing", thing)
