"""Whether one model's confidences are less true than another's: what chance does to both is no difference."""

import numpy as np
import pytest

from msa_core.comparison import calibration_against
from tests.msa_core.test_gate import drawn, mended, sure


def calibrated(n_posts: int, seed: int, confidences: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Answers whose every confidence is true: (truth, probs)."""
    is_right = np.random.default_rng(seed).random(n_posts) < confidences
    probs = np.repeat(((1 - confidences) / 2)[:, None], 3, axis=1)
    probs[np.arange(n_posts), np.where(is_right, 0, 1)] = confidences
    return np.zeros(n_posts, int), probs


@pytest.mark.parametrize("is_flat", [False, True])
def test_two_models_whose_confidences_are_true_are_hardly_ever_told_apart_by_them(is_flat: bool):
    n_posts, n_above, n_faults = 80, 0, 0
    for seed in range(60):
        spread = np.random.default_rng(seed + 100).uniform(0.4, 0.99, (2, n_posts))
        truth, challenger = calibrated(n_posts, 2 * seed, spread[0])
        _, champion = calibrated(n_posts, 2 * seed + 1, np.full(n_posts, 0.7) if is_flat else spread[1])
        found = calibration_against(truth, challenger, champion, n_resamples=300)
        n_above += found.difference > 0.05
        n_faults += found.difference > 0.05 and found.low > 0
    assert n_above > 3, "the point alone would often be a fault"
    assert n_faults <= 1


def test_a_difference_in_calibration_is_the_negative_of_the_swapped_one_in_any_order_of_posts():
    truth, champion = drawn(90)
    challenger = mended(truth, champion, 0.1)
    probs = sure(challenger, 0.9), sure(champion, 0.6)
    there = calibration_against(truth, *probs, n_resamples=100)
    back = calibration_against(truth, *probs[::-1], n_resamples=100)
    assert (there.difference, there.low, there.high) == pytest.approx((-back.difference, -back.high, -back.low))
    for seed in range(4):
        order = np.random.default_rng(seed).permutation(90)
        turned = calibration_against(truth[order], *(each[order] for each in probs), n_resamples=100)
        assert (turned.low, turned.high) == pytest.approx((there.low, there.high))
