"""The words, dump readers, models, training, scoring, mining and metrics. Pure: values in, values out."""

import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from msa_core.classifier import Classifier

__all__ = ["Classifier"]

# Before torch comes: its threads (libgomp's) wait by spinning, and two trainings on the same cores starve one another.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def __getattr__(name: str) -> Any:
    """`Classifier` imports torch, so it is fetched when it is asked for."""
    if name == "Classifier":
        from msa_core.classifier import Classifier

        return Classifier
    raise AttributeError(f"module 'msa_core' has no attribute {name!r}")
