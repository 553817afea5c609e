"""How good predictions are, each figure with its bootstrap 95 % interval (percentiles; Efron 1979).

Letters: N posts, C classes, R resamples. A ratio whose denominator is zero is zero.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
N_BINS = 15
DRAWN_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Figure:
    """`label` is null for the whole; a cell of the confusion matrix is `predicted_<label>` under its true label."""

    name: str
    label: str | None
    value: float
    low: float
    high: float


class Ratios(NamedTuple):
    """Of confusion matrices (..., C, C): each (...), the last four (..., C)."""

    accuracy: Numbers
    weighted_f1: Numbers
    macro_f1: Numbers
    precision: Numbers
    recall: Numbers
    f1: Numbers
    support: Numbers


def figures(
    truth: NDArray[np.int64], probs: NDArray[Any], labels: tuple[str, ...], *, n_resamples: int = 1000, seed: int = 0
) -> list[Figure]:
    """Every figure of N posts: truth (N,) as places in `labels`, probs (N, C)."""
    drawn = _Resampled(truth, np.asarray(probs, dtype=np.float64), len(labels), n_resamples, seed)
    value, spread = ratios(drawn.matrix), ratios(drawn.matrices)
    found = [_figure(name, None, getattr(value, name), getattr(spread, name)) for name in Ratios._fields[:3]]
    found.append(_figure("ece", None, drawn.ece, drawn.eces))
    for place, label in enumerate(labels):
        for name in Ratios._fields[3:]:
            found.append(_figure(name, label, getattr(value, name)[place], getattr(spread, name)[:, place]))
        for guess, name in enumerate(labels):
            cell = drawn.matrix[place, guess], drawn.matrices[:, place, guess]
            found.append(_figure(f"predicted_{name}", label, *cell))
    return found


def confusion(truth: NDArray[np.int64], guess: NDArray[np.int64], n_labels: int) -> Numbers:
    """Counts (C, C): rows are the truth, columns the prediction."""
    counts = np.bincount(truth * n_labels + guess, minlength=n_labels**2)
    return counts.reshape(n_labels, n_labels).astype(np.float64)


def ratios(matrices: Numbers) -> Ratios:
    """Accuracy, F1 and the rest of each matrix (..., C, C)."""
    right = np.diagonal(matrices, axis1=-2, axis2=-1)  # (..., C)
    support, predicted = matrices.sum(-1), matrices.sum(-2)
    total = matrices.sum((-2, -1))
    f1 = _share(2 * right, support + predicted)
    return Ratios(
        accuracy=_share(right.sum(-1), total),
        weighted_f1=_share((f1 * support).sum(-1), total),
        macro_f1=f1.mean(-1),
        precision=_share(right, predicted),
        recall=_share(right, support),
        f1=f1,
        support=support,
    )


def weighted_f1(truth: NDArray[np.int64], probs: NDArray[Any]) -> float:
    """F1 of each class weighted by its support."""
    return float(ratios(confusion(truth, probs.argmax(1), probs.shape[1])).weighted_f1)


def expected_calibration_error(confidence: Numbers, is_right: Numbers, n_bins: int = N_BINS) -> float:
    """Mean distance of confidence from accuracy over bins of equal width (Guo et al. 2017); both (N,)."""
    bins = bins_of(confidence, n_bins)
    gap = np.bincount(bins, is_right - confidence, minlength=n_bins)
    return float(np.abs(gap).sum() / max(len(confidence), 1))


def bins_of(confidence: Numbers, n_bins: int = N_BINS) -> NDArray[np.int64]:
    """The bin of each confidence (N,): `n_bins` of equal width; bin b holds what is above b / n_bins, up to its end."""
    return np.clip(np.ceil(confidence * n_bins).astype(np.int64) - 1, 0, n_bins - 1)


class _Resampled:
    """The confusion matrix and the calibration error of the posts, and of R draws of N posts with replacement."""

    def __init__(self, truth: NDArray[np.int64], probs: Numbers, n_labels: int, n_resamples: int, seed: int) -> None:
        guess, n_posts = probs.argmax(1), len(truth)
        confidence, is_right = probs.max(1, initial=0), (guess == truth).astype(np.float64)
        self.matrix = confusion(truth, guess, n_labels)
        self.ece = expected_calibration_error(confidence, is_right)
        cells, bins, gaps = truth * n_labels + guess, bins_of(confidence, N_BINS), is_right - confidence
        matrices, eces = [], []
        random = np.random.default_rng(seed)
        at_once = max(1, DRAWN_AT_ONCE // max(n_posts, 1))
        for start in range(0, n_resamples, at_once):
            rows = random.integers(0, max(n_posts, 1), (min(at_once, n_resamples - start), n_posts))
            matrices.append(counted(cells[rows], n_labels**2))
            eces.append(np.abs(counted(bins[rows], N_BINS, gaps[rows])).sum(1) / max(n_posts, 1))
        self.matrices = np.concatenate(matrices).reshape(-1, n_labels, n_labels)
        self.eces = np.concatenate(eces)


def counted(values: NDArray[np.int64], n_values: int, weights: Numbers | None = None) -> Numbers:
    """values (R, N) in [0, n_values): how often each occurs in each row, or the weight of it: (R, n_values)."""
    shifted = values + np.arange(len(values))[:, None] * n_values
    flat = None if weights is None else weights.ravel()
    return np.bincount(shifted.ravel(), flat, minlength=len(values) * n_values).reshape(-1, n_values).astype(np.float64)


def _share(part: Numbers, whole: Numbers) -> Numbers:
    return np.divide(part, whole, out=np.zeros_like(part, dtype=np.float64), where=whole > 0)


def _figure(name: str, label: str | None, value: Any, drawn: Numbers) -> Figure:
    low, high = np.percentile(drawn, (2.5, 97.5))
    return Figure(name, label, float(value), float(low), float(high))
