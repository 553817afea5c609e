"""A consensus follows its votes, also to none; who is asked once more, where nobody needs a server to tell."""

from dataclasses import replace
from pathlib import Path

import pytest

from flows.audit import audit
from flows.review_settle import consensus
from msa_core.records import Annotation, ReviewTask
from tests.flows.filled_store import filled
from warehouse import Store

POST = "hand:00"


def an_answer(name: str, who: str, label: str | None, supersedes: str | None = None) -> Annotation:
    origin, status = "simulated" if who.startswith("simulated") else "label-studio", "given" if label else "deleted"
    about = (None, origin, None, 3.0, None, "msa", 1, 1, supersedes)
    return Annotation(name, POST, who, "both", label, None, status, *about)


def came(store: Store, *answers: Annotation) -> None:
    run = store.begin("review-pull", parameters={"of": [each.annotation_id for each in answers]}, inputs=[], version=1)
    assert run is not None
    with run:
        run.write("annotations", answers)


def settled(store: Store) -> list[tuple[object, ...]]:
    consensus(store)
    with store.moment() as moment:
        return [tuple(row.values()) for row in moment.table("select label, n_people from consensus").to_pylist()]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """One post is out, and one person has judged it."""
    made = filled(tmp_path / "store")
    run = made.begin("review-push", parameters={"project": "msa", "task": "sentiment"}, inputs=[], version=1)
    assert run is not None
    with run:
        run.write("review_tasks", [ReviewTask(POST, "msa", "0001", 1, (), 0.5, 1, None, None, None, None)])
    came(made, an_answer("first", "label-studio:1", "positive"))
    return made


def test_a_consensus_whose_only_vote_was_withdrawn_is_withdrawn_and_comes_back_with_another(store: Store):
    assert settled(store) == [("positive", 1)]
    came(store, an_answer("withdrawn", "label-studio:1", None, "first"))
    assert settled(store) == settled(store) == [(None, 0)]
    with store.moment() as moment:
        assert moment.table("from unsettled_review_posts").num_rows == 0
    came(store, an_answer("again", "label-studio:1", "positive", "withdrawn"))
    assert settled(store) == [("positive", 1)]
    assert not [found for found in audit(store) if found.n_broken]


def judged_as(store: Store, status: str) -> list[tuple[object, ...]]:
    """What is left unsettled where the one answer is corrected to this."""
    came(store, replace(an_answer("other", "label-studio:1", None, "first"), status=status))
    consensus(store)
    with store.moment() as moment:
        found = moment.table("select post_id, posterior, is_disputed from unsettled_review_posts").to_pylist()
    return [tuple(row.values()) for row in found]


@pytest.mark.parametrize("status", ["skipped", "unsure", "conflict"])
def test_a_post_to_which_nobody_gave_a_label_is_as_unsettled_as_can_be(store: Store, status: str):
    assert judged_as(store, status) == [(POST, 0.0, False)]


def test_a_post_that_is_broken_is_settled(store: Store):
    assert judged_as(store, "broken") == []


def test_a_score_is_never_unsettled(store: Store):
    came(store, replace(an_answer("scored", "label-studio:1", None, "first"), status="given", score=1.5))
    consensus(store)
    with store.moment() as moment:
        assert moment.table("from unsettled_review_posts").num_rows == 0


def test_one_who_stands_alone_disagrees_with_no_reviewer(store: Store):
    disputed = "select is_disputed from unsettled_review_posts"
    consensus(store)
    with store.moment() as moment:
        assert moment.value(disputed) is False
    came(store, an_answer("second", "label-studio:2", "negative"))
    consensus(store)
    with store.moment() as moment:
        assert moment.value(disputed) is True


def test_two_simulated_reviewers_do_not_overrule_a_person(store: Store):
    came(store, *(an_answer(f"made-{n}", f"simulated:{n}", "negative") for n in range(2)))
    ((label, n_people),) = settled(store)
    assert (label, n_people) == ("positive", 1)


def test_a_withdrawn_consensus_is_no_event_of_its_post(store: Store):
    settled(store)
    came(store, replace(an_answer("withdrawn", "label-studio:1", None), supersedes="first"))
    settled(store)
    with store.moment() as moment:
        assert moment.value("select count(*) from post_events where event = 'was settled'") == 0
