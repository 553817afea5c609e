"""Whether one way of predicting beats another on the same posts: a paired bootstrap over seeds and posts.

Intervals are percentiles (Efron 1979); both ways are judged on the same draw, so that what is hard for both does not
blur their difference (Koehn 2004). Seeds and posts are drawn at once, rows and columns of one table (Owen 2007), so
that the interval answers for other seeds and other posts; it errs on the wide side where a model's mistakes change from
seed to seed. Of S seeds S - 1 are drawn, since draws of S would make the spread between seeds too small by (S - 1) / S
(Rao and Wu 1988): with 3 seeds that is a third.

One model against one has no seeds to draw: posts that are alike in truth and both guesses are then drawn together, as
one multinomial, which is the same bootstrap at a price that does not grow with N, whatever order the posts stand in.

Letters: S seeds, N posts, C classes, R resamples, F figures. 0 of two is `one`, 1 is `other`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from msa_core.metrics import DRAWN_AT_ONCE, N_BINS, Numbers, bins_of, counted, ratios

Guesses: TypeAlias = NDArray[Any]
MAIN = "weighted_f1"
OVERALL = (MAIN, "macro_f1", "accuracy")


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure of both ways, each the mean over its seeds; `difference` is `one` less `other`, with its 95 % interval.
    `name` is weighted_f1, macro_f1, accuracy, f1_<label> or ece.
    """

    name: str
    one: float
    other: float
    difference: float
    low: float
    high: float


def paired_bootstrap(
    truth: NDArray[np.int64],
    one: Guesses,
    other: Guesses,
    *,
    labels: tuple[str, ...],
    n_resamples: int = 2000,
    seed: int = 0,
) -> list[Difference]:
    """The difference in every figure. truth (N,) as places in `labels`; `one` and `other` each probs (S, N, C) or
    places of labels (S, N), where row s of both comes of the same seed. Raises ValueError where shapes do not fit.
    """
    ways = [_cells(truth, guesses, len(labels)) for guesses in (one, other)]
    if len(ways[0]) != len(ways[1]):
        raise ValueError(f"{len(ways[0])} seeds of one, {len(ways[1])} of the other: give as many of both, in pairs")
    cells = np.stack(ways)  # (2, S, N)
    counts = counted(cells.reshape(-1, len(truth)), len(labels) ** 2)  # (2 * S, C * C)
    value = _figures(counts, cells.shape[:2])  # (2, S, F)
    random = np.random.default_rng(seed)
    shares = _shares_of_seeds(cells.shape[1], n_resamples, random)  # (R, S)
    at_once = max(1, DRAWN_AT_ONCE // cells.size)
    pieces = [shares[start : start + at_once] for start in range(0, n_resamples, at_once)]
    drawn = np.concatenate([_drawn(cells, len(labels), piece, random) for piece in pieces])
    ours, theirs = value.mean(1)
    return _differences(labels, ours, theirs, drawn)


def model_against_model(
    truth: NDArray[np.int64],
    one: Guesses,
    other: Guesses,
    *,
    labels: tuple[str, ...],
    n_resamples: int = 2000,
    seed: int = 0,
) -> list[Difference]:
    """The difference in every figure of two models, each probs (N, C) or places of labels (N,). Depends on no order of
    the posts, and swapped models differ by the negative, to the last draw. Raises ValueError where shapes do not fit.
    """
    n_labels = len(labels)
    ours, theirs = (_cells(truth, guesses[None], n_labels)[0] % n_labels for guesses in (one, other))
    alike = np.bincount((truth * n_labels + ours) * n_labels + theirs, minlength=n_labels**3)
    cube = alike.reshape((n_labels,) * 3)  # truth, one, other
    is_turned = tuple(cube.ravel()) < tuple(cube.swapaxes(1, 2).ravel())  # both orders draw from the same cube
    met = (cube.swapaxes(1, 2) if is_turned else cube).reshape(1, -1)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(truth), met[0] / len(truth), size=n_resamples)  # (R, C ** 3)
    cubes = np.concatenate([met, drawn]).reshape(-1, *cube.shape).astype(np.float64)
    ways = [_figures(cubes.sum(axis).reshape(len(cubes), -1), (len(cubes),)) for axis in (3, 2)]  # each (1 + R, F)
    first, second = ways[::-1] if is_turned else ways
    return _differences(labels, first[0], second[0], first[1:] - second[1:])


