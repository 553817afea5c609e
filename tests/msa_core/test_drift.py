"""Drift: equal posts raise no alarm, other posts do, and rounding or size alone never decides."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msa_core.drift import (
    Difference,
    differences,
    holm,
    of_names,
    of_numbers,
    of_vectors,
    unfamiliarity,
    verdicts,
)

N, M, WIDTH = 300, 60, 16


def world(n: int, random: np.random.Generator, shift: float = 0.0) -> dict[str, list]:
    """Posts of a world; another one where `shift` is not 0."""
    shares = [0.5 - shift / 2, 0.3, 0.2 + shift / 2]
    return {
        "label": random.choice(["negative", "neutral", "positive"], n, p=shares).tolist(),
        "predicted": random.choice(["negative", "neutral", "positive"], n, p=shares).tolist(),
        "language": random.choice(["en", "es", "too-short"], n, p=[0.8, 0.05, 0.15]).tolist(),
        "encoding": random.choice(["utf-8", "gb18030"], n, p=[0.97, 0.03]).tolist(),
        "image_kind": ["JPEG RGB"] * n,
        "confidence": random.beta(5 - 4 * shift, 2, n).tolist(),
        "n_characters": random.gamma(4, 20 * (1 + shift), n).round().tolist(),
        "pixels": (random.integers(3, 9, n) * 10_000).tolist(),
        "aspect": random.uniform(0.5, 2, n).tolist(),
    }


def measured(seed: int, shift: float = 0.0) -> list[str]:
    """The figures that drifted from one draw of a world to another."""
    random = np.random.default_rng(seed)
    found = differences(pa.table(world(N, random)), pa.table(world(M, random, shift)))
    old, new = random.normal(size=(N, WIDTH)), random.normal(shift, size=(M, WIDTH))
    found.append(of_vectors("features", old.astype(np.float32), new.astype(np.float32)))
    return [each.difference.name for each in verdicts(found) if each.is_drifted]


def test_of_draws_of_one_world_at_most_one_in_twenty_raises_an_alarm():
    alarms = [bool(measured(seed)) for seed in range(100)]
    assert sum(alarms) <= 5


def test_another_world_raises_an_alarm_in_what_has_changed_and_in_nothing_else():
    found = [set(measured(seed, shift=0.6)) for seed in range(10)]
    moved = {"labels", "predicted", "confidence", "text-length", "features"}
    assert sum(moved <= each for each in found) >= 8
    assert not set.union(*found) - moved


def test_with_many_posts_a_trifle_is_significant_and_no_drift():
    random = np.random.default_rng(0)
    moved = of_numbers("confidence", random.normal(0, 1, 40_000), random.normal(0.08, 1, 40_000))
    assert moved.p_value < 1e-9
    assert not verdicts([moved])[0].is_drifted


def test_total_variation_is_the_share_that_would_have_to_change():
    found = of_names("labels", ["a"] * 50 + ["b"] * 50, ["a"] * 20 + ["b"] * 60 + ["c"] * 20)
    assert found.effect == pytest.approx(0.3)
    assert (found.bins, found.reference) == (("a", "b", "c"), (0.5, 0.5, 0.0))


def test_one_name_on_both_sides_is_no_difference():
    found = of_names("encoding", ["utf-8"] * 40, ["utf-8"] * 40)
    assert (found.effect, found.p_value) == (0, 1)


def test_figures_that_too_few_posts_have_are_left_out():
    random = np.random.default_rng(0)
    new = world(M, random) | {"label": ["negative"] * 29 + [None] * (M - 29)}
    names = [each.name for each in differences(pa.table(world(N, random)), pa.table(new))]
    assert "labels" not in names
    assert "predicted" in names


def test_the_same_posts_give_the_same_figures():
    assert measured(3, 0.3) == measured(3, 0.3)


def test_numbers_that_are_all_the_same_are_alike():
    found = of_numbers("image-pixels", np.full(40, 7.0), np.full(40, 7.0))
    assert (found.effect, found.p_value) == (0, 1)
    assert sum(found.reference) == sum(found.current) == 1


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_makes_a_p_smaller_or_larger_than_one_and_keeps_their_order(p_values: list[float]):
    corrected = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, corrected, strict=True))
    order = np.argsort(p_values, kind="stable")
    assert np.all(np.diff(np.array(corrected)[order]) >= 0)


def test_strangers_are_further_off_than_what_is_known():
    random = np.random.default_rng(1)
    known = random.normal(size=(199, WIDTH)) + 3
    alike, strange = random.normal(size=(200, WIDTH)) + 3, random.normal(size=(20, WIDTH)) - 3
    found = unfamiliarity(known, np.concatenate([alike, strange]))
    assert (found[200:] == 0.995).all()  # further than all 199
    assert (found[:200] >= 0.95).mean() <= 0.1
    assert 0.4 < found[:200].mean() < 0.6


def test_few_known_posts_cannot_make_a_post_very_unfamiliar():
    random = np.random.default_rng(1)
    found = unfamiliarity(random.normal(size=(30, WIDTH)), random.normal(size=(5, WIDTH)) + 50)
    assert found.max() <= 30 / 31


def test_a_difference_needs_size_and_significance():
    small, rare = (
        Difference("one", "total-variation", effect, p_value, 40, 40, (), (), ())
        for effect, p_value in ((0.05, 1e-6), (0.4, 0.2))
    )
    assert [each.is_drifted for each in verdicts([small, rare])] == [False, False]
