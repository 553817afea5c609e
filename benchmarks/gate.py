"""Claim: of two equal models the gate promotes one by mistake in at most 5 % of trials; and how often it sees a gain.

    python benchmarks/gate.py [--trials 1000] [--margin 0.05] [--alike 0.7]

Each trial draws a sealed test with MVSA-Single's shares of labels (60 % positive, 10 % neutral, 30 % negative), the
champion's answers and the challenger's, and asks the gate for its whole verdict: weighted F1, labels, calibration. The
champion is as good as models on MVSA are (weighted F1 about 0.70, neutral worst). The challenger says the same as the
champion of a share `alike` of the posts and has luck of its own on the others; then so many of its mistakes, of every
label alike, are put right that its weighted F1 is truly 1, 2 or 4 points higher (of the population, not of the draw).
Prints how often each verdict falls, with Clopper-Pearson 95 % intervals.
"""

import argparse
import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import binomtest

from msa_core.gate import Limits, Verdict, evidence, verdict
from msa_core.metrics import ratios

LABELS = ("negative", "neutral", "positive")
SHARES = np.array([0.30, 0.10, 0.60])
CHAMPION = np.array([[0.64, 0.06, 0.30], [0.20, 0.34, 0.46], [0.12, 0.05, 0.83]])  # truth by answer, each row sums to 1
CONFIDENCE = np.array([0.68, 0.55, 0.77])  # of each answer: about what it deserves
SIZES, GAINS = (400, 2000), (0.0, 0.01, 0.02, 0.04)
Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class World:
    """A true gain of the challenger in weighted F1, so many test posts, and the share of posts answered alike."""

    gain: float
    n_posts: int
    alike: float

    def trial(self, random: np.random.Generator, limits: Limits) -> tuple[Verdict, float]:
        """A verdict, and the share of posts on which the two models differ."""
        truth = random.choice(3, self.n_posts, p=SHARES)
        champion, luck = answers(truth, random), answers(truth, random)
        challenger = np.where(random.random(self.n_posts) < self.alike, champion, luck)
        challenger = np.where(random.random(self.n_posts) < mended(self.gain), truth, challenger)
        found = evidence(truth, probs(challenger, random), probs(champion, random), labels=LABELS, limits=limits)
        return verdict(found), float((challenger != champion).mean())


def answers(truth: Places, random: np.random.Generator) -> Places:
    """One answer a post (N,), by the row of its truth."""
    found: Places = (random.random(len(truth))[:, None] > CHAMPION[truth].cumsum(1)[:, :-1]).sum(1)
    return found


def probs(answer: Places, random: np.random.Generator) -> NDArray[np.float64]:
    """(N, C) with the answer on top."""
    top = np.clip(CONFIDENCE[answer] + 0.08 * random.normal(size=len(answer)), 0.4, 0.99)
    found = np.repeat(((1 - top) / 2)[:, None], 3, axis=1)
    found[np.arange(len(answer)), answer] = top
    return found


def true_f1(share: float) -> float:
    """Weighted F1 of the population where this share of all answers is made right."""
    mixed = (1 - share) * CHAMPION + share * np.eye(3)
    return float(ratios(SHARES[:, None] * mixed).weighted_f1)


def mended(gain: float) -> float:
    """The share that brings this gain."""
    return float(brentq(lambda share: true_f1(share) - true_f1(0) - gain, 0, 1)) if gain else 0.0


def main() -> None:
    """Print a line a world."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--margin", type=float, default=Limits().margin)
    parser.add_argument("--alike", type=float, nargs="+", default=[0.7])
    asked = parser.parse_args()
    print(f"champion: weighted F1 {true_f1(0):.3f} in truth; {asked.trials} trials a line; margin {asked.margin:g}")
    print("test posts\ttrue gain\tmodels differ on\tpromoted [95 %]\trefused\tundecided\tms a verdict")
    for alike in asked.alike:
        for n_posts in SIZES:
            for gain in GAINS:
                print(line(World(gain, n_posts, alike), asked.trials, Limits(margin=asked.margin)))


def line(world: World, n_trials: int, limits: Limits) -> str:
    """The share of each verdict."""
    random = np.random.default_rng([7, world.n_posts, round(1e4 * world.gain), round(1e4 * world.alike)])
    started = time.perf_counter()
    verdicts, differ = zip(*(world.trial(random, limits) for _ in range(n_trials)), strict=True)
    cost = 1000 * (time.perf_counter() - started) / n_trials
    words = [each.word for each in verdicts]
    n_promoted = words.count("promoted")
    sure = binomtest(n_promoted, n_trials).proportion_ci()
    promoted = f"{n_promoted / n_trials:.1%} [{sure.low:.1%}, {sure.high:.1%}]"
    rest = "\t".join(f"{words.count(word) / n_trials:.1%}" for word in ("refused", "undecided"))
    return f"{world.n_posts}\t{world.gain:+.2f}\t{np.mean(differ):.1%}\t{promoted}\t{rest}\t{cost:.1f}"


if __name__ == "__main__":
    main()
