"""Figures against scikit-learn, and by hand."""

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, precision_recall_fscore_support

from msa_core.metrics import bins_of, confusion, expected_calibration_error, figures, ratios

LABELS = ("a", "b", "c")


def _drawn(n: int = 300):
    random = np.random.default_rng(4)
    truth = random.choice(3, n, p=[0.6, 0.3, 0.1])
    probs = random.dirichlet([1, 1, 1], n) + 0.6 * np.eye(3)[truth] * random.random((n, 1))
    return truth, probs / probs.sum(1, keepdims=True)


def test_figures_are_those_of_scikit_learn():
    truth, probs = _drawn()
    found = {(each.name, each.label): each.value for each in figures(truth, probs, LABELS, n_resamples=10)}
    guess = probs.argmax(1)
    assert found["accuracy", None] == pytest.approx(accuracy_score(truth, guess))
    for kind in ("weighted", "macro"):
        _, _, f1, _ = precision_recall_fscore_support(truth, guess, average=kind)
        assert found[f"{kind}_f1", None] == pytest.approx(f1)
    each = precision_recall_fscore_support(truth, guess)
    for name, values in zip(("precision", "recall", "f1", "support"), each, strict=True):
        assert [found[name, label] for label in LABELS] == pytest.approx(values)


def test_confusion_counts_rows_of_truth():
    assert confusion(np.array([0, 0, 1]), np.array([0, 1, 1]), 2).tolist() == [[1, 1], [0, 1]]


def test_an_interval_holds_its_figure_and_narrows_with_more_posts():
    few, many = (figures(*_drawn(n), LABELS)[0] for n in (100, 5000))
    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 3
    expected = 1.96 * (few.value * (1 - few.value) / 100) ** 0.5
    assert (few.high - few.low) / 2 == pytest.approx(expected, rel=0.15)


def test_the_same_seed_gives_the_same_interval():
    truth, probs = _drawn()
    assert figures(truth, probs, LABELS, seed=1) == figures(truth, probs, LABELS, seed=1)
    assert figures(truth, probs, LABELS, seed=1) != figures(truth, probs, LABELS, seed=2)


def test_calibration_error_by_hand():
    confidence, is_right = np.array([0.9, 0.9, 0.5, 0.5]), np.array([1.0, 1.0, 1.0, 0.0])
    assert expected_calibration_error(confidence, is_right) == pytest.approx(0.05)
    assert expected_calibration_error(np.ones(4), np.ones(4)) == 0


def test_a_bin_ends_where_its_last_confidence_lies():
    assert bins_of(np.array([0.0, 0.1, 0.5, 0.51, 1.0]), n_bins=2).tolist() == [0, 0, 0, 1, 1]


def test_a_class_that_nobody_has_or_guesses_is_zero_not_broken():
    found = ratios(np.array([[2.0, 0, 0], [0, 3, 0], [0, 0, 0]]))
    assert found.f1.tolist() == [1, 1, 0]
    assert (found.accuracy, found.weighted_f1) == (1, 1)
