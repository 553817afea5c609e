"""What the store refuses of the server, and the server of the store: both say why."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from flows.review_export import export
from flows.review_import import import_answers
from flows.review_listen import listen
from flows.review_push import Asked
from flows.review_reconcile import reconcile
from flows.review_simulate import Persona, simulate
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


@pytest.fixture
def of_files(desk: QueueDesk, tmp_path: Path) -> QueueDesk:
    """Two posts went out as files, somebody skipped both, and a project of that title is on the server by chance."""
    found = replace(desk, title=f"of {desk.title}")
    out = export(desk.store, output=tmp_path / "posts.json", asked=Asked(None, 2, 1, "hidden"), project=found.title)
    made = desk.client.projects.create(title=found.title, label_config=out.screen.read_text())
    desk.client.projects.import_tasks(id=made.id, request=json.loads(out.path.read_text()))
    for task in found.tasks():
        found.answer(task.id)
    answered = tmp_path / "answered.json"
    answered.write_text(json.dumps(desk.client.projects.exports.as_json(made.id)), encoding="utf-8")
    assert import_answers(desk.store, answered, project=found.title).n_new == 2
    return found


def test_a_project_of_files_is_never_taken_for_one_of_its_title_on_the_server(of_files: QueueDesk):
    store, title = of_files.store, of_files.title
    nobody = Persona("one", 0.0, 1.0, 7)
    for verb in (
        of_files.pull,
        of_files.push,
        partial(reconcile, store, project=title, repair=True),
        partial(simulate, store, truth={}, persona=nobody, project=title),
        partial(listen, store, host="127.0.0.1", port=0, every_s=60, project=title, on_pull=print),
    ):
        with pytest.raises(ReviewError, match="went out as files"):
            verb()
    assert of_files.ask("select status from answers where project is not null") == [("skipped",), ("skipped",)]
