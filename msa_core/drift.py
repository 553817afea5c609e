"""Whether new posts differ from those that a model learned from: an effect, a p-value and a verdict a figure.

With many posts everything is significant, and with few nothing is: a figure has drifted where it is significant after
Holm's correction (1979) over all figures *and* its effect is large enough to matter. Effects run from 0 (alike) to 1
(nothing in common): the total variation of names, the Kolmogorov-Smirnov distance of numbers, and of vectors how well a
classifier tells the two sides apart (Lopez-Paz and Oquab 2017; compared by Rabanser, Günnemann and Lipton 2019).

Letters: N reference posts, M current posts, D width of a vector, B bins, F figures.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.stats import MonteCarloMethod, chi2_contingency, ks_2samp, mannwhitneyu
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler, normalize

Numbers = NDArray[np.float64]
Vectors = NDArray[np.float32]
Bins = tuple[str, ...]

ALPHA = 0.05
FEWEST = 30  # posts a side, below which nothing is said
N_BINS = 12
N_NEIGHBOURS = 10
NAMES = {
    "labels": "label", "predicted": "predicted", "language": "language", "encoding": "encoding",
    "image-kind": "image_kind",
}  # fmt: skip
NUMBERS = {"confidence": "confidence", "text-length": "n_characters", "image-pixels": "pixels", "image-shape": "aspect"}
TOTAL_VARIATION, KOLMOGOROV_SMIRNOV, TOLD_APART = "total-variation", "kolmogorov-smirnov", "told-apart"
LARGE = {TOTAL_VARIATION: 0.1, KOLMOGOROV_SMIRNOV: 0.1, TOLD_APART: 0.2}  # effects from which on a figure matters


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure on both sides. `reference` and `current` are the shares of their posts in each bin; a bin of numbers
    is named by its lower end, one of `told-apart` by what the classifier believes.
    """

    name: str
    measure: str
    effect: float
    p_value: float
    n_reference: int
    n_current: int
    bins: tuple[str, ...]
    reference: tuple[float, ...]
    current: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`p_holm` is corrected for the number of figures; `threshold` is the effect from which on it matters."""

    difference: Difference
    p_holm: float
    threshold: float
    is_drifted: bool


def differences(reference: pa.Table, current: pa.Table, *, fewest: int = FEWEST, seed: int = 0) -> list[Difference]:
    """Every figure of NAMES and NUMBERS that at least `fewest` posts of each side have; a null: it has not."""
    found = []
    for name, column in (NAMES | NUMBERS).items():
        sides = [table[column].drop_null() for table in (reference, current)]
        if min(map(len, sides)) < fewest:
            continue
        if name in NAMES:
            found.append(of_names(name, *(side.to_pylist() for side in sides), seed=seed))
        else:
            found.append(of_numbers(name, *(side.to_numpy().astype(np.float64) for side in sides)))
    return found


def of_names(name: str, reference: Sequence[str], current: Sequence[str], *, seed: int = 0) -> Difference:
    """Total variation, half the sum of what the shares differ by; p by drawing tables with the same margins, since rare
    names make the chi-square's own distribution wrong.
    """
    tallies = Counter(reference), Counter(current)
    names = sorted({*reference, *current})
    counts = np.array([[tally[each] for each in names] for tally in tallies])
    shares = counts / counts.sum(axis=1, keepdims=True)  # (2, B)
    p_value = 1.0
    if len(names) > 1:
        drawn = MonteCarloMethod(n_resamples=9999, rng=np.random.default_rng(seed))
        p_value = float(chi2_contingency(counts, correction=False, method=drawn).pvalue)
    effect = float(np.abs(shares[0] - shares[1]).sum() / 2)
    return _difference(name, TOTAL_VARIATION, (effect, p_value), counts.sum(axis=1), tuple(names), shares)


def of_numbers(name: str, reference: Numbers, current: Numbers) -> Difference:
    """The two-sample Kolmogorov-Smirnov test; ties make it careful, never bold. reference (N,), current (M,)."""
    tested = ks_2samp(reference, current)
    sizes = np.array([len(reference), len(current)])
    bins, shares = _binned(reference, current)
    apart = float(tested.statistic), float(tested.pvalue)
    return _difference(name, KOLMOGOROV_SMIRNOV, apart, sizes, bins, shares)


def of_vectors(name: str, reference: Vectors, current: Vectors, *, seed: int = 0) -> Difference:
    """A linear classifier learns to tell half of both sides apart and is judged on the other half, so that Mann and
    Whitney's p is that of fixed scores. The effect is 2 AUC - 1, 0 where it does no better than chance.
    """
    random = np.random.default_rng(seed)
    halves = [np.array_split(side[random.permutation(len(side))], 2) for side in (reference, current)]
    learned = np.concatenate([half[0] for half in halves])
    is_current = np.repeat([0, 1], [len(half[0]) for half in halves])
    teller = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, class_weight="balanced", max_iter=500))
    teller.fit(learned, is_current)
    old, new = (teller.predict_proba(half[1])[:, 1] for half in halves)
    tested = mannwhitneyu(new, old, alternative="greater")
    effect = max(0.0, 2 * float(tested.statistic) / (len(new) * len(old)) - 1)
    bins, shares = _binned(old, new)
    sizes = np.array([len(reference), len(current)])
    return _difference(name, TOLD_APART, (effect, float(tested.pvalue)), sizes, bins, shares)


def verdicts(found: Sequence[Difference], *, alpha: float = ALPHA) -> list[Verdict]:
    """In the same order; the chance of any false alarm among them is at most `alpha`."""
    corrected = holm([each.p_value for each in found])
    pairs = zip(found, corrected, strict=True)
    return [
        Verdict(each, p, LARGE[each.measure], bool(p <= alpha and each.effect >= LARGE[each.measure]))
        for each, p in pairs
    ]


def holm(p_values: Sequence[float]) -> list[float]:
    """Each p times the number of those that are not smaller, never below its predecessor's (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    steps = np.asarray(p_values, dtype=np.float64)[order] * np.arange(len(order), 0, -1)
    corrected = np.empty(len(order))
    corrected[order] = np.minimum(np.maximum.accumulate(steps), 1)
    return corrected.tolist()


