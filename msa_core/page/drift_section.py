"""The section on drift: new posts beside those that the model learned from, figure by figure."""

import numpy as np
import pyarrow as pa
from matplotlib.axes import Axes

from msa_core.page.colours import LIGHT, QUIET
from msa_core.page.contents import Chart, Section, Table
from msa_core.page.data_sections import rows_of
from msa_core.page.drawing import draw, short
from msa_core.page.page import percent

TITLES = {
    "labels": "Labels of the dump",
    "predicted": "What the model predicts",
    "confidence": "How sure the model is",
    "features": "How new a post looks to a classifier",
    "text-length": "Characters of a text",
    "language": "Language of a text",
    "encoding": "Codec of a text",
    "image-kind": "Kind of image",
    "image-pixels": "Pixels of an image",
    "image-shape": "Width of an image by its height",
}
MEASURES = {
    "total-variation": "share that would have to change",
    "kolmogorov-smirnov": "gap of the cumulative shares",
    "told-apart": "2 AUC - 1, old or new",
}
HEADS = ("figure", "measured as", "verdict", "effect", "matters from", "p (Holm)", "known posts", "new posts")
COLUMNS = ("name", "measure", "is_drifted", "effect", "threshold", "p_holm", "n_reference", "n_current")
SIDES = (("known", LIGHT["slate"]), ("new", LIGHT["blue"]))
MOST_NAMES = 8


def drifted(verdicts: pa.Table, figures: pa.Table) -> tuple[Section, ...]:
    """`latest_drift` of the model of the page, and its `drifts`; nothing where none was measured."""
    if not verdicts.num_rows:
        return ()
    (why, source) = rows_of(verdicts, "why", "source")[0]
    of = f" of {source}" if source else ""
    lead = f"New posts{of} beside those that the model learned from: {why}."
    rows = tuple(_row(row) for row in rows_of(figures, *COLUMNS))
    drawn = rows_of(figures, "name", "measure", "bins", "reference", "current")
    charts = tuple(_chart(name, measure, bins, [old, new]) for name, measure, bins, old, new in drawn if len(bins) > 1)
    return (Section("drift", "Drift", lead, charts, (Table("Old against new", HEADS, rows, n_names=3),)),)


def _row(row: tuple) -> tuple:
    name, measure, is_drifted, *figures, p_holm, n_reference, n_current = row
    chance = "< 0.001" if p_holm < 0.001 else f"{p_holm:.3f}"
    verdict = "drifted" if is_drifted else "alike"
    return (TITLES.get(name, name), MEASURES.get(measure, measure), verdict, *figures, chance, n_reference, n_current)


def _chart(name: str, measure: str, bins: list[str], sides: list[list[float]]) -> Chart:
    """Bars beside one another for names, commonest first; steps for numbers."""
    title, is_names = TITLES.get(name, name), measure == "total-variation"
    if is_names:
        order = np.argsort(-np.array(sides).max(axis=0), kind="stable")[:MOST_NAMES]
        bins, sides = [bins[place] for place in order], [[side[place] for place in order] for side in sides]

    def paint(axes: Axes) -> None:
        (_bars if is_names else _steps)(axes, bins, sides)
        axes.yaxis.set_major_formatter(lambda share, _: percent(share))
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, handlelength=1.2, labelcolor=QUIET)

    told = zip(bins, *sides, strict=True)
    words = "Known and new: " + "; ".join(f"{each} {percent(old)} and {percent(new)}" for each, old, new in told)
    return draw(f"drift-{name}", title, words, paint, inches=(5.2, 2.6))


def _bars(axes: Axes, names: list[str], sides: list[list[float]]) -> None:
    places = np.arange(len(names))
    for (side, colour), shares, shift in zip(SIDES, sides, (-0.2, 0.2), strict=True):
        axes.bar(places + shift, shares, 0.38, color=colour, label=side)
    axes.set_xticks(places, [short(name, 12) for name in names])


def _steps(axes: Axes, lows: list[str], sides: list[list[float]]) -> None:
    starts = np.array([float(low) for low in lows])
    edges = np.append(starts, 2 * starts[-1] - starts[-2])
    for (side, colour), shares in zip(SIDES, sides, strict=True):
        axes.stairs(shares, edges, color=colour, linewidth=2, label=side, fill=side == "known", alpha=0.75)
    axes.set_ylim(bottom=0)