def calibration_against(
    truth: NDArray[np.int64], one: Guesses, other: Guesses, *, n_resamples: int = 2000, seed: int = 0
) -> Difference:
    """The difference in expected calibration error of two models, each probs (N, C). A model whose confidences spread
    over more bins errs more by chance alone, and in draws twice as much in variance: the interval is widened by that.
    Neither the order of the posts nor that of the models matters. Raises ValueError where shapes do not fit.
    """
    sides = [_in_bins(truth, probs) for probs in (one, other)]
    one_way, other_way = (side[:, np.lexsort(side)].tobytes() for side in sides)
    is_turned = one_way < other_way  # both orders draw from the same table
    posts = np.concatenate(sides[::-1] if is_turned else sides)  # (2 * 3, N)
    posts = posts[:, np.lexsort(posts)].reshape(2, 3, -1)
    random = np.random.default_rng(seed)
    rows = [np.arange(len(truth))[None], *_rows(random, len(truth), n_resamples)]
    eces = np.concatenate([_eces(posts, some) for some in rows], axis=1)  # (2, 1 + R)
    first, second = eces[::-1] if is_turned else eces
    low, high = np.percentile(first[1:] - second[1:], (2.5, 97.5))
    chance = 2**0.5 * (_by_chance(sides[0]) - _by_chance(sides[1]))
    interval = low - max(chance, 0), high - min(chance, 0)
    return Difference("ece", *map(float, (first[0], second[0], first[0] - second[0], *interval)))


def _in_bins(truth: NDArray[np.int64], probs: Guesses) -> Numbers:
    """Of each post the bin of its confidence, how far that falls short of being right, and the variance of that where
    the confidence is true: (3, N).
    """
    if probs.shape[0] != len(truth):
        raise ValueError(f"Guesses {probs.shape} of {len(truth)} posts: give (N, C)")
    sure = probs.max(1).astype(np.float64)
    return np.stack([bins_of(sure).astype(np.float64), (probs.argmax(1) == truth) - sure, sure * (1 - sure)])


def _by_chance(side: Numbers) -> float:
    """The calibration error of a model whose every confidence is true: sums of a bin are about normal."""
    variance = np.bincount(side[0].astype(np.int64), side[2], minlength=N_BINS)
    return float(np.sqrt(2 / np.pi * variance).sum() / side.shape[1])


def _rows(random: np.random.Generator, n_posts: int, n_draws: int) -> Iterator[NDArray[np.int64]]:
    at_once = max(1, DRAWN_AT_ONCE // n_posts)
    for start in range(0, n_draws, at_once):
        yield random.integers(0, n_posts, (min(at_once, n_draws - start), n_posts))


def _eces(posts: Numbers, rows: NDArray[np.int64]) -> Numbers:
    """Of both models (2, 3, N) on the same draws (R, N): (2, R)."""
    drawn = [counted(side[0].astype(np.int64)[rows], N_BINS, side[1][rows]) for side in posts]
    return np.abs(np.stack(drawn)).sum(2) / rows.shape[1]


def _differences(labels: tuple[str, ...], ours: Numbers, theirs: Numbers, drawn: Numbers) -> list[Difference]:
    """Figures of both ways (F,), and the differences that were drawn (R, F)."""
    low, high = np.percentile(drawn, (2.5, 97.5), axis=0)  # (F,)
    columns = (ours, theirs, ours - theirs, low, high)
    return [Difference(name, *map(float, row)) for name, *row in zip(names(labels), *columns, strict=True)]


def names(labels: tuple[str, ...]) -> tuple[str, ...]:
    """Of the figures, in their order: F in number."""
    return (*OVERALL, *(f"f1_{label}" for label in labels))


def _cells(truth: NDArray[np.int64], guesses: Guesses, n_labels: int) -> NDArray[np.int64]:
    """Where each guess falls in the confusion matrix, laid flat: (S, N)."""
    places = guesses.argmax(-1) if guesses.ndim == 3 else guesses
    if places.ndim != 2 or places.shape[1] != len(truth) or not places.size:
        raise ValueError(f"Guesses {guesses.shape} of {len(truth)} posts: give (S, N, C) or (S, N), at least one")
    return truth[None, :] * n_labels + places.astype(np.int64)


def _shares_of_seeds(n_seeds: int, n_draws: int, random: np.random.Generator) -> Numbers:
    """What each seed weighs in each draw: (R, S)."""
    n_kept = max(n_seeds - 1, 1)
    return counted(random.integers(0, n_seeds, (n_draws, n_kept)), n_seeds) / n_kept


def _drawn(cells: NDArray[np.int64], n_labels: int, shares: Numbers, random: np.random.Generator) -> Numbers:
    """The differences of as many draws as there are `shares`, both ways judged on the same posts: (R, F)."""
    n_posts = cells.shape[-1]
    posts = random.integers(0, n_posts, (len(shares), n_posts))
    counts = np.stack([[counted(row[posts], n_labels**2) for row in way] for way in cells])  # (2, S, R, C * C)
    one, other = _figures(counts.reshape(-1, n_labels**2), counts.shape[:3])  # each (S, R, F)
    return np.einsum("srf,rs->rf", one - other, shares)


def _figures(counts: Numbers, shape: tuple[int, ...]) -> Numbers:
    """Of confusion matrices laid flat (..., C * C): (*shape, F)."""
    n_labels = round(counts.shape[-1] ** 0.5)
    found = ratios(counts.reshape(*shape, n_labels, n_labels))
    overall = np.stack([getattr(found, name) for name in OVERALL], axis=-1)
    return np.concatenate([overall, found.f1], axis=-1)
