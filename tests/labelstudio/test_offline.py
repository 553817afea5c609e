"""Posts that travel as files, and a reviewer who is none."""

import json
from pathlib import Path

import pytest

from flows.review_export import export
from flows.review_import import import_answers
from flows.review_push import Asked
from flows.review_simulate import Persona, simulate, truth_of
from flows.review_status import status
from labelstudio.errors import ReviewError
from labelstudio.simulated import Simulated
from tests.labelstudio.queue_desk import QueueDesk

pytestmark = pytest.mark.labelstudio
LABELS = ("negative", "neutral", "positive")


@pytest.fixture
def exported(desk: QueueDesk, tmp_path: Path) -> Path:
    done = export(desk.store, output=tmp_path / "posts.json", asked=Asked(None, 4, 1, "hidden"))
    assert done.n_posts == 4
    return done.path


def elsewhere(desk: QueueDesk, exported: Path) -> int:
    """The id of a project that somebody made of the exported files, all by hand."""
    made = desk.client.projects.create(
        title=f"by hand {desk.title}", label_config=exported.with_suffix(".xml").read_text()
    )
    desk.client.projects.import_tasks(id=made.id, request=json.loads(exported.read_text()))
    return int(made.id)


def test_a_file_goes_to_another_server_and_its_answers_come_back_once(desk: QueueDesk, exported: Path, tmp_path: Path):
    project_id = elsewhere(desk, exported)
    tasks = sorted(desk.client.tasks.list(project=project_id), key=lambda task: task.id)
    assert all(task.data["images"][0].startswith("data:image/jpeg;base64,") for task in tasks)
    desk.answer(tasks[0].id, "positive")
    desk.answer(tasks[1].id)
    answered = tmp_path / "answered.json"
    answered.write_text(json.dumps(desk.client.projects.exports.as_json(project_id)), encoding="utf-8")
    assert import_answers(desk.store, answered).n_new == 2
    assert import_answers(desk.store, answered).run_id is None
    assert desk.ask("select status, label from answers where project = 'offline' order by status") == [
        ("given", "positive"),
        ("skipped", None),
    ]


def test_a_post_that_is_out_in_a_file_is_not_written_into_the_next(desk: QueueDesk, exported: Path, tmp_path: Path):
    second = export(desk.store, output=tmp_path / "more.json", asked=Asked(None, 4, 1, "hidden"))

    def posts(path: Path) -> set[str]:
        return {task["data"]["post_id"] for task in json.loads(path.read_text())}

    assert not posts(exported) & posts(second.path)


def test_a_simulated_reviewer_answers_each_open_task_once_and_is_marked(desk: QueueDesk):
    desk.push(10)
    truth = dict.fromkeys((task.data["post_id"] for task in desk.tasks()[:8]), "neutral")
    persona = Persona("one", 0.25, 8.0, 7)
    assert simulate(desk.store, truth=truth, persona=persona, project=desk.title) == 8
    assert simulate(desk.store, truth=truth, persona=persona, project=desk.title) == 0
    desk.pull()
    asked = "select distinct annotator, origin from annotations where project is not null"
    assert desk.ask(asked) == [("simulated:one", "simulated")]
    assert desk.ask("select is_simulated, n_answers from reviewers") == [(True, 8)]
    assert [table.title for table in status(desk.store).tables] == ["rounds", "reviewers"]


def test_a_simulated_reviewer_errs_as_often_as_it_is_told_and_always_alike():
    truth = {f"a:{number}": "neutral" for number in range(1000)}
    reviewer = Simulated("one", LABELS, truth, 0.2, 8.0, 7)
    given = [reviewer.annotation(post_id) for post_id in truth]
    labels = [each["result"][0]["value"]["choices"][0] for each in given if each]
    assert 160 < sum(label != "neutral" for label in labels) < 240
    assert given == [reviewer.annotation(post_id) for post_id in truth]
    assert reviewer.annotation("b:1") is None


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "id,label\n1,positive\n"])
def test_a_truth_without_its_columns_is_refused_with_their_names(tmp_path: Path, text: str):
    path = tmp_path / "truth.csv"
    path.write_text(text)
    with pytest.raises(ReviewError, match="columns post_id"):
        truth_of(path)
