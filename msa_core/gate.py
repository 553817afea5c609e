"""Whether a challenger may take the champion's place: what a sealed test shows of both, and a verdict in words.

Evidence is the difference in weighted F1 on the same posts (paired bootstrap, 95 % interval), each label's difference
in F1 against a margin that may be lost (non-inferiority), the exact McNemar test (1947) on which of the two is right,
the difference in calibration error (paired bootstrap), and time a post. What the test cannot show is `undecided`, and
the champion stays.

Letters: N posts, C classes.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from msa_core.comparison import OVERALL, Difference, calibration_against, model_against_model

PROMOTED, REFUSED, UNDECIDED = "promoted", "refused", "undecided"
HELD, LOST, UNCLEAR, UNTOLD = "held", "lost", "unclear", "untold"
NOTHING = 1e-9  # a sum of floats this small is zero


@dataclass(frozen=True, slots=True)
class Limits:
    """What a challenger may cost: `margin` of F1 of each label, `ece` more of calibration error, `latency` as a
    multiple of the champion's. More calibration error than that is a fault where the interval shows a rise at all, else
    a doubt. A label of fewer than `fewest` test posts has no interval that could show it held: it is `untold` where its
    point difference is within the margin.
    """

    margin: float = 0.05
    ece: float = 0.05
    latency: float = 2.0
    fewest: int = 50


@dataclass(frozen=True, slots=True)
class Latency:
    """Median milliseconds a post, one at a time; null where a model could not be timed."""

    challenger_ms: float | None = None
    champion_ms: float | None = None

    @property
    def ratio(self) -> float | None:
        """Above 1: the challenger is slower."""
        if self.challenger_ms is None or not self.champion_ms:
            return None
        return self.challenger_ms / self.champion_ms


@dataclass(frozen=True, slots=True)
class OfLabel:
    """F1 of one label, challenger less champion; `standing` is held, lost, unclear or untold."""

    label: str
    n_posts: int
    champion: float
    difference: float
    low: float
    high: float
    standing: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """`whole`: weighted F1, macro F1, accuracy, `one` being the challenger. `n_gained`: posts that only the challenger
    has right, `n_lost` those that only the champion has.
    """

    n_posts: int
    whole: tuple[Difference, ...]
    by_label: tuple[OfLabel, ...]
    n_gained: int
    n_lost: int
    mcnemar_p: float
    ece: Difference
    limits: Limits

    def json(self) -> str:
        """Every figure, under the name that it has here."""
        figures = {name: getattr(self, name) for name in ("n_posts", "n_gained", "n_lost", "mcnemar_p")}
        figures |= {"ece": self.ece.one, "champion_ece": self.ece.other, "ece_difference": _plain(self.ece)}
        whole = {each.name: _plain(each) for each in self.whole}
        by_label = [asdict(each) for each in self.by_label]
        return json.dumps({**figures, **whole, "labels": by_label, "limits": asdict(self.limits)}, sort_keys=True)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`word` is promoted, refused or undecided; `why` is for a person."""

    word: str
    why: str


def evidence(
    truth: NDArray[np.int64],
    challenger: NDArray[Any],
    champion: NDArray[Any],
    *,
    labels: tuple[str, ...],
    limits: Limits,
    n_resamples: int = 2000,
) -> Evidence:
    """truth (N,) as places in `labels`; probs (N, C) of both models on the same posts, in any order. Raises ValueError
    where shapes do not fit.
    """
    found = model_against_model(truth, challenger, champion, labels=labels, n_resamples=n_resamples)
    counts = np.bincount(truth, minlength=len(labels))
    is_right = [probs.argmax(1) == truth for probs in (challenger, champion)]
    n_gained, n_lost = int((is_right[0] & ~is_right[1]).sum()), int((is_right[1] & ~is_right[0]).sum())
    return Evidence(
        n_posts=len(truth),
        whole=tuple(each for each in found if each.name in OVERALL),
        by_label=tuple(_of_label(each, int(n), limits) for each, n in zip(found[len(OVERALL) :], counts, strict=True)),
        n_gained=n_gained,
        n_lost=n_lost,
        mcnemar_p=mcnemar(n_gained, n_lost),
        ece=calibration_against(truth, challenger, champion, n_resamples=n_resamples),
        limits=limits,
    )


def mcnemar(n_gained: int, n_lost: int) -> float:
    """Two-sided, exact: how often a fair coin would split the posts that one model alone has right as unevenly."""
    return float(binomtest(n_gained, n_gained + n_lost).pvalue) if n_gained + n_lost else 1.0


