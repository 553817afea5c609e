"""What people and servers do to a project by hand, and how store and server come to agree again."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.review_reconcile import reconcile
from flows.review_settle import settle
from flows.reviewing import slug_of
from labelstudio.errors import ProjectGone, ReviewError, ScreenChanged, TokenRefused
from tests.flows.filled_store import filled
from tests.labelstudio.queue_desk import QueueDesk
from warehouse import LeaseHeld, lease

pytestmark = pytest.mark.labelstudio


def test_a_project_that_exists_is_adopted(desk: QueueDesk):
    desk.push(2)
    (post_id,) = desk.ask("select post_id from queue where post_id not in (select post_id from review_tasks) limit 1")[
        0
    ]
    shown = desk.tasks()[0].data
    strange = {"data": shown | {"post_id": post_id, "text": "as others imported it"}}
    foreign = {"data": shown | {"post_id": "elsewhere:1", "text": "of another store"}}
    desk.client.projects.import_tasks(id=desk.project.id, request=[strange, foreign])
    found = reconcile(desk.store, project=desk.title)
    assert not found.is_agreed
    assert reconcile(desk.store, project=desk.title, repair=True).is_agreed
    assert (post_id, "adopted") in desk.ask("select post_id, round from review_tasks")
    assert len(desk.tasks()) == 4


def test_a_project_that_this_store_never_pushed_to_is_adopted_and_not_filled_blindly(desk: QueueDesk, tmp_path: Path):
    desk.push(3)
    again = replace(desk, store=filled(tmp_path / "rebuilt"))
    with pytest.raises(ReviewError, match="reconcile --repair"):
        again.push(5)
    assert reconcile(again.store, project=desk.title, repair=True).is_agreed
    assert again.push(5).n_pushed == 2
    assert len(again.tasks()) == 5
    assert again.is_exact()


def test_the_same_task_imported_twice_by_hand_is_mended(desk: QueueDesk):
    desk.push(3)
    task = desk.tasks()[0]
    desk.client.projects.import_tasks(id=desk.project.id, request=[{"data": dict(task.data)}])
    assert len(desk.tasks()) == 4
    assert reconcile(desk.store, project=desk.title, repair=True).is_agreed
    assert desk.is_exact()


def import_again(desk: QueueDesk, task: Any) -> int:
    """The id of a second task of the same post."""
    desk.client.projects.import_tasks(id=desk.project.id, request=[{"data": dict(task.data)}])
    return int(desk.tasks()[-1].id)


def answered_as(desk: QueueDesk, task_id: int, name: str, label: str) -> None:
    """By a reviewer who is somebody else."""
    region = {"from_name": "both", "to_name": "post", "type": "choices", "value": {"choices": [label]}}
    desk.client.annotations.create(id=task_id, result=[region | {"meta": {"simulated": name}}])


@pytest.mark.parametrize("overlap", [1, 2])
def test_two_answered_tasks_of_one_post_are_told_closed_and_both_answers_count(desk: QueueDesk, overlap: int):
    desk.push(2, overlap=overlap)
    first = desk.tasks()[0]
    second_id = import_again(desk, first)
    answered_as(desk, first.id, "ann", "positive")
    answered_as(desk, second_id, "ben", "negative")
    told = reconcile(desk.store, project=desk.title)
    todo = "msa review reconcile --repair" if overlap == 2 else "nothing: the answers stand in the store"
    assert told.problems == (("doubled-answered tasks", 1, todo),)
    assert told.is_agreed == (overlap == 1)
    assert reconcile(desk.store, project=desk.title, repair=True).is_agreed
    assert reconcile(desk.store, project=desk.title).is_agreed
    assert [task.id for task in desk.tasks() if task.is_labeled] == ([first.id] if overlap == 1 else []) + [second_id]
    desk.pull()
    votes = "select label from answers where project is not null order by label"
    assert desk.ask(votes) == [("negative",), ("positive",)]
    assert desk.ask(f"select n_answers from task_answers where post_id = '{first.data['post_id']}'") == [(2,)]
    assert desk.pull(full=True).run_id is None
    assert desk.is_clean()


def test_one_person_who_answered_a_post_in_two_tasks_has_a_last_word_and_a_history(desk: QueueDesk):
    desk.push(1)
    (first,) = desk.tasks()
    second_id = import_again(desk, first)
    desk.answer(first.id, "positive")
    desk.answer(second_id, "negative")
    assert reconcile(desk.store, project=desk.title, repair=True).is_agreed
    desk.pull()
    assert desk.ask("select label from answers where project is not null") == [("negative",)]
    assert desk.ask("select label from annotations where project is not null order by 1") == [
        ("negative",),
        ("positive",),
    ]


def test_doubled_tasks_of_a_project_that_is_adopted_are_adopted_once(desk: QueueDesk, tmp_path: Path):
    desk.push(2)
    import_again(desk, desk.tasks()[0])
    again = replace(desk, store=filled(tmp_path / "rebuilt"))
    assert reconcile(again.store, project=desk.title, repair=True).is_agreed
    assert again.is_exact()


def test_a_task_deleted_by_hand_is_noticed_and_pushed_again(desk: QueueDesk):
    desk.push(3)
    answered, lost, _ = desk.tasks()
    desk.answer(answered.id, "positive")
    desk.pull()
    for task in (answered, lost):
        desk.client.tasks.delete(id=str(task.id))
    desk.pull()
    assert desk.ask("select count(*) from answers where project is not null") == [(1,)]
    assert not reconcile(desk.store, project=desk.title).is_agreed
    assert reconcile(desk.store, project=desk.title, repair=True).is_agreed
    assert lost.data["post_id"] in {task.data["post_id"] for task in desk.tasks()}
    assert desk.ask("select count(*) from answers where project is not null") == [(1,)]


def test_a_deleted_project_is_an_error_until_it_is_made_again(desk: QueueDesk):
    desk.push(3)
    desk.answer(desk.tasks()[0].id, "positive")
    desk.pull()
    desk.client.projects.delete(id=desk.project.id)
    for verb in (desk.push, desk.pull):
        with pytest.raises(ProjectGone, match="reconcile --repair"):
            verb()
    assert reconcile(desk.store, project=desk.title, repair=True).is_agreed
    assert len(desk.tasks()) == 2
    desk.pull()
    assert desk.ask("select label from answers where project is not null") == [("positive",)]


def test_a_project_made_again_asks_as_many_people_as_before(desk: QueueDesk):
    desk.push(3)
    first, second, _ = desk.tasks()
    for task in (first, second):
        desk.answer(task.id, "positive")
    desk.pull()
    assert settle(desk.store, at_least=1.0, most=2, project=desk.title).n_asked == 2
    desk.client.projects.delete(id=desk.project.id)
    assert reconcile(desk.store, project=desk.title, repair=True).is_agreed
    assert desk.project.maximum_annotations == 1
    disputed = {first.data["post_id"], second.data["post_id"]}
    assert {task.data["post_id"]: task.overlap for task in desk.tasks() if task.overlap > 1} == dict.fromkeys(
        disputed, 2
    )
    assert desk.push(2, overlap=1).n_pushed == 1
    assert [task.overlap for task in desk.tasks()].count(1) == 2


def test_a_title_by_another_letter_makes_no_project(desk: QueueDesk):
    desk.push(1)
    with pytest.raises(ReviewError, match=f"No review project '{desk.title}x'.*{desk.title}"):
        reconcile(desk.store, project=f"{desk.title}x", repair=True)
    assert not list(desk.client.projects.list(title=f"{desk.title}x"))


def test_a_screen_that_was_edited_is_an_error_with_the_remedy(desk: QueueDesk):
    desk.push(2)
    edited = desk.project.label_config.replace('name="both"', 'name="mood"')
    desk.client.projects.update(id=desk.project.id, label_config=edited)
    with pytest.raises(ScreenChanged, match="restore-screen"):
        desk.push(3)
    desk.push(3, restore=True)
    assert len(desk.tasks()) == 3


def test_two_projects_of_one_title_are_an_error_that_names_them(desk: QueueDesk):
    desk.push(1)
    desk.client.projects.create(title=desk.title, label_config=desk.project.label_config)
    with pytest.raises(ReviewError, match="Several projects"):
        desk.push(1)


def test_a_wrong_token_is_an_error_that_names_the_variable(desk: QueueDesk, monkeypatch: pytest.MonkeyPatch):
    desk.push(1)
    for token in ("0" * 40, "not a token"):
        monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
        with pytest.raises(TokenRefused, match="LABEL_STUDIO_API_KEY"):
            desk.push(1)


def test_a_personal_access_token_works_until_it_is_revoked(desk: QueueDesk, monkeypatch: pytest.MonkeyPatch):
    token = desk.client.tokens.create().token
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", token)
    desk.push(1)
    desk.client.tokens.blacklist(refresh=token)
    with pytest.raises(TokenRefused, match="LABEL_STUDIO_API_KEY"):
        desk.push(1)


def test_a_push_while_another_works_is_told_so(desk: QueueDesk):
    with lease(desk.store.places, f"review-{slug_of(desk.title)}"), pytest.raises(LeaseHeld):
        desk.push(1)


def test_an_image_that_is_gone_from_the_disk_is_put_back(desk: QueueDesk):
    desk.push(3)
    folder = Path(os.environ["LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT"]) / "msa"
    names = [task.data["images"][0].rpartition("/")[2] for task in desk.tasks()]
    for name in names:
        (folder / name).unlink()
    desk.push(3)
    assert all((folder / name).exists() for name in names)
