"""The section on reviews: absent where nobody was asked, and true to its views where somebody was."""

import pyarrow as pa

from msa_core.page.contents import Page
from msa_core.page.page import render
from msa_core.page.review_section import PERSON, ROUND, reviewed

LABELS = ("negative", "neutral", "positive")
ROUNDS = [("msa-sentiment", "0001", 4, 3, 1, 0.75, 8.04), ("msa-sentiment", "0002", 1, 0, 1, None, None)]
PEOPLE = [("simulated:one", 4, 3, 1, 0, None, 0.5, 8.04)]
CHANGES = [("negative", "positive", 2), ("neutral", "neutral", 1), (None, "neutral", 1)]


def a_table(columns: tuple[str, ...], rows: list[tuple]) -> pa.Table:
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(columns)})


def changes(rows: list[tuple]) -> pa.Table:
    return a_table(("given_label", "label", "n"), rows)


def test_where_nobody_was_asked_there_is_no_section():
    assert reviewed(a_table(ROUND, []), a_table(PERSON, []), changes([]), LABELS) == ()


def test_the_lead_counts_answers_and_labels():
    (section,) = reviewed(a_table(ROUND, ROUNDS), a_table(PERSON, PEOPLE), changes(CHANGES), LABELS)
    assert section.lead == (
        "4 answers of 1 reviewer in 2 rounds; 2 posts still open. "
        "Reviewers decide the label of 4 posts: 2 changed, 1 confirmed, 1 had none before."
    )
    assert "negative as positive: 2" in section.charts[0].description
    assert section.tables[0].rows[0] == ("msa-sentiment", "0001", 4, 3, 1, 0.75, "8.0")
    assert section.tables[1].rows == (("simulated:one", 4, 3, 1, 0, None, 0.5, "8.0"),)


def test_a_round_that_waits_for_its_first_answer_is_shown():
    (section,) = reviewed(a_table(ROUND, ROUNDS[1:]), a_table(PERSON, []), changes([]), LABELS)
    assert section.lead == "0 answers of 0 reviewers in 1 round; 1 post still open."
    assert [table.caption for table in section.tables] == ["Rounds"]
    assert section.charts == ()
    assert "0002" in render(Page("t", "s", (), (), (section,)))


def test_labels_beyond_the_tasks_own_are_counted_but_not_drawn():
    (section,) = reviewed(a_table(ROUND, ROUNDS), a_table(PERSON, PEOPLE), changes([("joyful", "neutral", 3)]), LABELS)
    assert "3 changed" in section.lead
    assert section.charts == ()
