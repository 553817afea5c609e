"""One row of a label file, as its reader understood it; nothing that it names has been opened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from msa_core.records import Reject
from msa_core.refusals import Reason

MAX_DETAIL = 300  # characters

Paths = tuple[str, ...]  # where one file may lie, relative to the dump, the likeliest first


@dataclass(frozen=True, slots=True)
class Answer:
    """What an annotator of the dump says of one modality; in the dump's own spelling until it is checked."""

    annotator: str
    modality: str
    label: str | None
    score: float | None = None


@dataclass(frozen=True, slots=True)
class TextFile:
    """The text lies in a file of its own."""

    paths: Paths


@dataclass(frozen=True, slots=True)
class InlineText:
    """The text stands in the label file, whose row was decoded by `encoding`."""

    text: str
    encoding: str


@dataclass(frozen=True, slots=True)
class RawPost:
    """`path` and `line` are the label file's. `text` is None where the row has none; an image is its possible paths.

    `published_at` knows its time zone.
    """

    source_id: str
    path: str
    line: int
    text: TextFile | InlineText | None
    images: tuple[Paths, ...]
    answers: tuple[Answer, ...]
    official_split: str | None = None
    is_official_unlabelled: bool = False
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that its reader cannot understand; the source's name is not the reader's business."""

    path: str
    line: int
    reason: Reason
    source_id: str | None = None
    detail: str | None = None

    def reject(self, source: str) -> Reject:
        """The fact."""
        return Reject(source, self.path, self.line, str(self.reason), _writable(self.source_id), _writable(self.detail))


def _writable(text: str | None) -> str | None:
    """What a row says of itself may be long, and no Unicode at all."""
    return text and text[:MAX_DETAIL].encode("utf-8", "backslashreplace").decode()


Rows = Iterator[RawPost | RefusedRow]
