"""The words: one record a fact. Each fits its table in `warehouse/facts/` (a test compares them, name by name).

What a run adds (`run_id`, `origin_run_id`) is the store's business and is not here.
Times are UTC; `*_s` are seconds; digests are lower-case hex.
"""

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


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """One post of a frozen training set."""

    snapshot_id: str
    post_id: str
    task: str
    label: str | None
    score: float | None
    weight: float
    split: str
    fold: int | None
    caption_id: str | None
    label_policy: str
    label_origin: str


@dataclass(frozen=True, slots=True)
class Model:
    """A trained model; `config` and `metrics` are JSON."""

    model_id: str
    preset: str
    task: str
    labels: tuple[str, ...]
    config: str
    parent_model_id: str | None
    snapshot_id: str
    n_parameters: int
    n_trainable: int
    metrics: str
    checkpoint_sha256: str
    temperature: float


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """One figure of one epoch of training; `fold` is null for the model itself."""

    model_id: str
    fold: int | None
    epoch: int
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """`probs` in the order of the model's labels; `fold` names the fold model that held the post out."""

    post_id: str
    model_id: str
    fold: int | None
    probs: tuple[float, ...]
    label: str | None
    confidence: float | None
    text_probs: tuple[float, ...] | None
    image_probs: tuple[float, ...] | None
    score: float | None
    score_sd: float | None
    is_out_of_fold: bool
    caption_id: str | None


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why a post may be worth a person's minute; strength in [0, 1], higher = harder."""

    post_id: str
    model_id: str
    reason: str
    strength: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One figure of one model on one split with its bootstrap 95 % interval; `label` is null for the whole."""

    model_id: str
    split: str
    name: str
    label: str | None
    value: float
    low: float | None
    high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class ReviewTask:
    """A post that was handed to reviewers in a round; `overlap`: how many people are to judge it."""

    post_id: str
    project: str
    round: str
    task_id: int | None
    reasons: tuple[str, ...]
    priority: float
    overlap: int
    expected_gain: float | None
    expected_s: float | None
    propensity: float | None
    pushed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An answer of the review server that cannot be taken as it is, and why. `server_id` is null for a whole task."""

    quarantine_id: str
    project: str
    reason: str
    detail: str
    post_id: str | None
    annotator: str | None
    task_id: int | None
    server_id: int | None


@dataclass(frozen=True, slots=True)
class AnnotatorName:
    """What a reviewer is called on the review server, or a pseudonym."""

    annotator: str
    name: str


@dataclass(frozen=True, slots=True)
class Consensus:
    """The likeliest label of a reviewed post; `posterior` in [0, 1]."""

    post_id: str
    label: str
    posterior: float
    n_votes: int
    n_people: int


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """A post whose label is known beforehand."""

    post_id: str
    label: str
