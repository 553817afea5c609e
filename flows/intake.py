"""What an ingest takes in: outcomes to rows, in pieces, so that memory does not grow with the dump."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from msa_core.dumps import Known, Standing, Taken
from msa_core.records import Annotation, Image, Post, PostImage, Reject
from msa_core.refusals import Reason
from warehouse import Run

IMAGES_A_PIECE = 64  # megabytes
ROWS_A_PIECE = 512  # a few words each: in larger pieces, since a column costs more than its cells


@dataclass(frozen=True, slots=True)
class Ingested:
    """Rows held = posts + known + refused. `run_id` is None where nothing was added.

    Then the counts are 0 where the very same dump was taken last, since it was not opened again.
    """

    run_id: str | None
    n_held: int = 0
    n_posts: int = 0
    n_known: int = 0
    n_images: int = 0
    n_annotations: int = 0
    rejects: tuple[tuple[Reason, int], ...] = ()

    @property
    def n_rejects(self) -> int:
        """Rows refused."""
        return sum(n for _, n in self.rejects)


@contextmanager
def reused_memory() -> Iterator[None]:
    """Arrow takes memory from the C library meanwhile.

    Its own pool hands freed pages back at once, and with megabytes of images that come and go the page faults cost
    more than the copying.
    """
    own = pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())
    try:
        yield
    finally:
        pa.set_memory_pool(own)


class Intake:
    """Outcomes in the dump's order become rows, written in pieces of a fixed number."""

    def __init__(self, run: Run, standing: Standing) -> None:
        self._run = run
        self._standing = standing
        self.has_news = False  # whether anything came that the store lacks
        self._posts: list[Post] = []
        self._post_images: list[PostImage] = []
        self._images: list[Image] = []
        self._annotations: list[Annotation] = []
        self._rejects: list[Reject] = []
        self._seen_images: set[bytes] = set()
        self._reasons: Counter[str] = Counter()
        self._n_held = self._n_known = 0

    def take(self, outcome: Taken | Known | Reject) -> None:
        """An image that several posts show is written once."""
        self._n_held += 1
        if isinstance(outcome, Reject):
            self._rejects.append(outcome)
            self._reasons[outcome.reason] += 1
            self.has_news = self.has_news or not self._standing.has_reject(outcome)
        else:
            self._annotations += outcome.annotations
            self._n_known += isinstance(outcome, Known)
            self.has_news = self.has_news or isinstance(outcome, Taken) or bool(outcome.annotations)
        if isinstance(outcome, Taken):
            self._posts.append(outcome.post)
            self._post_images += outcome.post_images
            self._images += [image for image in outcome.images if self._is_new(image)]
        if len(self._images) >= IMAGES_A_PIECE:
            self._write(("images", self._images))
        if self._n_held % ROWS_A_PIECE == 0:
            self._write_all()

    def finish(self) -> None:
        """Writes what waits, and the counters."""
        self._write_all()
        self._run.count("held", self._n_held)
        self._run.count("known", self._n_known)

    def summary(self) -> Ingested:
        """What came in, and what was refused, in the order of `Reason`."""
        n = Counter(self._run.n_rows)
        rejects = tuple((reason, self._reasons[reason]) for reason in Reason if self._reasons[reason])
        counts = (self._n_held, n["posts"], self._n_known, n["images"], n["annotations"])
        return Ingested(self._run.run_id if self.has_news else None, *counts, rejects)

    def _is_new(self, image: Image) -> bool:
        digest = bytes.fromhex(image.image_sha256)
        is_new = digest not in self._seen_images
        self._seen_images.add(digest)
        return is_new

    def _write_all(self) -> None:
        self._write(
            ("posts", self._posts),
            ("post_images", self._post_images),
            ("images", self._images),
            ("annotations", self._annotations),
            ("rejects", self._rejects),
        )

    def _write(self, *waiting: tuple[str, list[Any]]) -> None:
        for table, rows in waiting:
            if rows:
                self._run.write(table, rows)
                rows.clear()
