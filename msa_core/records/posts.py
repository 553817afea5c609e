"""What a dump brings: posts, images, annotations, refused rows, and where each post stands."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Post:
    """One text with its images, as a dump gave it; `post_id` is `<source>:<source_id>`."""

    post_id: str
    source: str
    source_id: str
    task: str
    text: str | None
    text_sha256: str | None
    text_path: str | None
    text_bytes: bytes | None
    encoding: str | None
    n_images: int
    official_split: str | None
    is_official_unlabelled: bool
    published_at: datetime | None


@dataclass(frozen=True, slots=True)
class PostImage:
    """The image at `position` (0 first) of a post."""

    post_id: str
    position: int
    image_sha256: str


@dataclass(frozen=True, slots=True)
class Image:
    """A file as it came, and what its pixels say. `dhash`: 64 bits, unsigned (difference hash of rows)."""

    image_sha256: str
    bytes: bytes
    width: int
    height: int
    format: str
    mode: str
    n_bytes: int
    dhash: int


@dataclass(frozen=True, slots=True)
class Annotation:
    """One answer of one annotator about one modality of one post."""

    annotation_id: str
    post_id: str
    annotator: str
    modality: str
    label: str | None
    score: float | None
    status: str
    comment: str | None
    origin: str
    model_id_shown: str | None
    lead_time_s: float | None
    annotated_at: datetime | None
    project: str | None
    task_id: int | None
    server_id: int | None
    supersedes: str | None


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that was refused: `path` and `line` are the label file's; the broken file stands in `detail`."""

    source: str
    path: str
    line: int
    reason: str
    source_id: str | None
    detail: str | None


@dataclass(frozen=True, slots=True)
class Cluster:
    """The group of near-duplicates that a post belongs to; alone: `why` is `none`."""

    post_id: str
    cluster_id: str
    why: str


@dataclass(frozen=True, slots=True)
class Split:
    """Where a post stays for ever; `fold` is null where folds do not reach (test, official unlabelled)."""

    post_id: str
    split: str
    fold: int | None
    official: bool
