"""Each store leaves its own step on the server, so that data from before are noticed, whoever else works there."""

from dataclasses import replace
from pathlib import Path
from shutil import copytree

import pytest

from flows.compact import compact
from flows.review_reconcile import reconcile
from labelstudio.errors import ReviewError
from labelstudio.project import STEP
from tests.flows.filled_store import filled
from tests.labelstudio.queue_desk import QueueDesk
from warehouse import Store

IDENTITY = "select store_id from store_identity"


def identity(store: Store) -> str:
    with store.moment() as moment:
        return str(moment.value(IDENTITY))


def marks(desk: QueueDesk) -> dict[str, int]:
    return {store_id: int(step) for step, store_id in STEP.findall(desk.project.description or "")}


def write(desk: QueueDesk, description: str) -> None:
    desk.client.projects.update(id=desk.project.id, description=description)


@pytest.fixture
def other(desk: QueueDesk, tmp_path: Path) -> QueueDesk:
    """Another store that has adopted the same project, where two posts of `desk` are out."""
    desk.push(2)
    found = replace(desk, store=filled(tmp_path / "other"))
    assert reconcile(found.store, project=desk.title, repair=True).is_agreed
    return found


def test_a_store_keeps_its_identity_wherever_it_goes_and_two_stores_have_two(tmp_path: Path):
    store = filled(tmp_path / "store")
    before = identity(store)
    compact(store)
    Store.init(tmp_path / "store", label_policy="strict")
    copytree(tmp_path / "store", tmp_path / "moved")
    assert identity(store) == identity(Store.open(tmp_path / "moved")) == before
    assert identity(filled(tmp_path / "second")) != before


@pytest.mark.labelstudio
def test_two_stores_on_one_project_keep_apart_steps_and_the_words_of_people(desk: QueueDesk, other: QueueDesk):
    write(desk, f"Ask Ann before you judge.\n{desk.project.description}")
    desk.push(4)
    other.push(5)
    other.push(6)
    assert marks(desk) == {identity(desk.store): 2, identity(other.store): 3}
    assert desk.project.description.startswith("Ask Ann before you judge.\n(msa-loop step ")


@pytest.mark.labelstudio
def test_a_step_of_another_store_hides_no_older_data(desk: QueueDesk, other: QueueDesk):
    desk.push(3)
    for n in (4, 5, 6):
        other.push(n)
    me, them = identity(desk.store), identity(other.store)
    assert marks(desk) == {me: 2, them: 4}
    write(desk, desk.project.description.replace(f"step 2 of store {me}", f"step 1 of store {me}"))
    with pytest.raises(ReviewError, match="First: msa review pull"):
        desk.push(10)
    other.push(7)
    assert desk.pull().n_deleted == 0
    assert desk.push(10).n_pushed > 0
    assert marks(desk) == {me: 4, them: 5}


@pytest.mark.labelstudio
def test_a_project_that_shows_skipped_posts_to_others_is_healed_by_the_next_push_or_pull(desk: QueueDesk):
    desk.push(2)
    for verb in (desk.pull, lambda: desk.push(3)):
        desk.client.projects.update(id=desk.project.id, skip_queue="REQUEUE_FOR_OTHERS")
        desk.answer(desk.tasks()[0].id)
        assert verb().run_ids if verb != desk.pull else verb().run_id
        assert desk.project.skip_queue == "IGNORE_SKIPPED"


@pytest.mark.labelstudio
def test_a_mark_that_names_no_store_is_understood_and_replaced(desk: QueueDesk):
    desk.push(2)
    write(desk, "Of us.\n(msa-loop step 1; please keep this line)")
    desk.push(3)
    assert marks(desk) == {identity(desk.store): 2}
    write(desk, "Of us.\n(msa-loop step 1; please keep this line)")
    with pytest.raises(ReviewError, match="older than the store"):
        desk.push(4)
    desk.pull()
    assert (
        desk.project.description == f"Of us.\n(msa-loop step 3 of store {identity(desk.store)}; please keep this line)"
    )
