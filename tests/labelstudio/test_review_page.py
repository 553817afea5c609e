"""The report tells of reviews where there were any, from the views alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.audit import audit
from flows.report import report
from msa_core.records import Annotation, ReviewTask
from tests.flows.filled_store import filled
from warehouse import Store

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SAID = [("hand:00", "ann", "positive"), ("hand:00", "ben", "positive"), ("hand:01", "ann", "neutral")]
REVIEWERS = "select annotator, task, n_labels, agreement, lead_time_s from reviewers order by annotator"


def a_task(post_id: str) -> ReviewTask:
    return ReviewTask(post_id, "msa-sentiment", "0001", 1, ("entropy",), 0.5, 1, None, None, None, NOON)


def an_answer(post_id: str, annotator: str, label: str) -> Annotation:
    known = ("label-studio", None, 6.0, NOON, "msa-sentiment", 1, 1, None)
    return Annotation(
        f"annotation-{annotator}-{post_id}", post_id, annotator, "both", label, None, "given", None, *known
    )


@pytest.fixture
def reviewed(tmp_path: Path) -> Store:
    """Three posts are out, and two are judged: one by two people, against the dump, one by one person."""
    store = filled(tmp_path / "store")
    asked = {"project": "msa-sentiment", "task": "sentiment"}
    for verb in ("review-push", "review-pull"):
        run = store.begin(verb, parameters=asked, inputs=["by hand"], version=1)
        assert run is not None
        with run:
            if verb == "review-push":
                run.write("review_tasks", [a_task(f"hand:0{number}") for number in (0, 1, 3)])
            else:
                run.write("annotations", [an_answer(*each) for each in SAID])
    return store


def test_a_store_that_was_never_reviewed_has_no_section_on_it(tmp_path: Path):
    report(filled(tmp_path / "store"), output=tmp_path / "report.html")
    assert 'id="reviews"' not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_page_counts_answers_and_changed_labels(reviewed: Store, tmp_path: Path):
    for name in ("one", "two"):
        report(reviewed, output=tmp_path / f"{name}.html")
    text = (tmp_path / "one.html").read_text(encoding="utf-8")
    assert "3 answers of 2 reviewers in 1 round; 1 post still open." in text
    assert "Reviewers decide the label of 2 posts: 1 changed, 1 confirmed, 0 had none before." in text
    assert (tmp_path / "two.html").read_text(encoding="utf-8") == text


def test_agreement_is_measured_where_others_judged_too(reviewed: Store):
    with reviewed.moment() as moment:
        rows = [tuple(row.values()) for row in moment.table(REVIEWERS).to_pylist()]
    assert rows == [("ann", "sentiment", 2, 1.0, 6.0), ("ben", "sentiment", 1, 1.0, 6.0)]
    assert not [found for found in audit(reviewed) if found.n_broken]
