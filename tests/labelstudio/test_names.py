"""What reviewers are called: their e-mail, or a pseudonym where no name is to be kept."""

import pytest

from flows.review_pull import pull
from flows.scheduled.pull import take_answers
from labelstudio.errors import ReviewError
from labelstudio.whose import check_name
from msa_core.records import AnnotatorName
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


SAID = "select annotator, label from answers where project is not null order by all"


def kept_as(desk: QueueDesk, name: str) -> None:
    """What user 1 is called, says another server of this store."""
    run = desk.store.begin("review-pull", parameters={"project": "elsewhere"}, inputs=[name], version=1)
    assert run is not None
    with run:
        run.write("annotator_names", [AnnotatorName("label-studio:1", name)])


def test_a_user_of_another_server_is_not_taken_for_the_one_of_that_number(desk: QueueDesk):
    kept_as(desk, "ann@elsewhere")
    desk.push(2)
    first, second = desk.tasks()
    desk.answer(first.id, "positive")
    with pytest.raises(ReviewError, match=r"'ann@elsewhere'.*'reviewer@localhost'.*--server NAME"):
        desk.pull()
    assert desk.ask(SAID) == []
    assert pull(desk.store, project=desk.title, server="here").n_new == 1
    desk.answer(second.id, "joyful")
    assert desk.pull().n_quarantined == 1
    assert desk.pull(full=True).run_id is None
    assert desk.ask(SAID) == [("here:1", "positive")]
    assert desk.ask("select annotator from unreadable_answers") == [("here:1",)]
    assert desk.ask(f"{CALLED} where annotator = 'here:1'") == [("reviewer@localhost",)]
    with pytest.raises(ReviewError, match="those of here:"):
        pull(desk.store, project=desk.title, server="there")
    assert desk.is_clean()


def test_a_server_s_name_stays_also_where_nobody_has_answered_yet(desk: QueueDesk):
    desk.push(1)
    assert pull(desk.store, project=desk.title, server="here").n_new == 0
    desk.answer(desk.tasks()[0].id, "positive")
    assert desk.pull().n_new == 1
    assert desk.ask(SAID) == [("here:1", "positive")]


def test_a_name_for_a_server_whose_answers_are_taken_already_is_refused(desk: QueueDesk):
    desk.push(1)
    desk.answer(desk.tasks()[0].id, "positive")
    desk.pull()
    for name in ("here", "simulated"):
        with pytest.raises(ReviewError):
            pull(desk.store, project=desk.title, server=name)
    assert desk.ask(SAID) == [("label-studio:1", "positive")]


@pytest.mark.parametrize("name", ["", " ", ":", " :1"])
def test_a_blank_is_nobody_s_name(name: str):
    with pytest.raises(ReviewError, match="is no name"):
        check_name(name)


def test_one_person_under_a_new_e_mail_is_known_again_once_the_old_one_is_forgotten(desk: QueueDesk):
    kept_as(desk, "ann@before")
    desk.push(1)
    desk.answer(desk.tasks()[0].id, "positive")
    with pytest.raises(ReviewError, match="once with --pseudonyms"):
        desk.pull()
    assert pull(desk.store, project=desk.title, pseudonyms=True).n_new == 1
    assert desk.pull(full=True).run_id is None


def test_a_scheduled_pull_that_keeps_no_names_keeps_none(desk: QueueDesk):
    desk.push(1)
    desk.answer(desk.tasks()[0].id, "positive")
    assert "1 new" in take_answers.fn(str(desk.store.places.root), desk.title, True).words
    ((name,),) = desk.ask("select name from facts.annotator_names")
    assert name.startswith("reviewer-")


def test_people_whose_answers_could_not_be_read_get_no_second_name(desk: QueueDesk):
    desk.push(1)
    desk.answer(desk.tasks()[0].id, "joyful")
    assert desk.pull().n_quarantined == 1
    with pytest.raises(ReviewError, match=r"those of label-studio:.* already, not as here:"):
        pull(desk.store, project=desk.title, server="here")
    assert desk.ask("select annotator from unreadable_answers") == [("label-studio:1",)]
