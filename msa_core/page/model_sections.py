"""The sections on a model: how it trained, and what it gets right on the validation posts, which chose its epoch."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from msa_core.metrics import N_BINS, bins_of, confusion, expected_calibration_error, ratios
from msa_core.page.charts import Bin, Line, Whisker, curve, matrix, per_label, reliability, whiskers
from msa_core.page.contents import Cell, Chart, Missing, Section, Table
from msa_core.page.data_sections import rows_of
from msa_core.page.page import percent

TRAIN = Missing("No model has been trained on this task.", "msa train clara --towers tiny")
SCORE = Missing("The model has not scored the labelled validation posts.", "msa score")
EVALUATE = Missing("The figures have no intervals yet.", "msa evaluate")
PANELS = {
    "loss": "Loss, train",
    "val_loss": "Loss, validation",
    "val_weighted_f1": "Weighted F1, validation",
    "val_accuracy": "Accuracy, validation",
}
WHOLE = {"accuracy": "accuracy", "weighted_f1": "weighted F1", "macro_f1": "macro F1", "ece": "ECE"}
PER_LABEL = ("precision", "recall", "f1")
MUTE = " Where training texts share no letters, tfidf-lr says the commonest label."
SPLITS = {"val": "validation", "test": "test", "folds": "folds"}


def trained(points: pa.Table, model_id: str | None) -> Section:
    """`curves` of one model: the panels that are known, else the first four names."""
    title, slug = "Training", "training"
    if model_id is None:
        return Section(slug, title, missing=(TRAIN,))
    lines: dict[str, dict[int, list[tuple[int, float]]]] = {}
    for name, fold, epoch, value in rows_of(points, "name", "fold", "epoch", "value"):
        lines.setdefault(name, {}).setdefault(-1 if fold is None else fold, []).append((epoch, value))
    names = [name for name in PANELS if name in lines] or sorted(lines)[:4]
    if not names:
        return Section(slug, title, "This model came without curves.")
    panels = {name: [_line(fold, found) for fold, found in sorted(lines[name].items())] for name in names}
    n_folds = max(sum(not line.is_main for line in panel) for panel in panels.values())
    n_epochs = max(len(line.x) for panel in panels.values() for line in panel if line.is_main)
    drawn = "1 epoch: the thick dot." if n_epochs == 1 else f"{n_epochs} epochs: the thick line."
    lead = f"{model_id}, {drawn}" + (f" Thin: its {n_folds} fold models." if n_folds else "")
    charts = (
        curve(f"curve-{place}", PANELS.get(name, name.replace("_", " ")), panel)
        for place, (name, panel) in enumerate(panels.items(), start=1)
    )
    return Section(slug, title, lead, tuple(charts))


def _line(fold: int, points: list[tuple[int, float]]) -> Line:
    x, y = zip(*sorted(points), strict=True)
    return Line("model" if fold < 0 else f"fold {fold}", x, y, is_main=fold < 0)


def judged(predictions: pa.Table, evaluations: pa.Table, labels: tuple[str, ...], model_id: str | None) -> Section:
    """`validation_predictions` of one model, and the stored `evaluations` of it and of the baselines beside it."""
    title, slug = "Validation", "validation"
    if model_id is None:
        return Section(slug, title, missing=(TRAIN,))
    charts, tables, lead, missing = _stored(evaluations, model_id)
    if not predictions.num_rows:
        return Section(slug, title, lead, charts, tables, missing=(SCORE, *missing) if missing else ())
    index = {label: place for place, label in enumerate(labels)}
    truth = np.array([index[label] for label in predictions["label"].to_pylist()])
    probs = np.array(predictions["probs"].to_pylist(), dtype=np.float64)
    known = {row[:2]: Whisker(*row[:1], *row[2:]) for row in _of(evaluations, model_id, "val")}
    drawn = (*charts, *_mistakes(truth, probs, labels, known), _calibration(truth, probs))
    majority = np.bincount(truth, minlength=len(labels)).max() / len(truth)
    posts = (
        f"{len(truth):,} labelled posts, not trained on, though they chose the epoch. "
        f"The commonest label is right in {percent(majority)}."
    )
    return Section(slug, title, f"{posts} {lead}".strip(), drawn, tables, missing=missing)


def _of(evaluations: pa.Table, model_id: str, split: str) -> list[tuple]:
    rows = rows_of(evaluations, "name", "label", "value", "low", "high", "model_id", "split")
    return [row[:5] for row in rows if row[5] == model_id and row[6] == split]


def _stored(
    evaluations: pa.Table, model_id: str
) -> tuple[tuple[Chart, ...], tuple[Table, ...], str, tuple[Missing, ...]]:
    """Whole figures with intervals, as they stand in the store: never computed here, so no test score is read."""
    groups: dict[tuple[str, str], list[Whisker]] = {}
    rows: list[tuple[Cell, ...]] = []
    found = rows_of(evaluations, "model_id", "split", "name", "label", "value", "low", "high", "n")
    order = {name: place for place, name in enumerate(WHOLE)}
    kept = [row for row in found if row[3] is None and row[2] in order]
    for model, split, name, _, value, low, high, n in sorted(
        kept, key=lambda r: (r[0] != model_id, r[0], r[1], order[r[2]])
    ):
        who, words = "this model" if model == model_id else model.removesuffix(f"@{model_id}"), WHOLE[name]
        groups.setdefault((who, SPLITS.get(split, split)), []).append(Whisker(words, value, low, high))
        between = "" if low is None or high is None else f"{low:.3f} to {high:.3f}"
        rows.append((who, SPLITS.get(split, split), words, value, between, n))
    if not rows:
        return (), (), "", (EVALUATE,)
    heads = ("of", "split", "figure", "value", "95 % interval", "posts")
    is_mute = any(found == groups.get(("majority", split)) for (of, split), found in groups.items() if of == "tfidf-lr")
    lead = "Intervals are bootstrap percentiles." + (MUTE if is_mute else "")
    named = {f"{of}, {split}": found for (of, split), found in groups.items()}
    chart = whiskers("figures", "Figures with 95 % intervals", named)
    return (chart,), (Table("Figures", heads, tuple(rows), n_names=3),), lead, ()


def _mistakes(
    truth: NDArray[np.int64], probs: NDArray[np.float64], labels: tuple[str, ...], known: dict[tuple, Whisker]
) -> tuple[Chart, Chart]:
    """The confusion matrix, and precision, recall and F1 of each label, with intervals where they are stored."""
    counts = confusion(truth, probs.argmax(1), len(labels))
    sides = ("given label", "predicted")
    pictured = matrix("confusion", "Given against predicted", counts.astype(int), labels, sides=sides)
    found = ratios(counts)
    figures = {
        name: {
            label: known.get((name, label), Whisker(name, float(getattr(found, name)[place]), None, None))
            for place, label in enumerate(labels)
        }
        for name in PER_LABEL
    }
    return pictured, per_label("per-label", "Each label", figures, labels)


def _calibration(truth: NDArray[np.int64], probs: NDArray[np.float64]) -> Chart:
    """Whether a confidence of 0.8 is right in 0.8 of the posts."""
    confidence, is_right = probs.max(1), (probs.argmax(1) == truth).astype(np.float64)
    error = expected_calibration_error(confidence, is_right)
    return reliability("reliability", f"Confidence against truth, ECE {error:.3f}", filled_bins(confidence, is_right))


def filled_bins(confidence: NDArray[np.float64], is_right: NDArray[np.float64], n_bins: int = N_BINS) -> Sequence[Bin]:
    """Bins of equal width, open below and closed above, as in the expected calibration error; both (N,)."""
    place = bins_of(confidence, n_bins)
    n = np.bincount(place, minlength=n_bins)
    sure = np.bincount(place, confidence, minlength=n_bins) / np.maximum(n, 1)
    right = np.bincount(place, is_right, minlength=n_bins) / np.maximum(n, 1)
    return [Bin(i / n_bins, (i + 1) / n_bins, int(n[i]), float(sure[i]), float(right[i])) for i in range(n_bins)]
