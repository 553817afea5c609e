"""What breaks, breaks without loss: killed pushes, killed servers, lost webhooks, older databases, full disks."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from flows.cli import main
from flows.review_push import Asked, push
from flows.review_reconcile import reconcile
from flows.review_status import status
from labelstudio import importing
from labelstudio.errors import NoServer, ReviewError, ServerBroken
from msa_core.records import Doubt
from tests.flows.filled_store import filled
from tests.labelstudio.own_server import OwnServer
from tests.labelstudio.queue_desk import QueueDesk, a_prediction
from tests.small_disk import small_disk
from warehouse import Store
from warehouse.journal import Journal

pytestmark = [pytest.mark.labelstudio, pytest.mark.slow]


UNDOUBTED = (
    "select post_id from review_posts where post_id not in (select post_id from review_tasks) order by 1 limit 9"
)


def push_killed(root: str, title: str, at: int, when: str) -> None:
    """A push of five posts, two at a time, that dies before or after its journal's line number `at` (1 first)."""
    importing.TASKS_AT_ONCE = 2
    append, count = Journal.append, 0

    def dying(self: Journal, answer: Any) -> None:
        nonlocal count
        count += 1
        if count == at and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        append(self, answer)
        if count == at:
            os.kill(os.getpid(), signal.SIGKILL)

    Journal.append = dying  # type: ignore[method-assign]
    push(Store.open(Path(root)), asked=Asked(None, 5, 1, "hidden"), project=title)


def in_child(work: Callable[..., None], *arguments: Any) -> multiprocessing.process.BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    return process


@pytest.mark.parametrize(("at", "when"), [(1, "before"), (1, "after"), (2, "before"), (3, "after"), (4, "before")])
def test_a_push_killed_at_any_line_of_its_journal_is_finished_by_the_next(
    desk: QueueDesk, monkeypatch: pytest.MonkeyPatch, at: int, when: str
):
    monkeypatch.setattr(importing, "QUIET_S", 0.5)
    process = in_child(push_killed, str(desk.store.places.root), desk.title, at, when)
    process.join()
    assert process.exitcode == -signal.SIGKILL
    done = desk.push(5)
    assert done.n_unanswered == 5
    assert len(desk.tasks()) == 5
    assert desk.push(5).run_ids == ()
    assert desk.is_exact()
    assert desk.is_clean()


def test_a_push_that_updated_first_and_was_killed_is_finished_by_the_next(
    desk: QueueDesk, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(importing, "QUIET_S", 0.5)
    desk.push(2)
    desk.newer_model()
    known = [Doubt(post_id, "clara-new", "margin", 0.5) for (post_id,) in desk.ask(UNDOUBTED)]
    run = desk.store.begin("mine", parameters={}, inputs=["more"], version=1)
    assert run is not None
    with run:
        run.write("predictions", [a_prediction(row.post_id, "clara-new") for row in known])
        run.write("doubts", known)
    process = in_child(push_killed, str(desk.store.places.root), desk.title, 2, "before")
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert len(desk.tasks()) > 2
    desk.push(5)
    assert len(desk.tasks()) == 5
    assert desk.is_exact()


def test_two_pushes_at_once_send_each_post_once(desk: QueueDesk):
    root = str(desk.store.places.root)
    both = [in_child(push_plainly, root, desk.title) for _ in range(2)]
    for process in both:
        process.join()
    desk.push(5)
    assert len(desk.tasks()) == 5
    assert desk.is_exact()


def push_plainly(root: str, title: str) -> None:
    push(Store.open(Path(root)), asked=Asked(None, 5, 1, "hidden"), project=title)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OwnServer]:
    """A server of this test alone, to be killed."""
    found = OwnServer(tmp_path / "server", monkeypatch)
    found.start()
    yield found
    found.kill()


def until_it_breaks(work: Callable[[int], object], own: OwnServer, *, after_s: float) -> None:
    """Work on and on while the server is killed; the error that comes is one of ours."""
    threading.Timer(after_s, own.kill).start()
    with pytest.raises((NoServer, ServerBroken)):
        any(work(number) is None for number in range(200))


