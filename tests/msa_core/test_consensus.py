"""Raters who err differently, and what they mean together."""

import random

from msa_core.consensus import Vote, dawid_skene

LABELS = ("negative", "neutral", "positive")


def votes(*rows: tuple[str, str, str]) -> list[Vote]:
    return [Vote(post_id, rater, label, rater not in {"dump", "model"}) for post_id, rater, label in rows]


def crowd(n_posts: int = 300) -> tuple[dict[str, str], list[Vote]]:
    """Ann is right in 95 of 100 cases and judges all, Ben in 90 and judges a third; the dump in 80, the model in 65."""
    chance = random.Random(3)
    truth = {f"a:{number:03}": chance.choice(LABELS) for number in range(n_posts)}

    def says(share_right: float, right: str) -> str:
        return right if chance.random() < share_right else chance.choice([each for each in LABELS if each != right])

    rows = []
    for post_id, right in truth.items():
        rows += [
            (post_id, "ann", says(0.95, right)),
            (post_id, "dump", says(0.8, right)),
            (post_id, "model", says(0.65, right)),
        ]
        if chance.random() < 1 / 3:
            rows.append((post_id, "ben", says(0.9, right)))
    return truth, votes(*rows)


def test_nobody_said_anything():
    assert dawid_skene([]) == []


def test_counts_are_of_votes_and_of_people():
    (found,) = dawid_skene(votes(("a:1", "ann", "positive"), ("a:1", "ben", "positive"), ("a:1", "model", "negative")))
    assert (found.label, found.n_votes, found.n_people) == ("positive", 3, 2)


def test_the_order_of_votes_changes_nothing():
    _, rows = crowd(40)
    assert dawid_skene(rows) == dawid_skene(rows[::-1])


def test_a_crowd_is_right_more_often_than_the_unsettled_posts_of_it():
    truth, rows = crowd()
    found = dawid_skene(rows)
    unsettled = [each for each in found if each.posterior < 0.9]
    assert 0 < len(unsettled) < 30

    def share_right(of: list) -> float:
        return sum(each.label == truth[each.post_id] for each in of) / len(of)

    assert share_right(found) > 0.93
    assert share_right(unsettled) < 0.8