def verdict(
    found: Evidence, latency: Latency = Latency(), *, doubts: Sequence[str] = (), remarks: Sequence[str] = ()
) -> Verdict:
    """Refused for any fault that is shown; promoted where a gain is shown and no label can have lost much; else
    undecided. `doubts`: what else speaks against promoting; `remarks`: what else is to be known of the test; in words.
    """
    faults = _faults(found, latency)
    doubts = [*_doubts(found), *doubts]
    word = REFUSED if faults else UNDECIDED if doubts else PROMOTED
    reasons = faults or doubts or [f"weighted F1 rose by {_change(found.whole[0])}", _kept(found)]
    return Verdict(word, f"{word}: {'; '.join(reasons)} ({'; '.join([_told(found), *remarks])})")


def fallen(
    parts: NDArray[Any],
    truth: NDArray[np.int64],
    challenger: NDArray[Any],
    champion: NDArray[Any],
    *,
    labels: tuple[str, ...],
    fewest: int,
) -> list[str]:
    """The parts of a test on which a loss of weighted F1 is shown, whatever a larger part gains, in words. `parts` (N,)
    names that of each post; one of fewer than `fewest` posts shows nothing.
    """
    names, counts = np.unique(parts, return_counts=True)
    found = []
    for name in names[counts >= fewest] if len(names) > 1 else ():
        of = parts == name
        main = model_against_model(truth[of], challenger[of], champion[of], labels=labels)[0]
        if main.high < -NOTHING:
            found.append(f"weighted F1 on {name} fell by {_change(main)}")
    return found


def _of_label(each: Difference, n_posts: int, limits: Limits) -> OfLabel:
    label = each.name.removeprefix("f1_")
    is_shown = n_posts >= limits.fewest
    if each.high < -NOTHING and each.difference < -limits.margin:
        standing = LOST
    else:
        is_kept = (each.low if is_shown else each.difference) > -limits.margin
        standing = (HELD if is_shown else UNTOLD) if is_kept else UNCLEAR
    return OfLabel(label, n_posts, each.other, each.difference, each.low, each.high, standing)


def _faults(found: Evidence, latency: Latency) -> list[str]:
    """What is shown against the challenger."""
    limits, main = found.limits, found.whole[0]
    faults = [f"weighted F1 fell by {_change(main)}"] if main.high < -NOTHING else []
    faults += [f"{each.label} fell by {_change(each)}" for each in found.by_label if each.standing == LOST]
    if found.ece.difference > limits.ece and found.ece.low > NOTHING:
        faults.append(f"its calibration error is {_miscalibrated(found)}")
    if latency.ratio is not None and latency.ratio > limits.latency:
        faults.append(
            f"it takes {latency.challenger_ms:.1f} ms a post, the champion {latency.champion_ms:.1f} ms; "
            f"{limits.latency:g} times as much is allowed"
        )
    return faults


def _doubts(found: Evidence) -> list[str]:
    """What is not shown in its favour."""
    main = found.whole[0]
    doubts = []
    if main.low <= NOTHING:
        doubts.append(f"weighted F1 changed by {_signed(main)}, which may be nothing")
    for each in found.by_label:
        if each.standing == UNCLEAR:
            doubts.append(f"{each.label} may have lost more than {found.limits.margin:g}: {_signed(each)}")
    if found.ece.difference > found.limits.ece:
        doubts.append(f"its calibration error may be too high: {_miscalibrated(found)}")
    return doubts


def _miscalibrated(found: Evidence) -> str:
    ece = found.ece
    return f"{ece.one:.3f}, the champion's {ece.other:.3f}, {_signed(ece)}; {found.limits.ece:g} more is allowed"


def _kept(found: Evidence) -> str:
    untold = [f"{each.label} {_signed(each)}" for each in found.by_label if each.standing == UNTOLD]
    words = f"no label of {found.limits.fewest} or more test posts lost as much as {found.limits.margin:g}"
    return f"{words}; too few posts to tell: {', '.join(untold)}" if untold else words


def _told(found: Evidence) -> str:
    """What the verdict rests on."""
    few = [f"{each.n_posts} {each.label}" for each in found.by_label if each.n_posts < found.limits.fewest]
    only = f"; too few for an interval: {', '.join(few)}" if few else ""
    right = f"{found.n_gained} posts gained, {found.n_lost} lost, McNemar p {found.mcnemar_p:.3g}"
    return f"{found.n_posts} test posts{only}; {right}"


def _change(each: Difference | OfLabel) -> str:
    """Without the sign, which the verb has said."""
    return f"{abs(each.difference):.3f} [{each.low:+.3f}, {each.high:+.3f}]"


def _signed(each: Difference | OfLabel) -> str:
    return f"{each.difference:+.3f} [{each.low:+.3f}, {each.high:+.3f}]"


def _plain(each: Difference) -> dict[str, float]:
    of = {"challenger": each.one, "champion": each.other}
    return of | {"difference": each.difference, "low": each.low, "high": each.high}
