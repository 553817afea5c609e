"""The pictures of the page. C classes stand in one order and one colour everywhere."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from msa_core.page.colours import INK, LIGHT, MIST, QUIET, RULE, UNLABELLED, colour_of
from msa_core.page.contents import Chart
from msa_core.page.drawing import draw, draw_figure, short

Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A curve: `is_main` for the model itself, false for its folds."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    is_main: bool


@dataclass(frozen=True, slots=True)
class Whisker:
    """A figure with its interval, whose ends may be unknown."""

    name: str
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Bin:
    """One bin of confidences: its posts, their mean confidence and the share that is right."""

    low: float
    high: float
    n: int
    confidence: float
    accuracy: float


def _ink(label: str, labels: Labels) -> str:
    if label == UNLABELLED:
        return MIST
    return LIGHT[colour_of(label, labels)]


def stacked(slug: str, title: str, counts: Mapping[str, Mapping[str, int]], labels: Labels) -> Chart:
    """One row a group (policy, split …), one part a label, its count written where it fits."""
    groups = list(counts)
    widest = max((sum(row.values()) for row in counts.values()), default=0)

    def paint(axes: Axes) -> None:
        left = np.zeros(len(groups))
        for label in labels:
            n = np.array([counts[group].get(label, 0) for group in groups])
            bars = axes.barh([short(group) for group in groups], n, 0.62, left=left, color=_ink(label, labels))
            texts = [f"{count:,}" if count > 0.09 * widest else "" for count in n]
            axes.bar_label(
                bars, texts, label_type="center", color=INK if label == UNLABELLED else "white", fontsize=9.5
            )
            left += n
        axes.invert_yaxis()
        axes.xaxis.set_visible(False)
        axes.spines[["bottom", "left"]].set_visible(False)
        _legend_of(axes, labels)

    words = "; ".join(
        f"{group}: " + ", ".join(f"{n:,} {label}" for label, n in counts[group].items()) for group in groups
    )
    return draw(slug, title, words, paint, inches=(5.2, 0.9 + 0.42 * max(1, len(groups))))


def _legend_of(axes: Axes, labels: Labels) -> None:
    marks = [axes.plot([], [], "s", color=_ink(label, labels), label=short(label))[0] for label in labels]
    axes.legend(
        handles=marks, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=min(4, len(marks)), handletextpad=0.1,
        columnspacing=1.2, labelcolor=QUIET,
    )  # fmt: skip


def matrix(slug: str, title: str, counts: np.ndarray, labels: Labels, *, sides: tuple[str, str]) -> Chart:
    """Counts (C, C) and their share of the row; the diagonal in blue, what lies beside it in vermillion."""
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    rows, columns = sides

    def paint(axes: Axes) -> None:
        for (row, column), share in np.ndenumerate(shares):
            colour = LIGHT["blue" if row == column else "vermillion"]
            axes.bar(column, 0.94, 0.94, row - 0.47, color=colour, alpha=float(0.06 + 0.44 * share))
            axes.text(column, row - 0.06, f"{counts[row, column]:,}", ha="center", va="center", color=INK, fontsize=12)
            axes.text(column, row + 0.24, f"{share:.0%}", ha="center", va="center", color=QUIET, fontsize=9)
        names = [short(label, 12) for label in labels]
        axes.set_xticks(range(len(labels)), names)
        axes.set_yticks(range(len(labels)), names)
        axes.set(xlabel=columns, ylabel=rows, xlim=(-0.5, len(labels) - 0.5), ylim=(len(labels) - 0.5, -0.5))
        axes.spines[["left", "bottom"]].set_visible(False)

    cells = [f"{a} as {b}: {counts[i, j]:,}" for i, a in enumerate(labels) for j, b in enumerate(labels)]
    return draw(
        slug, title, f"{rows} by {columns}. " + "; ".join(cells), paint, inches=(5.2, 0.9 + min(9, len(labels)))
    )


def curve(slug: str, title: str, lines: Sequence[Line]) -> Chart:
    """One figure over the epochs, a dot each: the model itself drawn thick, its folds thin."""

    def paint(axes: Axes) -> None:
        for line in sorted(lines, key=lambda line: line.is_main):
            colour, width, alpha = (LIGHT["blue"], 2.2, 1.0) if line.is_main else (LIGHT["slate"], 1.0, 0.6)
            axes.plot(line.x, line.y, "o-", color=colour, linewidth=width, markersize=2 * width, alpha=alpha)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True, min_n_ticks=1))
        axes.set_xlabel("epoch")
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)

    told = {line.name: [f"{value:.3f}" for value in line.y] for line in lines}
    words = "; ".join(f"{name}: {' to '.join(dict.fromkeys((y[0], y[-1])))}" for name, y in told.items())
    return draw(slug, title, words, paint, inches=(5.2, 2.2))


def per_label(slug: str, title: str, figures: Mapping[str, Mapping[str, Whisker]], labels: Labels) -> Chart:
    """Groups of bars (precision, recall, F1), one bar a label, with intervals where they are known."""
    groups = list(figures)
    width = 0.8 / max(1, len(labels))

    def paint(axes: Axes) -> None:
        for place, label in enumerate(labels):
            found = [figures[group][label] for group in groups]
            x = np.arange(len(groups)) + (place - (len(labels) - 1) / 2) * width
            axes.bar(x, [f.value for f in found], width * 0.9, color=_ink(label, labels), alpha=0.9)
            for at, f in zip(x, found, strict=True):
                if f.low is not None and f.high is not None:
                    axes.plot([at, at], [f.low, f.high], color=INK, linewidth=1.1)
        axes.set_xticks(range(len(groups)), [group.replace("f1", "F1") for group in groups])
        axes.set_ylim(0, 1)
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        _legend_of(axes, labels)

    words = "; ".join(f"{g} of {label}: {figures[g][label].value:.3f}" for g in groups for label in labels)
    return draw(slug, title, words, paint, inches=(5.2, 3.3))


def reliability(slug: str, title: str, bins: Sequence[Bin]) -> Chart:
    """Share that is right against mean confidence, bin by bin; below it where the posts are. The diagonal is honest."""
    filled = [one for one in bins if one.n]

    def fill(figure: Figure) -> None:
        above, below = figure.subplots(2, 1, height_ratios=[4, 1], sharex=True)
        above.plot([0, 1], [0, 1], color=QUIET, linewidth=1, dashes=(4, 3))
        for one in filled:
            above.plot(
                [one.confidence] * 2,
                [one.confidence, one.accuracy],
                color=LIGHT["vermillion"],
                linewidth=2.4,
                alpha=0.45,
            )
        above.plot(
            [one.confidence for one in filled], [one.accuracy for one in filled], "o", color=LIGHT["blue"], markersize=6
        )
        above.set(ylim=(0, 1.02), xlim=(0, 1.02), ylabel="share that is right")
        middles = [(one.low + one.high) / 2 for one in bins]
        below.bar(middles, [one.n for one in bins], [0.9 * (one.high - one.low) for one in bins], color=LIGHT["slate"])
        below.set(xlabel="confidence", ylabel="posts")
        above.grid(color=RULE)

    words = "; ".join(f"confidence {one.confidence:.2f}: {one.accuracy:.2f} right of {one.n}" for one in filled)
    return draw_figure(slug, title, words, fill, inches=(5.2, 4.2))


def whiskers(slug: str, title: str, groups: Mapping[str, Sequence[Whisker]]) -> Chart:
    """Figures in [0, 1] as dots with their intervals: one row a figure, one colour a group."""
    names = list(dict.fromkeys(one.name for group in groups.values() for one in group))
    colours = dict(
        zip(groups, itertools.cycle((LIGHT["blue"], LIGHT["slate"], *list(LIGHT.values())[3:])), strict=False)
    )
    step = 0.6 / max(1, len(groups))

    def paint(axes: Axes) -> None:
        for place, (group, found) in enumerate(groups.items()):
            for one in found:
                y = names.index(one.name) + (place - (len(groups) - 1) / 2) * step
                if one.low is not None and one.high is not None:
                    axes.plot([one.low, one.high], [y, y], color=colours[group], linewidth=2, alpha=0.5)
                axes.plot([one.value], [y], "o", color=colours[group], markersize=6)
        axes.set_yticks(range(len(names)), names)
        axes.set(xlim=(0, 1), ylim=(len(names) - 0.5, -0.5))
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        marks = [axes.plot([], [], "o", color=colours[group], label=short(group, 30))[0] for group in groups]
        axes.legend(handles=marks, loc="lower left", bbox_to_anchor=(0, 1), handletextpad=0.1, labelcolor=QUIET)

    words = "; ".join(f"{group} {one.name}: {one.value:.3f}" for group in groups for one in groups[group])
    return draw(
        slug, title, words, paint, inches=(5.2, 0.6 + 0.2 * len(groups) + (0.25 + 0.2 * len(groups)) * len(names))
    )
