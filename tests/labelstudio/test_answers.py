"""What the server says is checked before it is taken: it accepts anything, the store does not."""

from datetime import UTC, datetime
from typing import Any

import pytest

from labelstudio.answers import Reader, Said, Unreadable
from labelstudio.errors import ReviewError
from labelstudio.listing import ServerAnswer, ServerTask, tasks_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
READER = Reader(("negative", "neutral", "positive"))


def choice(name: str, *choices: str, **more: Any) -> dict[str, Any]:
    return {"from_name": name, "to_name": "post", "type": "choices", "value": {"choices": list(choices)}, **more}


def read(
    *regions: dict[str, Any], is_skipped: bool = False, post_id: str | None = "a:1", reader: Reader = READER
) -> list[Said | Unreadable]:
    answer = ServerAnswer(5, 3, regions, is_skipped, 2.5, NOON)
    task = ServerTask(9, post_id, "0001", "clara-1", NOON, NOON, (answer,), {})
    return list(reader.read(task, {"a:1": None, "a:2": "test-post", "a:3": "other-task"}))


def test_a_label_for_the_pair_and_one_for_a_modality_are_two_answers():
    found = read(choice("both", "positive"), choice("image", "neutral"))
    assert [(each.modality, each.label, each.status) for each in found] == [
        ("both", "positive", "given"),
        ("image", "neutral", "given"),
    ]
    assert {each.annotator for each in found} == {"label-studio:3"}
    assert {each.model_id_shown for each in found} == {"clara-1"}


@pytest.mark.parametrize(
    ("words", "status"), [("cannot tell", "unsure"), ("text and image conflict", "conflict"), ("broken post", "broken")]
)
def test_what_is_no_label_is_a_status(words: str, status: str):
    (found,) = read(choice("both", words))
    assert (found.label, found.status) == (None, status)


def test_a_skipped_task_is_an_answer_without_a_label():
    (found,) = read(is_skipped=True)
    assert (found.label, found.status) == (None, "skipped")


def test_a_comment_goes_with_the_pair():
    comment = {"from_name": "comment", "to_name": "post", "type": "textarea", "value": {"text": ["irony", "I think"]}}
    (found,) = read(choice("both", "negative"), comment)
    assert found.comment == "irony\nI think"


@pytest.mark.parametrize(
    ("reason", "regions"),
    [
        ("unknown-choice", [choice("both", "joyful")]),
        ("unknown-choice", [choice("both", "positive"), choice("text", "cannot tell")]),
        ("unknown-field", [choice("both", "positive"), choice("mood", "positive")]),
        ("nothing-on-the-pair", [choice("text", "positive")]),
        ("nothing-on-the-pair", []),
        ("several-choices", [choice("both", "positive", "negative")]),
        ("several-choices", [choice("both", "positive"), choice("both", "negative")]),
        ("no-choice", [choice("both")]),
        ("no-choice", [{"from_name": "both", "value": None}]),
        ("unknown-choice", [{"from_name": "both", "value": {"choices": [{"a": 1}]}}]),
        ("unknown-field", [{"from_name": ["both"]}]),
    ],
)
def test_an_answer_that_cannot_be_read_is_refused_with_its_reason(reason: str, regions: list[dict[str, Any]]):
    (found,) = read(*regions)
    assert isinstance(found, Unreadable)
    assert (found.reason, found.server_id) == (reason, 5)


@pytest.mark.parametrize(
    ("post_id", "reason"),
    [
        (None, "task-without-post"),
        ("", "task-without-post"),
        ("b:2", "unknown-post"),
        ("a:2", "test-post"),
        ("a:3", "other-task"),
    ],
)
def test_an_answer_about_no_post_that_reviewers_are_asked_about_is_refused(post_id: str | None, reason: str):
    (found,) = read(choice("both", "positive"), post_id=post_id)
    assert isinstance(found, Unreadable)
    assert found.reason == reason


def test_a_simulated_answer_is_never_taken_for_a_persons():
    (found,) = read(choice("both", "positive", meta={"simulated": "one"}))
    assert (found.annotator, found.origin) == ("simulated:one", "simulated")


@pytest.mark.parametrize(("number", "score", "reason"), [(1.5, 1.5, None), (7, None, "score-out-of-range")])
def test_a_regression_takes_a_number_in_its_range(number: float, score: float | None, reason: str | None):
    region = {"from_name": "score", "to_name": "post", "type": "number", "value": {"number": number}}
    (found,) = read(region, reader=Reader((), -3.0, 3.0))
    assert getattr(found, "score", None) == score
    assert getattr(found, "reason", None) == reason


@pytest.mark.parametrize("text", ["", "[1]", '[{"id": 1}]', "<html>", '[{"id": "x", "updated_at": 3}]'])
def test_a_file_that_is_no_export_is_refused_with_the_remedy(text: str):
    with pytest.raises(ReviewError, match="JSON export"):
        tasks_of(text.encode())


def test_a_time_of_a_file_that_names_no_zone_is_utc():
    born = b'"created_at": "2026-01-01T12:00:00", "updated_at": "2026-01-01T13:00:00+01:00"'
    (task,) = tasks_of(b'[{"id": 1, "data": {}, "annotations": [], ' + born + b"}]")
    assert task.created_at == task.updated_at == NOON
