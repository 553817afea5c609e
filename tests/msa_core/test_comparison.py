"""Comparing two ways on the same posts: laws of the paired bootstrap, values by hand, coverage by simulation."""

import numpy as np
import pytest

from msa_core.comparison import Difference, names, paired_bootstrap
from msa_core.metrics import figures

LABELS = ("negative", "neutral", "positive")


def drawn(n_seeds: int = 3, n_posts: int = 90, seed: int = 0, skill: float = 0.6):
    """A truth, and guesses (S, N) that are right with this probability."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, 3, n_posts)
    is_right = random.random((n_seeds, n_posts)) < skill
    return truth, np.where(is_right, truth, (truth + random.integers(1, 3, is_right.shape)) % 3)


def compared(truth, one, other, **asked) -> dict[str, Difference]:
    return {each.name: each for each in paired_bootstrap(truth, one, other, labels=LABELS, **asked)}


def test_equal_ways_differ_by_exactly_nothing():
    truth, guesses = drawn()
    for each in compared(truth, guesses, guesses).values():
        assert (each.difference, each.low, each.high) == (0, 0, 0)
        assert each.one == each.other


def test_swapped_ways_differ_by_the_negative():
    truth, one = drawn(skill=0.7)
    _, other = drawn(seed=1)
    there, back = compared(truth, one, other), compared(truth, other, one)
    for name in names(LABELS):
        assert there[name].difference == -back[name].difference
        assert (there[name].low, there[name].high) == pytest.approx((-back[name].high, -back[name].low))
        assert (there[name].one, there[name].other) == (back[name].other, back[name].one)


def test_probs_and_the_labels_that_they_name_are_judged_alike():
    truth, one = drawn()
    _, other = drawn(seed=1)
    assert compared(truth, np.eye(3)[one], np.eye(3)[other]) == compared(truth, one, other)


def test_figures_are_means_over_seeds_of_what_each_model_reaches():
    truth, one = drawn()
    _, other = drawn(seed=1)
    alone = [{(f.name, f.label): f.value for f in figures(truth, np.eye(3)[row], LABELS)} for row in one]
    found = compared(truth, one, other)
    assert list(found) == ["weighted_f1", "macro_f1", "accuracy", "f1_negative", "f1_neutral", "f1_positive"]
    for name in ("weighted_f1", "macro_f1", "accuracy"):
        assert found[name].one == pytest.approx(np.mean([row[name, None] for row in alone]))
    assert found["f1_neutral"].one == pytest.approx(np.mean([row["f1", "neutral"] for row in alone]))


def test_by_hand_one_post_more_of_four():
    truth = np.array([0, 1, 2, 0])
    found = compared(truth, truth[None], np.array([[0, 1, 2, 1]]))
    assert (found["accuracy"].one, found["accuracy"].other, found["accuracy"].difference) == (1.0, 0.75, 0.25)
    assert (found["f1_positive"].low, found["f1_positive"].high) == (0, 0)
    assert found["accuracy"].low == 0, "a draw may miss the one post that tells them apart"


def test_the_same_seed_gives_the_same_interval():
    truth, one = drawn()
    _, other = drawn(seed=1)
    assert compared(truth, one, other, seed=3) == compared(truth, one, other, seed=3)
    assert compared(truth, one, other, seed=3) != compared(truth, one, other, seed=4)


def test_pieces_of_a_large_draw_are_one_draw(monkeypatch):
    truth, one = drawn()
    _, other = drawn(seed=1)
    whole = compared(truth, one, other)
    monkeypatch.setattr("msa_core.comparison.DRAWN_AT_ONCE", 6 * 90 * 7)
    assert compared(truth, one, other) == whole


def test_what_is_hard_for_both_does_not_widen_the_interval():
    truth, other = drawn(n_seeds=1, n_posts=300)
    one = other.copy()
    one[:, :30] = truth[:30]
    paired = compared(truth, one, other)["accuracy"]
    apart = [f for way in (one, other) for f in figures(truth, np.eye(3)[way[0]], LABELS) if f.name == "accuracy"]
    assert paired.high - paired.low < min(f.high - f.low for f in apart)
    assert paired.low > 0


def test_seeds_that_disagree_widen_the_interval():
    truth = np.random.default_rng(0).integers(0, 3, 400)
    bad, good = (truth + 1) % 3, truth
    half = np.where(np.arange(400) < 200, truth, bad)
    steady = compared(truth, np.stack([half] * 3), np.stack([bad] * 3))["accuracy"]
    moody = compared(truth, np.stack([good, half, bad]), np.stack([bad] * 3))["accuracy"]
    assert steady.difference == pytest.approx(moody.difference)
    assert steady.low > 0.4
    assert moody.low < 0.3


@pytest.mark.parametrize("shape", [(90,), (3, 80), (3, 80, 3), (0, 90), (3, 90, 3, 1)])
def test_shapes_that_do_not_fit_are_named(shape: tuple[int, ...]):
    truth, one = drawn()
    with pytest.raises(ValueError, match=r"of 90 posts: give \(S, N, C\) or \(S, N\)"):
        compared(truth, np.zeros(shape, dtype=np.int64), one)


def test_ways_of_different_numbers_of_seeds_have_no_pairs():
    truth, one = drawn()
    with pytest.raises(ValueError, match="3 seeds of one, 2 of the other"):
        compared(truth, one, one[:2])


@pytest.mark.parametrize(("n_seeds", "spread"), [(1, 0.0), (3, 0.02), (5, 0.02)])
def test_of_a_hundred_and_fifty_intervals_most_hold_the_true_difference(n_seeds: int, spread: float):
    """Posts are harder or easier for everyone, seeds luckier or not; the true difference of accuracy is 0.08."""
    random, n_held, n_worlds = np.random.default_rng(5), 0, 150
    for world in range(n_worlds):
        truth = random.integers(0, 3, 120)
        skill = np.array([[0.68], [0.60]]) + spread * random.normal(size=(2, n_seeds))
        luck = np.where(random.random((2, n_seeds, 120)) < 0.7, random.random(120), random.random((2, n_seeds, 120)))
        guesses = np.where(luck < skill[..., None], truth, (truth + random.integers(1, 3, luck.shape)) % 3)
        found = compared(truth, *guesses, n_resamples=300, seed=world)["accuracy"]
        n_held += found.low <= 0.08 <= found.high
    assert n_held / n_worlds >= 0.9
