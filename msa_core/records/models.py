"""What is learned and said of posts: snapshots, models, curves, predictions, doubts, figures, promotions."""

from dataclasses import dataclass
from datetime import datetime


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
class SnapshotDrop:
    """A labelled post that a training set left out; `reason` is a name of `msa_core/curation.py`."""

    snapshot_id: str
    post_id: str
    reason: str


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
class Promotion:
    """A decision on which model stands. `verdict`: promoted, refused or undecided; `decided_by`: gate, first, override
    or rollback; `figures` is JSON.
    """

    model_id: str
    decided_at: datetime
    champion_id: str | None
    verdict: str
    decided_by: str
    why: str
    figures: str
    n_test_reads: int
    latency_ms: float | None
    champion_latency_ms: float | None
