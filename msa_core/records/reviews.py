"""What people are asked and answer: review tasks, reviewers, consensus."""

from dataclasses import dataclass
from datetime import datetime


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
    """The likeliest label of a reviewed post; `posterior` in [0, 1]. No label, and 0, where no vote stands."""

    post_id: str
    label: str | None
    posterior: float
    n_votes: int
    n_people: int


@dataclass(frozen=True, slots=True)
class GroundTruth:
    """A post whose label is known beforehand."""

    post_id: str
    label: str
