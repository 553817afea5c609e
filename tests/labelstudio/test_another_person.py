"""Another person is asked where a post is not settled, and everybody else still has work."""

from typing import Any

import pytest

from flows.review_reconcile import reconcile
from flows.review_settle import settle
from flows.review_status import status
from tests.labelstudio.queue_desk import QueueDesk

pytestmark = pytest.mark.labelstudio

STATE = "select n_answers, overlap, is_open from task_answers order by task_id"


def another(desk: QueueDesk) -> int:
    """The user id of one more person on the server."""
    email = f"{desk.title[-8:]}-{len(list(desk.client.users.list()))}@example.org"
    return int(desk.client.users.create(email=email, username=email, first_name="Ben", last_name="B").id)


def judged_by(desk: QueueDesk, user_id: int, task_id: int, label: str | None = None) -> None:
    """A label of another person, or a skip."""
    region = {"from_name": "both", "to_name": "post", "type": "choices", "value": {"choices": [label]}}
    said: dict[str, Any] = {"result": [region] if label else [], "was_cancelled": label is None}
    desk.client.annotations.create(id=task_id, completed_by=user_id, **said)


def test_a_lone_reviewer_is_never_starved(desk: QueueDesk):
    desk.push(3)
    first, second, third = desk.tasks()
    desk.answer(first.id)
    desk.answer(second.id, "cannot tell")
    desk.answer(third.id, "positive")
    desk.pull()
    assert settle(desk.store, at_least=1.0, most=3, project=desk.title).n_asked == 3
    done = desk.push(3)
    assert (done.n_pushed, done.n_unanswered) == (3, 3)
    assert status(desk.store).notes == (f"{desk.title}: 3 posts were judged and wait for another person",)
    assert desk.push(3).run_ids == ()
    assert desk.is_exact()
    assert desk.is_clean()


def test_a_post_that_all_of_three_people_skip_ends_and_so_does_its_twin(desk: QueueDesk):
    ((place, post_id),) = desk.ask("select place, post_id from queue where post_id in ('hand:01', 'hand:51')")
    desk.push(place)
    task = desk.tasks()[-1]
    assert task.data["post_id"] == post_id
    asked = []
    for user_id in (1, another(desk), another(desk)):
        judged_by(desk, user_id, task.id)
        desk.pull()
        asked.append(settle(desk.store, most=3, project=desk.title).n_asked)
    assert asked == [1, 1, 0]
    state = f"select n_answers, overlap, is_open from task_answers where post_id = '{post_id}'"
    assert desk.ask(state) == [(3, 3, False)]
    assert [each.is_labeled for each in desk.tasks() if each.id == task.id] == [True]
    desk.push(60)
    pushed = [each.data["post_id"] for each in desk.tasks()]
    assert [each for each in pushed if each in {"hand:01", "hand:51"}] == [post_id]
    assert desk.ask("select count(*) from answers where project is not null") == [(3,)]
    assert desk.is_exact()
    assert desk.is_clean()


def test_a_post_that_one_skipped_and_another_judged_has_a_label(desk: QueueDesk):
    desk.push(1)
    (task,) = desk.tasks()
    desk.answer(task.id)
    desk.pull()
    assert settle(desk.store, at_least=0.0, project=desk.title).n_asked == 0
    assert settle(desk.store, at_least=0.5, project=desk.title).n_asked == 1
    assert desk.ask("select reasons from review_tasks where round = '0002'") == [(["not-settled"],)]
    judged_by(desk, another(desk), task.id, "positive")
    desk.pull()
    assert desk.ask(STATE) == [(2, 2, False)]
    assert desk.ask(f"select label from labels where post_id = '{task.data['post_id']}'") == [("positive",)]
    assert desk.pull(full=True).run_id is None


def test_people_who_differ_are_told_to_disagree(desk: QueueDesk):
    desk.push(1, overlap=2)
    (task,) = desk.tasks()
    desk.answer(task.id, "positive")
    judged_by(desk, another(desk), task.id, "negative")
    desk.pull()
    assert settle(desk.store, project=desk.title).n_asked == 1
    assert desk.ask("select reasons from review_tasks where round = '0002'") == [(["reviewers-disagree"],)]


def test_another_person_sees_the_screen_that_others_saw(desk: QueueDesk):
    desk.push(1, opinion="shown")
    desk.answer(desk.tasks()[0].id, "positive")
    desk.pull()
    assert settle(desk.store, at_least=1.0, project=desk.title).n_asked == 1
    desk.client.projects.delete(id=desk.project.id)
    assert reconcile(desk.store, project=desk.title, repair=True).is_agreed
    (task,) = desk.tasks()
    assert task.data["opinion"]
    assert "$opinion" in desk.project.label_config
    said = "select distinct parameters ->> '$.opinion' from run_history where verb = 'review-push'"
    assert desk.ask(said) == [("shown",)]
