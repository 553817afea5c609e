"""Raters who err differently, and what they mean together."""

import random

import pytest

from msa_core.consensus import Vote, dawid_skene
from msa_core.records import Consensus

LABELS = ("negative", "neutral", "positive")
CHOICES = {"two": LABELS[::2], "three": LABELS}


def votes(*rows: tuple[str, str, str]) -> list[Vote]:
    return [Vote(post_id, rater, label, rater not in {"dump", "model"}) for post_id, rater, label in rows]


def of_one_post(**said: str) -> Consensus:
    (found,) = dawid_skene(votes(*(("a:1", rater, label) for rater, label in said.items())), LABELS)
    return found


def says(chance: random.Random, share_right: float, right: str) -> str:
    return right if chance.random() < share_right else chance.choice([each for each in LABELS if each != right])


def crowd(n_posts: int = 300) -> tuple[dict[str, str], list[Vote]]:
    """Ann is right in 95 of 100 cases and judges all, Ben in 90 and judges a third; the dump in 80, the model in 65."""
    chance = random.Random(3)
    truth = {f"a:{number:03}": chance.choice(LABELS) for number in range(n_posts)}
    rows = []
    for post_id, right in truth.items():
        rows += [
            (post_id, rater, says(chance, share_right, right))
            for rater, share_right in (("ann", 0.95), ("dump", 0.8), ("model", 0.65))
        ]
        if chance.random() < 1 / 3:
            rows.append((post_id, "ben", says(chance, 0.9, right)))
    return truth, votes(*rows)


def share_right(found: list[Consensus], truth: dict[str, str]) -> float:
    return sum(each.label == truth[each.post_id] for each in found) / len(found)


def test_nobody_said_anything():
    assert dawid_skene([]) == []


def test_counts_are_of_votes_and_of_people():
    found = of_one_post(ann="positive", ben="positive", model="negative")
    assert (found.label, found.n_votes, found.n_people) == ("positive", 3, 2)


def test_the_order_of_votes_changes_nothing():
    _, rows = crowd(40)
    assert dawid_skene(rows, LABELS) == dawid_skene(rows[::-1], LABELS[::-1])


# a person is right in 5/6 of cases and says each wrong label in 1/12; dump and model are right in 3/5 and say each
# wrong label in 1/5; what is learnt from the one post moves that a little
@pytest.mark.parametrize(
    ("said", "posterior"),
    [
        ({"ann": "positive"}, 5 / 6),
        ({"ann": "positive", "dump": "negative", "model": "negative"}, 100 / (100 + 90 + 10)),
        ({"ann": "positive", "dump": "negative", "model": "neutral"}, 100 / (100 + 30 + 30)),
        ({"ann": "positive", "dump": "positive", "model": "negative"}, 300 / (300 + 30 + 10)),
        ({"ann": "positive", "dump": "positive", "model": "positive"}, 900 / (900 + 10 + 10)),
        ({"ann": "positive", "ben": "positive", "dump": "negative", "model": "negative"}, 1000 / (1000 + 90 + 10)),
    ],
)
def test_a_post_alone_has_the_posterior_of_the_prior(said: dict[str, str], posterior: float):
    found = of_one_post(**said)
    assert found.label == "positive"
    assert found.posterior == pytest.approx(posterior, abs=0.06)


@pytest.mark.parametrize("labels", CHOICES.values(), ids=CHOICES.keys())
def test_one_person_against_dump_and_model_is_not_enough_and_two_are(labels: tuple[str, ...]):
    rest = [("a:1", "dump", "negative"), ("a:1", "model", "negative")]
    (one,) = dawid_skene(votes(("a:1", "ann", "positive"), *rest), labels)
    (two,) = dawid_skene(votes(("a:1", "ann", "positive"), ("a:1", "ben", "positive"), *rest), labels)
    (all_agree,) = dawid_skene(votes(("a:1", "ann", "negative"), *rest), labels)
    assert one.posterior < 0.8
    assert min(two.posterior, all_agree.posterior) > 0.9


def test_who_judged_every_post_alone_is_not_believed_outright():
    rows = [(f"a:{number}", "ann", LABELS[number % 3]) for number in range(500)]
    assert {each.posterior < 0.9 for each in dawid_skene(votes(*rows), LABELS)} == {True}


def shown(
    most: int, share_of_people: float, machines: tuple[float, ...], *, is_doubted: bool, seed: int
) -> tuple[float, float]:
    """Mean posterior and share of right labels of 200 posts, each judged by 1 to `most` of three people, and by a dump
    and a model of such accuracies; `is_doubted`: only posts on which these two differ, as in the queue.
    """
    chance, truth, rows = random.Random(seed), {}, []
    while len(truth) < 200:
        post_id, right = f"a:{len(truth):03}", chance.choice(LABELS)
        said = [(name, says(chance, share, right)) for name, share in zip(("dump", "model"), machines, strict=False)]
        if is_doubted and said[0][1] == said[1][1]:
            continue
        truth[post_id] = right
        asked = ["ann", "ben", "cleo"] if most > 1 else ["ann"]
        people = chance.sample(asked, chance.randint(1, most))
        rows += [
            (post_id, *each) for each in (*said, *((name, says(chance, share_of_people, right)) for name in people))
        ]
    found = dawid_skene(votes(*rows), LABELS)
    return sum(each.posterior for each in found) / len(found), share_right(found, truth)


@pytest.mark.parametrize(
    ("most", "machines", "is_doubted"),
    [(3, (), False), (3, (0.8, 0.65), False), (3, (0.8, 0.65), True), (1, (0.8, 0.65), False), (1, (0.8, 0.65), True)],
    ids=["people", "and dump and model", "who differ", "one person, dump and model", "one person, and they differ"],
)
def test_posteriors_are_as_high_as_labels_are_right(most: int, machines: tuple[float, ...], is_doubted: bool):
    measured = [shown(most, 0.9, machines, is_doubted=is_doubted, seed=seed) for seed in range(5)]
    posterior, right = (sum(each) / len(measured) for each in zip(*measured, strict=True))
    assert abs(posterior - right) < 0.03
    assert right > 0.87


def test_a_label_beside_which_there_is_no_other_is_certain():
    (found,) = dawid_skene(votes(("a:1", "ann", "positive")))
    assert (found.label, found.posterior) == ("positive", 1.0)


def test_a_crowd_is_right_more_often_than_the_unsettled_posts_of_it():
    truth, rows = crowd()
    found = dawid_skene(rows, LABELS)
    unsettled = [each for each in found if each.posterior < 0.9]
    assert 0 < len(unsettled) < 60
    assert share_right(found, truth) > 0.93
    assert share_right(unsettled, truth) < 0.8
