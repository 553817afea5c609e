"""A picture that stands alone, as PNG: for places that show an image and no page of ours."""

import io
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.figure import Figure

from msa_core.page.colours import LIGHT, QUIET

MOST = 24  # models that fit side by side


def progress_picture(rows: Sequence[tuple[str, float, float | None, float | None]], *, title: str) -> bytes:
    """Rows are (name, figure in [0, 1], low, high), oldest first; the last `MOST` of them are drawn."""
    shown = rows[-MOST:]
    figure = Figure(figsize=(7.2, 3.6), layout="constrained", dpi=120)
    axes = figure.add_subplot()
    for place, (_, value, low, high) in enumerate(shown):
        if low is not None and high is not None:
            axes.plot([place, place], [low, high], color=LIGHT["blue"], linewidth=2.5, alpha=0.45)
        axes.annotate(
            f"{value:.3f}", (place, value), xytext=(7, 0), textcoords="offset points", va="center", fontsize=9
        )
    axes.plot(range(len(shown)), [row[1] for row in shown], "-o", color=LIGHT["blue"], linewidth=1.2, markersize=6)
    axes.set_xticks(range(len(shown)), [row[0] for row in shown], fontsize=8)
    axes.set(ylim=(0, 1), xlim=(-0.5, len(shown) - 0.3))
    axes.set_title(title, loc="left", fontsize=10, color=QUIET)
    axes.grid(axis="y", alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)
    written = io.BytesIO()
    with mpl.rc_context({"font.family": "sans-serif"}):
        figure.savefig(written, format="png", metadata={"Software": None})
    return written.getvalue()
