"""What reviewers are called: their e-mail, or a pseudonym where no name is to be kept."""

import pytest

from flows.review_pull import pull
from flows.scheduled.pull import take_answers
from tests.labelstudio.queue_desk import QueueDesk

pytestmark = pytest.mark.labelstudio

CALLED = "select name from reviewers"


def test_a_name_that_was_kept_gives_way_to_a_pseudonym_and_does_not_come_back(desk: QueueDesk):
    desk.push(2)
    first, second = desk.tasks()
    desk.answer(first.id, "positive")
    desk.pull()
    assert desk.ask(CALLED) == [("reviewer@localhost",)]
    assert pull(desk.store, project=desk.title, pseudonyms=True).run_id is not None
    ((name,),) = desk.ask(CALLED)
    assert name.startswith("reviewer-")
    assert pull(desk.store, project=desk.title, pseudonyms=True).run_id is None
    desk.answer(second.id, "positive")
    desk.pull()
    assert desk.ask(CALLED) == [(name,)]


def test_a_scheduled_pull_that_keeps_no_names_keeps_none(desk: QueueDesk):
    desk.push(1)
    desk.answer(desk.tasks()[0].id, "positive")
    assert "1 new" in take_answers.fn(str(desk.store.places.root), desk.title, True).words
    ((name,),) = desk.ask("select name from facts.annotator_names")
    assert name.startswith("reviewer-")
