"""What the store holds of a source already, as sorted arrays: 64 bytes a post, 32 an answer, 32 an image or a reject.

The arrays are never written after they are made, so that every thread may ask.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from msa_core.records import Reject

WIDTH = 16
ANNOTATION = "annotation-"


def key(*parts: str) -> bytes:
    """16 bytes of what the parts, in this order, name."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=WIDTH).digest()


def content_of(text_sha256: str | None, image_sha256s: Sequence[str]) -> bytes:
    """What a post shows: 8 bytes of its text, 8 of its images in their order."""
    return key("text", text_sha256 or "")[:8] + key("images", *image_sha256s)[:8]


def answer_of(label: str | None, score: float | None) -> bytes:
    """8 bytes of what an annotation says."""
    return key("answer", repr(label), repr(score))[:8]


class Index:
    """Keys and values of 16 bytes each, found by bisection."""

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]] = ()) -> None:
        flat = np.frombuffer(b"".join(part for pair in pairs for part in pair), dtype=f"V{WIDTH}").reshape(-1, 2)
        keys = np.ascontiguousarray(flat[:, 0]).view(">u8").reshape(-1, 2)
        order = np.lexsort((keys[:, 1], keys[:, 0]))
        self._high, self._low = keys[order, 0], keys[order, 1]
        self._values = np.ascontiguousarray(flat[:, 1])[order]

    def __len__(self) -> int:
        return len(self._values)

    def get(self, wanted: bytes) -> bytes | None:
        """The value of this key."""
        high, low = int.from_bytes(wanted[:8], "big"), int.from_bytes(wanted[8:], "big")
        place = int(np.searchsorted(self._high, np.uint64(high)))
        while place < len(self._high) and self._high[place] == high:
            if self._low[place] == low:
                return self._values[place].tobytes()
            place += 1
        return None


@dataclass(frozen=True, slots=True)
class Standing:
    """Texts and image lists by post, answers by post, annotator and modality, every image of the store, and rejects."""

    texts: Index = field(default_factory=Index)
    image_lists: Index = field(default_factory=Index)
    answers: Index = field(default_factory=Index)
    images: Index = field(default_factory=Index)
    rejects: Index = field(default_factory=Index)

    def content(self, post_id: str) -> bytes | None:
        """As `content_of`; None where the store has no such post."""
        text = self.texts.get(key(post_id)) if self.texts else None
        if text is None:
            return None
        images = self.image_lists.get(key(post_id)) or content_of(None, ())
        return text[:8] + images[8:]

    def answer(self, post_id: str, annotator: str, modality: str) -> tuple[str, bytes] | None:
        """The annotation in force, and what it says as `answer_of`."""
        found = self.answers.get(key(post_id, annotator, modality)) if self.answers else None
        return None if found is None else (ANNOTATION + found[:8].hex(), found[8:])

    def has_image(self, image_sha256: str) -> bool:
        """Whether the store holds these bytes."""
        return bool(self.images) and self.images.get(key(image_sha256)) is not None

    def has_reject(self, reject: Reject) -> bool:
        """Whether the store holds this refusal of this row."""
        named = reject_pair(reject.path, reject.line, reject.reason, reject.source_id)[0]
        return bool(self.rejects) and self.rejects.get(named) is not None


def text_pair(post_id: str, text_sha256: str | None) -> tuple[bytes, bytes]:
    """For `Standing.texts`."""
    return key(post_id), content_of(text_sha256, ())


def image_list_pair(post_id: str, image_sha256s: Sequence[str]) -> tuple[bytes, bytes]:
    """For `Standing.image_lists`."""
    return key(post_id), content_of(None, image_sha256s)


def image_pair(image_sha256: str) -> tuple[bytes, bytes]:
    """For `Standing.images`."""
    return key(image_sha256), bytes(WIDTH)


def reject_pair(path: str, line: int, reason: str, source_id: str | None) -> tuple[bytes, bytes]:
    """For `Standing.rejects`; the grain of the fact, within its source."""
    return key("reject", path, str(line), reason, repr(source_id)), bytes(WIDTH)


def answer_pair(named: tuple[str, str, str], annotation_id: str, answer: bytes) -> tuple[bytes, bytes]:
    """For `Standing.answers`; `named` is post, annotator, modality, `answer` as `answer_of`."""
    return key(*named), bytes.fromhex(annotation_id.removeprefix(ANNOTATION)) + answer
