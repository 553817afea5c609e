"""Posts of the store as arrays for a model: texts tokenised, images decoded once into the cache."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count

import numpy as np

from flows.captions_read import captions_of
from msa_core.batches import Posts, Ragged, encode
from msa_core.images import pixels
from warehouse import Moment, Store
from warehouse.image_cache import ImageCache

AT_ONCE = 1024

CONTENT = "from post_content where post_id in (select unnest($post_ids)) order by post_id"


@dataclass(frozen=True, slots=True)
class Content:
    """Texts and digests of images of posts, by post_id; and their captions, where those of a kind are read."""

    post_ids: list[str]
    texts: list[str | None]
    digests: list[list[str]]
    captions: list[str | None]
    caption_ids: list[str | None]

    def __len__(self) -> int:
        return len(self.post_ids)

    def take(self, places: Sequence[int]) -> "Content":
        """The posts at these places, in that order."""
        parts = (self.post_ids, self.texts, self.digests, self.captions, self.caption_ids)
        return Content(*([part[place] for place in places] for part in parts))  # type: ignore[arg-type]


def content_of(moment: Moment, post_ids: Sequence[str], captions: str | None = None) -> Content:
    """Of these posts, sorted by post_id, with their captions of the kind `captions`."""
    found = moment.table(CONTENT, post_ids=list(post_ids))
    ids, texts, digests = (found[name].to_pylist() for name in ("post_id", "text", "digests"))
    told = captions_of(moment, captions, ids)
    said = [told[post_id].caption if post_id in told else None for post_id in ids]
    caption_ids = [told[post_id].caption_id if post_id in told else None for post_id in ids]
    return Content(ids, texts, digests, said, caption_ids)


class PostArrays:
    """Turns content into arrays. Images that were never seen at this size are decoded by all cores, then cached."""

    def __init__(self, store: Store, moment: Moment, image_size: int) -> None:
        self.moment = moment
        self.cache = ImageCache(store.places.cache, size=image_size)

    def posts(self, content: Content, tokenizer: object, max_length: int, caption_length: int = 0) -> Posts:
        """Ready for a network; without labels. A `caption_length` of 0 leaves the captions out."""
        tokens, has_text = encode(
            content.texts, tokenizer, max_length, captions=content.captions, caption_length=caption_length
        )
        digests = [digest for some in content.digests for digest in some]
        self.fill(digests)
        places = iter(range(len(digests)))
        images = Ragged.of([[next(places) for _ in some] for some in content.digests])
        return Posts(tokens, has_text, images, self.cache.rows(digests), pad_id=tokenizer.pad_token_id)  # type: ignore[attr-defined]

    def fill(self, digests: Sequence[str]) -> None:
        """Afterwards every image is in the cache."""
        missing = self.cache.missing(digests)
        for start in range(0, len(missing), AT_ONCE):
            found = dict(self._decoded(missing[start : start + AT_ONCE]))
            names = sorted(found)
            self.cache.add(names, np.stack([found[name] for name in names]))

    def _decoded(self, digests: list[str]) -> Iterator[tuple[str, np.ndarray]]:
        wanted = "select image_sha256, bytes from image_bytes where image_sha256 in (select unnest($digests))"
        with ThreadPoolExecutor(cpu_count()) as threads:
            for batch in self.moment.batches(wanted, rows=128, digests=digests):
                names, files = (column.to_pylist() for column in batch.columns)
                sizes = [self.cache.size] * len(files)
                yield from zip(names, threads.map(pixels, files, sizes), strict=True)
