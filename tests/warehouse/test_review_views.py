"""What reviewers said, counted: who agrees with whom, who counts as having judged, and who votes."""

from dataclasses import replace

import pytest

from msa_core.records import ReviewTask
from tests.warehouse.conftest import Fill, a_post, an_answer
from warehouse import Store

POSTS = [f"mvsa:{n}" for n in range(10)]


def said(post_id: str, who: str, label: str, *, project: str = "msa") -> object:
    origin = "simulated" if who.startswith("simulated") else "label-studio"
    return replace(an_answer(post_id, who, "both", label, origin=origin), project=project)


def pushed(post_id: str, *, overlap: int = 1, project: str = "msa") -> ReviewTask:
    return ReviewTask(post_id, project, "0001", 1, (), 0.5, overlap, None, None, None, None)


def rows(store: Store, sql: str) -> list[tuple[object, ...]]:
    with store.moment() as moment:
        return [tuple(row.values()) for row in moment.table(sql).to_pylist()]


def reviewed(fill: Fill, *answers: object, overlap: int = 1) -> None:
    posts = [a_post(post_id.partition(":")[2]) for post_id in POSTS]
    fill(posts=posts, review_tasks=[pushed(post_id, overlap=overlap) for post_id in POSTS], annotations=list(answers))


def test_two_people_who_say_the_same_of_two_posts_in_ten_agree_on_a_fifth(store: Store, fill: Fill):
    ben = ["positive"] * 2 + ["negative"] * 8
    reviewed(
        fill,
        *(said(post_id, "ann", "positive") for post_id in POSTS),
        *(said(post_id, "ben", label) for post_id, label in zip(POSTS, ben, strict=True)),
    )
    assert rows(store, "select annotator, agreement from reviewers order by annotator") == [("ann", 0.2), ("ben", 0.2)]
    assert rows(store, "select agreement from rounds") == [(0.2,)]


def test_the_one_who_differs_from_two_agrees_with_neither_and_they_with_one_of_two(store: Store, fill: Fill):
    reviewed(
        fill, *(said("mvsa:0", who, label) for who, label in zip("abc", ["positive"] * 2 + ["neutral"], strict=True))
    )
    assert rows(store, "select annotator, agreement from reviewers order by annotator") == [
        ("a", 0.5),
        ("b", 0.5),
        ("c", 0.0),
    ]
    assert rows(store, "select agreement from rounds") == [(pytest.approx(1 / 3),)]


def test_who_judged_alone_or_beside_a_simulated_reviewer_agrees_with_nobody(store: Store, fill: Fill):
    reviewed(fill, said("mvsa:0", "ann", "positive"), said("mvsa:0", "simulated:one", "positive"))
    assert rows(store, "select agreement from reviewers") == [(None,), (None,)]
    assert rows(store, "select agreement from rounds") == [(None,)]


def test_labels_of_two_projects_agree_across_them_but_in_no_round(store: Store, fill: Fill):
    reviewed(fill, said("mvsa:0", "ann", "positive"), said("mvsa:0", "ben", "positive", project="other"))
    assert rows(store, "select agreement from reviewers") == [(1.0,), (1.0,)]
    assert rows(store, "select agreement from rounds") == [(None,)]


SIMULATED = [said("mvsa:0", f"simulated:{n}", "positive") for n in range(2)]


def test_simulated_reviewers_vote_only_where_no_person_does(store: Store, fill: Fill):
    reviewed(fill, *SIMULATED)
    voters = "select rater, is_person from review_votes order by rater"
    assert rows(store, voters) == [("simulated:0", False), ("simulated:1", False)]
    fill(1, annotations=[said("mvsa:0", "ann", "negative")])
    assert rows(store, voters) == [("ann", True)]
    assert rows(store, "select label from labels") == [("negative",)]


def test_a_person_beside_simulated_reviewers_is_one_who_judged_and_the_others_are_still_to_come(
    store: Store, fill: Fill
):
    state = "select n_answers, is_open from task_answers where post_id = 'mvsa:0'"
    reviewed(fill, *SIMULATED, overlap=2)
    assert rows(store, state) == [(2, False)]
    fill(1, annotations=[said("mvsa:0", "ann", "negative")])
    assert rows(store, state) == [(1, True)]
    assert rows(store, "select n_done from rounds") == [(0,)]