def test_a_server_that_is_down_is_an_error_with_the_remedy(own: OwnServer, tmp_path: Path):
    desk = own.desk(filled(tmp_path / "store"))
    desk.push(2)
    own.kill()
    for verb in (desk.push, desk.pull):
        with pytest.raises(NoServer, match="make labelstudio"):
            verb()


def test_a_server_that_dies_within_an_import_loses_and_doubles_nothing(own: OwnServer, tmp_path: Path):
    desk = own.desk(filled(tmp_path / "store"))
    until_it_breaks(lambda number: desk.push(min(number + 1, 47)), own, after_s=1.5)
    own.start()
    n_unanswered = own.desk(desk.store).push(47).n_unanswered
    assert len(own.desk(desk.store).tasks()) == n_unanswered
    assert own.desk(desk.store).is_exact()
    assert desk.is_clean()


def test_a_server_that_dies_within_an_export_loses_no_answer(own: OwnServer, tmp_path: Path):
    desk = own.desk(filled(tmp_path / "store"))
    desk.push(3)
    desk.answer(desk.tasks()[0].id, "positive")
    until_it_breaks(lambda number: desk.pull(full=True), own, after_s=1.0)
    own.start()
    own.desk(desk.store).pull()
    assert desk.ask("select label from answers where project is not null") == [("positive",)]
    assert own.desk(desk.store).is_exact()


def gone_back(own: OwnServer, desk: QueueDesk, older: Path) -> int:
    """The id of a task whose answer the server does not know any more."""
    desk.push(3)
    first, second, _ = desk.tasks()
    desk.answer(first.id, "positive")
    desk.pull()
    own.copy(older)
    desk.answer(second.id, "negative")
    desk.push(5)
    desk.pull()
    own.go_back(older)
    return int(second.id)


def test_a_server_that_went_back_to_an_older_database_takes_no_answer_with_it(own: OwnServer, tmp_path: Path):
    desk = own.desk(filled(tmp_path / "store"))
    task_id = gone_back(own, desk, tmp_path / "older")
    with pytest.raises(ReviewError, match="First: msa review pull"):
        desk.push(6)
    done = desk.pull()
    assert (done.n_deleted, done.n_kept) == (0, 1)
    lost = "mine: 1 answers that the server lost are kept here"
    told = status(desk.store)
    assert (lost in told.notes, [table.title for table in told.tables]) == (True, ["rounds", "reviewers"])
    assert desk.pull().n_deleted == 0
    answers = "select label from answers where project is not null order by label"
    assert desk.ask(answers) == [("negative",), ("positive",)]
    assert not reconcile(desk.store, project="mine").is_agreed
    assert reconcile(desk.store, project="mine", repair=True).is_agreed
    assert desk.pull(full=True).n_deleted == 0
    assert desk.ask(answers) == [("negative",), ("positive",)]
    again = desk.answer(task_id, "negative")
    assert [desk.pull().n_changed for _ in range(3)] == [1, 0, 0]
    assert lost not in status(desk.store).notes
    assert desk.ask(answers) == [("negative",), ("positive",)]
    desk.client.annotations.delete(id=again)
    assert desk.pull().n_deleted == 1
    assert desk.ask(answers) == [("positive",)]
    assert desk.is_clean()


def test_a_full_disk_is_a_clear_error_and_the_same_command_goes_on(desk: QueueDesk, tmp_path: Path):
    with small_disk(tmp_path / "small", 3) as small:
        store = filled(small / "store")
        on_small = replace(desk, store=store)
        ballast = small / "ballast"
        with pytest.raises(Exception, match=r"(?i)disk|space|full"):
            ballast.write_bytes(b"0" * 50_000_000)
        with pytest.raises(Exception, match=r"(?i)disk|space|full"):
            on_small.push(5)
        ballast.unlink()
        on_small.push(5)
        assert len(on_small.tasks()) == 5
        assert on_small.is_exact()


def test_the_command_line_says_what_to_do_without_a_server(
    desk: QueueDesk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.delenv("LABEL_STUDIO_URL")
    with pytest.raises(SystemExit) as stopped:
        main(["review", "push", "--store", str(desk.store.places.root)])
    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "LABEL_STUDIO_URL" in said
    assert "Traceback" not in said