def unfamiliarity(reference: Vectors, current: Vectors) -> Numbers:
    """(M,): 1 less the conformal p of each current post's distance to the reference: 0.99 is further off than 99 of 100
    reference posts are. Distances are to the k-th neighbour of unit vectors (Sun et al. 2022); p counts the reference
    posts that are as far off (Bates et al. 2023), so that N of them say at most N / (N + 1).
    """
    known, new = normalize(reference), normalize(current)
    k = min(N_NEIGHBOURS, len(known) - 1)
    index = NearestNeighbors(n_neighbors=k).fit(known)
    usual = np.sort(index.kneighbors()[0][:, -1])  # (N,): a post is no neighbour of itself
    distance = index.kneighbors(new)[0][:, -1]  # (M,)
    n_as_far = len(known) - np.searchsorted(usual, distance, side="left")
    unfamiliar: Numbers = 1 - (1 + n_as_far) / (1 + len(known))
    return unfamiliar


def _binned(reference: Numbers, current: Numbers) -> tuple[Bins, Numbers]:
    """Bins of equal width between the 1st and the 99th percentile of both, the outermost open; shares (2, B)."""
    low, high = np.percentile(np.concatenate([reference, current]), (1, 99))
    edges = np.linspace(low, high if high > low else low + 1, N_BINS + 1)
    counts = np.stack([np.histogram(np.clip(side, edges[0], edges[-1]), edges)[0] for side in (reference, current)])
    return tuple(f"{edge:.4g}" for edge in edges[:-1]), counts / counts.sum(axis=1, keepdims=True)


def _difference(
    name: str, measure: str, tested: tuple[float, float], sizes: NDArray[np.int64], bins: Bins, shares: Numbers
) -> Difference:
    """`tested`: the effect and its p-value; sizes (2,), shares (2, B)."""
    n_reference, n_current = map(int, sizes)
    reference, current = (tuple(map(float, row)) for row in shares)
    return Difference(name, measure, *tested, n_reference, n_current, bins, reference, current)
