"""Answers through time: new, corrected, withdrawn, and what a server forgot."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from labelstudio.answers import Said
from labelstudio.changes import Changes, changes
from labelstudio.listing import ServerTask
from msa_core.records import Annotation

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SAID = Said(
    post_id="mvsa:1",
    annotator="label-studio:1",
    modality="both",
    label="positive",
    score=None,
    status="given",
    comment=None,
    origin="label-studio",
    model_id_shown=None,
    lead_time_s=3.0,
    annotated_at=NOON,
    task_id=10,
    server_id=100,
)


def compare(
    said: list[Said],
    standing: list[Annotation],
    *,
    tasks: tuple[int, ...] = (10,),
    lost: list[Annotation] | None = None,
    is_older: bool = False,
    born: datetime = NOON,
) -> Changes:
    read = {task: ServerTask(task, "mvsa:1", "0001", None, born, NOON + timedelta(hours=1), (), {}) for task in tasks}
    return changes(
        said, standing, project="p", tasks=read, lost=lost or [], absence="lost" if is_older else "withdrawn"
    )


def taken(*said: Said) -> list[Annotation]:
    return list(compare(list(said), []).annotations)


def test_the_same_answer_is_taken_once():
    assert compare([SAID], taken(SAID)).annotations == ()


def test_a_correction_is_a_new_row_that_names_the_old_one():
    (old,) = taken(SAID)
    found = compare([replace(SAID, label="negative")], [old])
    (new,) = found.annotations
    assert (new.label, new.supersedes) == ("negative", old.annotation_id)
    assert (found.n_new, found.n_changed) == (0, 1)


def test_an_answer_that_is_corrected_back_is_a_third_row():
    (first,) = taken(SAID)
    (second,) = compare([replace(SAID, label="negative")], [first]).annotations
    (third,) = compare([SAID], [second]).annotations
    assert len({first.annotation_id, second.annotation_id, third.annotation_id}) == 3


def test_an_answer_that_is_gone_from_its_task_is_withdrawn_once():
    (old,) = taken(SAID)
    (gone,) = compare([], [old]).annotations
    assert (gone.status, gone.label, gone.supersedes) == ("deleted", None, old.annotation_id)
    assert compare([], [gone]).annotations == ()


def test_an_answer_whose_task_was_not_read_stands():
    assert compare([], taken(SAID), tasks=(11,)).annotations == ()


def test_a_server_with_older_data_withdraws_nothing():
    old = taken(SAID)
    found = compare([], old, is_older=True)
    assert (found.annotations, found.kept) == ((), tuple(old))


def test_two_answers_of_one_person_on_one_post_are_two_rows_even_where_they_agree():
    found = compare([SAID, replace(SAID, server_id=101)], [])
    assert len({row.annotation_id for row in found.annotations}) == 2


def test_ids_hold_nothing_of_the_server():
    elsewhere = replace(SAID, task_id=77, server_id=7, lead_time_s=1.0, annotated_at=NOON + timedelta(days=1))
    assert [row.annotation_id for row in taken(SAID)] == [row.annotation_id for row in taken(elsewhere)]


def test_a_modality_that_a_correction_leaves_out_is_withdrawn_alone():
    standing = taken(SAID, replace(SAID, modality="text"))
    found = compare([SAID], standing)
    assert [(row.modality, row.status) for row in found.annotations] == [("text", "deleted")]


def test_a_new_task_under_the_id_of_a_deleted_one_withdraws_nothing():
    assert compare([], taken(SAID), born=NOON + timedelta(minutes=1)).annotations == ()


def test_an_older_state_of_an_answer_corrects_nothing():
    (old,) = taken(SAID)
    before = replace(SAID, label="negative", annotated_at=NOON - timedelta(hours=1))
    assert compare([before], [old]).annotations == ()


def test_a_part_of_the_answers_withdraws_nothing():
    task = ServerTask(10, "mvsa:1", "0001", None, NOON, NOON, (), {})
    assert changes([], taken(SAID), project="p", tasks={10: task}, absence="untold").annotations == ()


LATER = NOON + timedelta(hours=1)


@pytest.mark.parametrize("server_id", [100, 101])
@pytest.mark.parametrize("label", ["positive", "negative"])
def test_what_the_server_lost_and_a_person_says_again_is_taken_once_and_can_be_withdrawn(server_id: int, label: str):
    (lost,) = taken(SAID)
    again = replace(SAID, server_id=server_id, label=label, annotated_at=LATER)
    found = compare([again], [], lost=[lost])
    (back,) = found.annotations
    assert (back.supersedes, found.n_new, found.n_changed) == (lost.annotation_id, 0, 1)
    assert back.annotation_id != lost.annotation_id
    assert compare([again], [back]).annotations == ()
    (gone,) = compare([], [back]).annotations
    assert (gone.status, gone.supersedes) == ("deleted", back.annotation_id)


def test_an_answer_that_is_said_again_before_the_loss_is_seen_is_not_kept_beside_it():
    (lost,) = taken(SAID)
    found = compare([replace(SAID, server_id=101, annotated_at=LATER)], [lost], is_older=True)
    assert ([row.supersedes for row in found.annotations], found.kept) == ([lost.annotation_id], ())


def test_a_lost_answer_that_nobody_says_again_is_left_as_it_is():
    lost = taken(SAID)
    of_ben = replace(SAID, server_id=101, annotator="label-studio:2", annotated_at=LATER)
    assert compare([], [], lost=lost).annotations == ()
    assert [row.supersedes for row in compare([of_ben], [], lost=lost).annotations] == [None]


def test_an_answer_from_before_the_lost_one_is_another():
    before = replace(SAID, server_id=99, annotated_at=NOON - timedelta(hours=1))
    (row,) = compare([before], [], lost=taken(SAID)).annotations
    assert (row.supersedes, row.annotation_id in {each.annotation_id for each in taken(SAID)}) == (None, False)


def test_two_answers_that_come_back_bring_back_one_each_and_a_third_is_new():
    lost = taken(SAID, replace(SAID, server_id=101))
    now = [replace(SAID, server_id=number, annotated_at=LATER) for number in (101, 102, 103)]
    found = compare(now, [], lost=lost)
    assert (found.n_new, found.n_changed) == (1, 2)
    assert len({row.annotation_id for row in [*found.annotations, *lost]}) == 5
    assert compare(now, list(found.annotations)).annotations == ()
