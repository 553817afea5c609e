"""The words: one record a fact. Each fits its table in `warehouse/facts/` (a test compares them, name by name).

What a run adds (`run_id`, `origin_run_id`) is the store's business and is not here.
Times are UTC; `*_s` are seconds; digests are lower-case hex.
"""

from msa_core.records.captions import Caption, CaptionPrompt, CaptionWorth
from msa_core.records.drifts import Drift
from msa_core.records.models import (
    CurvePoint,
    Doubt,
    Evaluation,
    Model,
    Prediction,
    Promotion,
    SnapshotDrop,
    SnapshotRow,
)
from msa_core.records.posts import Annotation, Cluster, Image, Post, PostImage, Reject, Split
from msa_core.records.reviews import AnnotatorName, Consensus, GroundTruth, Quarantined, ReviewTask

__all__ = [
    "Annotation",
    "AnnotatorName",
    "Caption",
    "CaptionPrompt",
    "CaptionWorth",
    "Cluster",
    "Consensus",
    "CurvePoint",
    "Doubt",
    "Drift",
    "Evaluation",
    "GroundTruth",
    "Image",
    "Model",
    "Post",
    "PostImage",
    "Prediction",
    "Promotion",
    "Quarantined",
    "Reject",
    "ReviewTask",
    "SnapshotDrop",
    "SnapshotRow",
    "Split",
]
