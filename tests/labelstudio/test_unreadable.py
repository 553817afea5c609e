"""A task that is finished there and not here, or here and not there: told, and mended."""

import pytest

from flows.review_reconcile import reconcile
from flows.review_settle import settle
from flows.review_status import status
from labelstudio.errors import ScreenChanged
from tests.labelstudio.queue_desk import QueueDesk

pytestmark = pytest.mark.labelstudio

OPEN = "select is_open, n_answers from task_answers"


def by_somebody_else(desk: QueueDesk, task_id: int, label: str) -> None:
    region = {"from_name": "both", "to_name": "post", "type": "choices", "value": {"choices": [label]}}
    desk.client.annotations.create(id=task_id, result=[region | {"meta": {"simulated": "ben"}}])


def set_aside(desk: QueueDesk) -> list[tuple[object, ...]]:
    """As `msa review status` tells it."""
    return [row for table in status(desk.store).tables if table.title == "could not be read" for row in table.rows]


def test_a_task_whose_only_answer_cannot_be_read_goes_to_somebody_else(desk: QueueDesk):
    desk.push(1)
    (task,) = desk.tasks()
    wrong = desk.answer(task.id, "joyful")
    desk.pull()
    assert desk.ask(OPEN) == [(True, 0)]
    told = reconcile(desk.store, project=desk.title)
    assert told.problems == (
        ("judged tasks with too few answers that can be read", 1, "msa review reconcile --repair"),
    )
    assert not told.is_agreed
    assert reconcile(desk.store, project=desk.title, repair=True).is_agreed
    assert reconcile(desk.store, project=desk.title).problems == ()
    assert [(task.is_labeled, task.overlap) for task in desk.tasks()] == [(False, 2)]
    by_somebody_else(desk, task.id, "positive")
    desk.pull()
    assert desk.ask(OPEN) == [(False, 1)]
    assert set_aside(desk) == [(desk.title, "unknown-choice", 1)]
    region = {"from_name": "both", "to_name": "post", "type": "choices", "value": {"choices": ["negative"]}}
    desk.client.annotations.update(id=wrong, result=[region])
    assert desk.pull().n_new == 1
    assert set_aside(desk) == []
    desk.client.annotations.delete(id=wrong)
    assert desk.pull().n_deleted == 1
    assert set_aside(desk) == []
    assert desk.is_clean()


def test_an_answer_that_cannot_be_read_in_two_ways_is_one_and_is_none_once_it_is_deleted(desk: QueueDesk):
    desk.push(2)
    first, second = desk.tasks()
    wrong = desk.answer(first.id, "joyful")
    with_its_task = desk.answer(second.id, "joyful")
    desk.pull()
    region = {"from_name": "both", "to_name": "post", "type": "choices", "value": {"choices": ["gloomy"]}}
    desk.client.annotations.update(id=wrong, result=[region])
    assert desk.pull().n_quarantined == 1
    assert set_aside(desk) == [(desk.title, "unknown-choice", 2)]
    desk.client.annotations.delete(id=wrong)
    assert (desk.pull().n_deleted, desk.pull().run_id) == (1, None)
    assert set_aside(desk) == [(desk.title, "unknown-choice", 1)]
    desk.client.tasks.delete(id=str(second.id))
    assert desk.pull(full=True).n_deleted == 1
    assert set_aside(desk) == [], with_its_task
    assert desk.pull(full=True).run_id is None
    assert desk.is_clean()


def test_one_more_person_is_asked_also_where_somebody_gave_an_answer_that_cannot_be_read(desk: QueueDesk):
    desk.push(1)
    (task,) = desk.tasks()
    desk.answer(task.id, "positive")
    by_somebody_else(desk, task.id, "joyful")
    desk.pull()
    assert settle(desk.store, at_least=1.0, most=2, project=desk.title).n_asked == 1
    assert [(task.is_labeled, task.overlap) for task in desk.tasks()] == [(False, 3)]


def test_an_answer_that_was_not_pulled_yet_is_nothing_to_mend(desk: QueueDesk):
    desk.push(1)
    desk.answer(desk.tasks()[0].id, "positive")
    assert reconcile(desk.store, project=desk.title).problems == ()


def test_a_choice_that_somebody_added_stops_the_next_push_and_is_told(desk: QueueDesk):
    desk.push(1)
    added = desk.project.label_config.replace(
        '<Choice value="positive"', '<Choice value="mixed"/><Choice value="positive"'
    )
    desk.client.projects.update(id=desk.project.id, label_config=added)
    with pytest.raises(ScreenChanged, match="a choice that we can read in place of 'mixed'"):
        desk.push(2)
    assert not reconcile(desk.store, project=desk.title).is_agreed
    assert desk.push(2, restore=True).n_pushed == 1
    assert reconcile(desk.store, project=desk.title).is_agreed


def test_a_skipped_post_is_done_here_and_there(desk: QueueDesk):
    desk.push(2)
    first, second = desk.tasks()
    desk.answer(first.id)
    desk.pull()
    state = "select is_open from task_answers order by task_id"
    assert desk.ask(state) == [(False,), (True,)]
    assert [task.is_labeled for task in desk.tasks()] == [True, False]
    desk.client.projects.update(id=desk.project.id, skip_queue="REQUEUE_FOR_OTHERS")
    assert not desk.tasks()[0].is_labeled
    assert not reconcile(desk.store, project=desk.title).is_agreed
    assert reconcile(desk.store, project=desk.title, repair=True).is_agreed
    assert [task.is_labeled for task in desk.tasks()] == [True, False]
    desk.answer(second.id, "positive")
    assert all(task.is_labeled for task in desk.tasks())
