"""The rounds of a store whose truth is known: what was wrong in each training set, how good each model is, and why."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from planted_dump import Planted

from msa_core.metrics import figures
from warehouse import Moment, Store

MODELS = (
    "select p.model_id, p.verdict, p.decided_by, p.why, p.n_test_reads, m.snapshot_id, m.labels from promotions p "
    "join models m using (model_id) order by p.decided_at"
)
LEARNED = "select post_id, label, label_origin from snapshots where snapshot_id = $snapshot_id"
TEST = (
    "select p.post_id, p.probs from predictions p join splits s using (post_id) "
    "where p.model_id = $model_id and s.split = 'test' order by p.post_id"
)
VALIDATION = (
    "select value, low, high from evaluations where model_id = $model_id and split = 'val' and name = 'weighted_f1'"
)


@dataclass(frozen=True, slots=True)
class Round:
    """A model and what it learned from; `n_reviewed`: labels that reviewers gave. `f1`: weighted F1 on the clean test
    posts with its 95 % interval; `val_f1`: on validation posts, some of whose labels are wrong.
    """

    number: int
    model_id: str
    n_learned: int
    n_reviewed: int
    n_wrong: int
    f1: tuple[float, float, float]
    val_f1: tuple[float, float, float]
    n_test: int
    verdict: str
    why: str


def rounds_of(store: Store, dump: Planted) -> list[Round]:
    """In the order of the decisions."""
    with store.moment() as moment:
        return [_round(moment, dump, number, row) for number, row in enumerate(moment.table(MODELS).to_pylist())]


def _round(moment: Moment, dump: Planted, number: int, row: dict[str, str]) -> Round:
    learned = moment.table(LEARNED, snapshot_id=row["snapshot_id"]).to_pylist()
    n_wrong = sum(dump.truth[each["post_id"]] != each["label"] for each in learned)
    said = moment.table(TEST, model_id=row["model_id"]).to_pylist()
    truth = np.array([row["labels"].index(dump.truth[each["post_id"]]) for each in said])
    probs = np.array([each["probs"] for each in said])
    found = next(each for each in figures(truth, probs, tuple(row["labels"]), seed=0) if each.name == "weighted_f1")
    val = moment.table(VALIDATION, model_id=row["model_id"]).to_pylist()
    val_f1 = tuple(val[0].values()) if val else (float("nan"),) * 3
    f1 = (found.value, found.low, found.high)
    n_reviewed = sum(each["label_origin"] == "review" for each in learned)
    counts = len(learned), n_reviewed, n_wrong
    return Round(number, row["model_id"], *counts, f1, val_f1, len(said), row["verdict"], row["why"])


def table(rounds: Sequence[Round]) -> Iterator[str]:
    """Two lines a round."""
    yield "round  reviewed  wrong labels     weighted F1 on test          on validation, then the gate's word"
    for each in rounds:
        wrong = f"{each.n_wrong:4} of {each.n_learned}"
        yield f"{each.number:5}  {each.n_reviewed:8}  {wrong:14}  {_words(each.f1)}  {_words(each.val_f1)}"
        yield f"       {each.verdict}: {each.why}"


def _words(figure: tuple[float, ...]) -> str:
    value, low, high = figure
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def draw(rounds: Sequence[Round], path: Path) -> None:
    """One page: weighted F1 with intervals and verdicts above, wrong labels that are left below."""
    page = Figure(figsize=(9, 6.5), layout="constrained")
    upper, lower = page.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    numbers = [each.number for each in rounds]
    value, low, high = (np.array([each.f1[place] for each in rounds]) for place in range(3))
    upper.errorbar(numbers, value, (value - low, high - value), fmt="o", color="#3b6ea5", capsize=4)
    for each in rounds:
        upper.annotate(each.verdict, (each.number, each.f1[2]), ha="center", xytext=(0, 6), textcoords="offset points")
    upper.set_ylabel(f"weighted F1, clean test, n = {rounds[0].n_test}")
    upper.set_title("Rounds of review and retraining (95 % bootstrap intervals)")
    upper.margins(y=0.15)
    lower.bar(numbers, [each.n_wrong for each in rounds], color="#b5652b", width=0.5)
    lower.set_ylabel("wrong labels\nin the training set")
    lower.set_xlabel("round")
    lower.set_xticks(numbers)
    page.savefig(path, dpi=110)
