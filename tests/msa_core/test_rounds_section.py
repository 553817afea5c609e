"""The section on progress: absent before the second round, and true to its views after it."""

from datetime import UTC, datetime

import pyarrow as pa

from msa_core.page.contents import Page
from msa_core.page.page import render
from msa_core.page.rounds_section import HEALTH, SHOWN, WORK, progressed

FIRST = (1, "clara-1", 0.601, 0.55, 0.65, "promoted", 100, 100, 0, 0, 0.0, None)
SECOND = (2, "clara-2", 0.642, 0.59, 0.69, "refused", 120, 20, 7, 24, 9.25, 0.5)
THIRD = (3, "clara-3", None, None, None, None, 120, 0, 0, 0, 0.0, None)
DAY = datetime(2026, 3, 4, 23, tzinfo=UTC)


def rounds(*rows: tuple, why: str = "") -> pa.Table:
    columns = (*SHOWN, *WORK)
    held = {name: [row[place] for row in rows] for place, name in enumerate(columns)}
    return pa.table(held | {"why": [why] * len(rows)})


def health(*rows: tuple) -> pa.Table:
    return pa.table({name: [row[place] for row in rows] for place, name in enumerate(HEALTH)})


def test_one_round_is_no_progress():
    assert progressed(rounds(), health()) == ()
    assert progressed(rounds(FIRST), health()) == ()


def test_the_lead_says_from_where_to_where_and_at_what_price():
    (section,) = progressed(rounds(FIRST, SECOND, why="not shown to be better"), health())
    assert section.lead == (
        "2 rounds, each ends with a trained model. Weighted F1 on validation went from 0.601 to 0.642. "
        "People judged 24 posts in 9 minutes, captions cost 0.50 US$. "
        "The last model was refused: not shown to be better"
    )
    assert section.charts[0].description == "round 1: 0.601, promoted; round 2: 0.642, refused"
    assert section.tables[0].rows[1] == (
        *("2", "clara-2", "0.642", "0.590 to 0.690", "refused"),
        *(120, 20, 7, 24, "9.2", "0.50"),
    )


def test_a_model_that_nobody_evaluated_is_in_the_table_and_not_in_the_chart():
    (section,) = progressed(rounds(FIRST, THIRD), health())
    assert section.charts[0].description == "round 1: 0.601, promoted"
    assert section.tables[0].rows[1][:5] == ("3", "clara-3", "", "", "")
    (section,) = progressed(rounds(THIRD, THIRD), health())
    assert section.charts == ()


def test_the_queue_is_told_by_dates_so_that_equal_stores_give_equal_pages():
    (section,) = progressed(rounds(FIRST, SECOND), health((7, 3, DAY, 8.04, 0.5, None)))
    assert section.tables[1].rows == ((7, 3, "2026-03-04", "8.04", "0.50", None),)
    page = Page("t", "s", (), (), (section,))
    assert "Progress over rounds" in render(page) == render(page)
