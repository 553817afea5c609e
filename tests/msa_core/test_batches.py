"""Batches: padding, order, and making them ahead of time."""

import numpy as np
import pytest

from msa_core.batches import Ragged, ahead, make_batch, scoring_order, training_order
from tests.msa_core.clara_by_hand import network, posts


def test_ragged_lists_come_back_padded():
    lists = Ragged.of([[1, 2], [], [3, 4, 5]])
    values, padding = lists.padded(np.array([2, 1]), fill=9)
    assert values.tolist() == [[3, 4, 5], [9, 9, 9]]
    assert padding.tolist() == [[False] * 3, [True] * 3]
    assert [lists.take(np.array([2, 0])).lengths.tolist(), lists.lengths.tolist()] == [[3, 2], [2, 0, 3]]


def test_lists_of_nothing_are_one_column_of_padding():
    values, padding = Ragged.of([[], []]).padded(np.array([0, 1]), fill=0)
    assert (values.tolist(), padding.tolist()) == ([[0], [0]], [[True], [True]])


def test_a_batch_shows_each_post_its_own_images():
    _, towers = network()
    some = posts(towers, 6)
    batch = make_batch(some, np.array([4, 1]))
    assert (batch.pixels[batch.image_of[:, 0]].numpy() == some.pixels[np.array([4, 1])]).all()
    assert batch.labels is not None
    assert batch.labels.tolist() == [1, 1]


def test_seed_and_epoch_alone_decide_the_order():
    lengths = np.arange(50) % 7
    first, again = (training_order(lengths, 8, seed=3, epoch=2) for _ in range(2))
    assert [rows.tolist() for rows in first] == [rows.tolist() for rows in again]
    assert sorted(np.concatenate(first).tolist()) == list(range(50))
    other = training_order(lengths, 8, seed=3, epoch=3)
    assert np.concatenate(first).tolist() != np.concatenate(other).tolist()


def test_scoring_order_pads_little():
    _, towers = network()
    some = posts(towers)
    order = scoring_order(some, 10)
    lengths = [some.tokens.lengths[rows] for rows in order]
    assert sorted(np.concatenate(order).tolist()) == list(range(60))
    assert sum(int(each.max() - each.min()) for each in lengths) <= 8


def test_ahead_keeps_the_order_and_raises_what_was_raised():
    assert list(ahead(iter(range(20)), depth=3)) == list(range(20))

    def broken():
        yield 1
        raise KeyError("gone")

    with pytest.raises(KeyError, match="gone"):
        list(ahead(broken()))
