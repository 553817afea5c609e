"""What a training set keeps of near-duplicates, broken posts and leaks; each refusal has its name."""

import pytest

from msa_core.curation import Candidate, left_out, weight_of


def post(
    name: str, label: str = "positive", *, of: str | None = None, origin: str = "dump", agreement: float = 1.0,
    split: str = "train", leaks: bool = False, broken: bool = False,
) -> Candidate:  # fmt: skip
    return Candidate(name, label, origin, agreement, split, of or name, leaks, broken)


def reasons(*posts: Candidate, keeps_leaks: bool = False, duplicates: str = "one") -> dict[str, str]:
    return left_out(posts, keeps_leaks=keeps_leaks, duplicates=duplicates)


def test_posts_that_stand_alone_stay():
    assert reasons(post("a"), post("b", "negative")) == {}


def test_a_leak_goes_unless_it_is_kept_on_purpose():
    assert reasons(post("a", leaks=True)) == {"a": "leak"}
    assert reasons(post("a", leaks=True), keeps_leaks=True) == {}


def test_a_broken_post_goes_whatever_else_it_is():
    assert reasons(post("a", broken=True, leaks=True), keeps_leaks=True) == {"a": "broken"}
    assert reasons(post("v", broken=True, split="val")) == {"v": "broken"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (post("b", of="x", origin="review", agreement=0.5), post("a", of="x")),
        (post("b", of="x"), post("a", of="x", agreement=0.5)),
        (post("a", of="x"), post("b", of="x")),
    ],
)
def test_of_twins_a_reviewed_one_stays_then_the_surer_then_the_first(one: Candidate, other: Candidate):
    assert reasons(one, other) == reasons(other, one) == {other.post_id: "duplicate"}


def test_twins_of_different_labels_all_go_unless_a_person_settled_it():
    a, b = post("a", of="x"), post("b", "negative", of="x")
    assert reasons(a, b) == {"a": "conflicting-twins", "b": "conflicting-twins"}
    settled = post("c", "neutral", of="x", origin="review")
    assert reasons(a, b, settled) == {"a": "duplicate", "b": "duplicate"}


def test_a_broken_twin_neither_stays_nor_conflicts():
    assert reasons(post("a", "negative", of="x", broken=True), post("b", of="x")) == {"a": "broken"}


def test_validation_keeps_its_twins_and_train_and_pool_share_one():
    assert reasons(post("a", of="x", split="val"), post("b", of="x", split="val")) == {}
    assert reasons(post("a", of="x", split="pool"), post("b", of="x")) == {"b": "duplicate"}


def test_kept_duplicates_stay_whatever_they_say():
    assert reasons(post("a", of="x"), post("b", "negative", of="x"), duplicates="keep") == {}


def test_a_weight_is_one_or_the_share_that_agree():
    assert [weight_of(post("a", agreement=0.5), weights) for weights in ("uniform", "agreement")] == [1.0, 0.5]
