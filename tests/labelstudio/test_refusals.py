"""What the store refuses of the server, and the server of the store: both say why."""

from dataclasses import replace

import pytest

from flows.review_reconcile import reconcile
from labelstudio.errors import ReviewError
from tests.labelstudio.queue_desk import QueueDesk

pytestmark = pytest.mark.labelstudio


def test_a_task_of_a_sealed_post_in_a_project_is_not_adopted_and_its_answers_are_set_aside(desk: QueueDesk):
    desk.push(1)
    ((sealed,),) = desk.ask("select post_id from splits where split = 'test' order by post_id limit 1")
    given = desk.ask(f"select label, label_origin from labels where post_id = '{sealed}'")
    strange = {"data": dict(desk.tasks()[0].data) | {"post_id": sealed}}
    desk.client.projects.import_tasks(id=desk.project.id, request=[strange])
    for task in desk.tasks():
        desk.answer(task.id, "positive")
    assert reconcile(desk.store, project=desk.title, repair=True).is_agreed
    done = desk.pull()
    assert (done.n_new, done.n_quarantined) == (1, 1)
    assert desk.pull(full=True).run_id is None
    assert desk.ask("select reason, post_id from quarantine") == [("test-post", sealed)]
    assert desk.ask(f"select label, label_origin from labels where post_id = '{sealed}'") == given


def test_what_the_server_refuses_is_told_in_its_own_words(desk: QueueDesk):
    with pytest.raises(ReviewError, match=r"title: .*3 characters.*Change that first") as refused:
        replace(desk, title="ab").push(1)
    assert "goes on" not in str(refused.value)
