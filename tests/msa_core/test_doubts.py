"""Doubts: 0 where there is nothing to ask, 1 where a post is hardest."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msa_core.doubts import (
    REASONS,
    entropy,
    least_confidence,
    margin,
    modality_conflict,
    neutral_confusion,
    strengths,
    wrong_and_confident,
)

SURE = np.array([[0.0, 0.0, 1.0]])
EVEN = np.full((1, 3), 1 / 3)
TIE = np.array([[0.5, 0.0, 0.5]])
UNCERTAINTIES = (least_confidence, margin, entropy)


@st.composite
def some_probs(draw, n_labels: int | None = None) -> np.ndarray:
    width = n_labels or draw(st.integers(2, 5))
    weights = draw(st.lists(st.lists(st.floats(0, 1), min_size=width, max_size=width), min_size=1, max_size=8))
    array = np.array(weights, dtype=draw(st.sampled_from([np.float32, np.float64]))) + 1e-6
    return array / array.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("measure", UNCERTAINTIES)
def test_certainty_is_0_and_ignorance_is_1(measure):
    assert measure(SURE) == pytest.approx([0])
    assert measure(EVEN) == pytest.approx([1])


def test_a_tie_of_two_is_worked_out_by_hand():
    assert least_confidence(TIE) == pytest.approx([0.75])
    assert margin(TIE) == pytest.approx([1])
    assert entropy(TIE) == pytest.approx([np.log(2) / np.log(3)])


@given(some_probs())
def test_every_measure_stays_between_0_and_1(probs):
    turned, given_labels = probs[:, ::-1], np.arange(len(probs)) % (probs.shape[1] + 1) - 1
    scores = [measure(probs) for measure in UNCERTAINTIES]
    scores += [neutral_confusion(probs, 1), modality_conflict(probs, turned), wrong_and_confident(probs, given_labels)]
    assert all(((score >= 0) & (score <= 1)).all() and score.shape == (len(probs),) for score in scores)


@given(some_probs(), st.randoms())
def test_uncertainty_does_not_care_which_label_it_is(probs, random):
    order = list(range(probs.shape[1]))
    random.shuffle(order)
    for measure in UNCERTAINTIES:
        np.testing.assert_allclose(measure(probs[:, order]), measure(probs), atol=1e-5)


@given(some_probs(n_labels=2))
def test_with_two_labels_all_uncertainties_order_posts_alike(probs):
    np.testing.assert_allclose(least_confidence(probs), margin(probs), atol=1e-5)
    top = probs.max(axis=1)
    assert (np.diff(entropy(probs)[np.argsort(top)]) <= 1e-5).all()


def test_neutral_confuses_only_among_the_top_two_and_only_when_close():
    probs = np.array([[0.10, 0.45, 0.45], [0.1, 0.3, 0.6], [0.0, 0.35, 0.65], [0.45, 0.10, 0.45], [0.35, 0.5, 0.15]])
    assert neutral_confusion(probs, neutral=1, within=0.3) == pytest.approx([1, 0, 0, 0, 0.5])


def test_modalities_conflict_only_where_their_top_labels_differ():
    text = np.array([[0.9, 0.1, 0.0], [0.9, 0.1, 0.0], [1.0, 0.0, 0.0]])
    image = np.array([[0.1, 0.2, 0.7], [0.5, 0.3, 0.2], [0.0, 0.0, 1.0]])
    assert modality_conflict(text, image) == pytest.approx([0.8, 0, 1])


@given(some_probs(n_labels=3), some_probs(n_labels=3))
def test_modalities_conflict_both_ways_alike(text, image):
    n = min(len(text), len(image))
    np.testing.assert_allclose(modality_conflict(text[:n], image[:n]), modality_conflict(image[:n], text[:n]))


def test_wrong_and_confident_needs_a_given_label_that_the_model_does_not_choose():
    probs = np.array([[0.7, 0.2, 0.1]] * 4)
    assert wrong_and_confident(probs, np.array([0, 1, 2, -1])) == pytest.approx([0, 0.8, 0.9, 0])


@given(some_probs(n_labels=3))
def test_the_less_the_given_label_is_believed_the_stronger_the_doubt(probs):
    given_labels = probs.argmin(axis=1)
    scores = wrong_and_confident(probs, given_labels)
    is_wrong = probs.argmax(axis=1) != given_labels
    np.testing.assert_allclose(scores[is_wrong], 1 - probs.min(axis=1)[is_wrong], atol=1e-6)


def test_strengths_stand_in_the_order_of_the_reasons():
    text, image, probs = (np.array([row]) for row in ([0.9, 0.1, 0.0], [0.1, 0.2, 0.7], [0.5, 0.4, 0.1]))
    columns = dict(zip(REASONS, strengths(probs, text, image, np.array([2]), 1)[0], strict=True))
    assert columns == {
        "entropy": pytest.approx(entropy(probs)[0]),
        "least-confidence": pytest.approx(0.75),
        "margin": pytest.approx(0.9),
        "modality-conflict": pytest.approx(0.8),
        "neutral-confusion": pytest.approx(1 - 0.1 / 0.3),
        "wrong-and-confident": pytest.approx(0.9),
    }
    without = strengths(probs, probs, probs, np.array([-1]), None)[0]
    assert without[REASONS.index("neutral-confusion") :].tolist() == [0, 0]
