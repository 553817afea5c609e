"""The section on reviews: how far the rounds are, who judged and how alike, and which labels it changed."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from msa_core.page.charts import matrix
from msa_core.page.contents import Chart, Section, Table
from msa_core.page.data_sections import rows_of

ROUND = ("project", "round", "n_posts", "n_done", "n_open", "agreement", "lead_time_s")
ROUND_HEADS = ("project", "round", "posts", "judged", "open", "agreement", "seconds a label")
PERSON = ("annotator", "n_answers", "n_labels", "n_skipped", "n_without_label", "agreement", "accuracy", "lead_time_s")
PERSON_HEADS = (
    "reviewer",
    "answers",
    "labels",
    "skipped",
    "no label",
    "agreement",
    "right if known",
    "seconds a label",
)


def reviewed(rounds: pa.Table, reviewers: pa.Table, changes: pa.Table, labels: tuple[str, ...]) -> tuple[Section, ...]:
    """`rounds` and `reviewers` of one task, and `review_changes` counted by `given_label` and `label`; nothing where
    nothing was pushed. Reviewers go by their ids, since a page travels further than a store.
    """
    if not rounds.num_rows:
        return ()
    n_open, n_answers = (
        pc.sum(table[name]).as_py() or 0 for table, name in ((rounds, "n_open"), (reviewers, "n_answers"))
    )
    asked = f"{_n(n_answers, 'answer')} of {_n(reviewers.num_rows, 'reviewer')} in {_n(rounds.num_rows, 'round')}"
    found = list(rows_of(changes, "given_label", "label", "n"))
    tables = [Table("Rounds", ROUND_HEADS, _seconds(rounds, ROUND), n_names=2)]
    if reviewers.num_rows:
        tables.append(Table("Reviewers", PERSON_HEADS, _seconds(reviewers, PERSON)))
    lead = f"{asked}; {_n(n_open, 'post')} still open. {_changed(found)}".strip()
    return (Section("reviews", "Reviews", lead, _moves(found, labels), tuple(tables)),)


def _n(n: int, what: str) -> str:
    return f"{n:,} {what}" if n == 1 else f"{n:,} {what}s"


def _seconds(table: pa.Table, columns: tuple[str, ...]) -> tuple[tuple, ...]:
    """The rows, whose last column is a time: to a tenth."""
    return tuple((*row, None if last is None else f"{last:.1f}") for *row, last in rows_of(table, *columns))


def _changed(found: list[tuple]) -> str:
    """What the reviews did to the labels."""
    if not found:
        return ""
    n = sum(row[2] for row in found)
    n_new = sum(row[2] for row in found if row[0] is None)
    n_kept = sum(row[2] for row in found if row[0] == row[1])
    return (
        f"Reviewers decide the label of {_n(n, 'post')}: {n - n_new - n_kept:,} changed, {n_kept:,} confirmed, "
        f"{n_new:,} had none before."
    )


def _moves(found: list[tuple], labels: tuple[str, ...]) -> tuple[Chart, ...]:
    """Labels before and after, where there was one before."""
    kept = [row for row in found if {row[0], row[1]} <= {*labels}]
    if not kept:
        return ()
    counts = np.zeros((len(labels), len(labels)), dtype=int)
    for before, after, n in kept:
        counts[labels.index(before), labels.index(after)] += n
    sides = ("the dump's label", "the reviewers' label")
    return (matrix("review-changes", "Labels before and after review", counts, labels, sides=sides),)
