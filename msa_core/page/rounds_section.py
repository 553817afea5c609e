"""The section on progress: what each round of the loop brought, what it cost, and how the queue does now."""

from typing import Any

import pyarrow as pa
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from msa_core.page.colours import INK, LIGHT, QUIET
from msa_core.page.contents import Chart, Section, Table
from msa_core.page.data_sections import rows_of
from msa_core.page.drawing import draw

SHOWN = ("n", "model_id", "weighted_f1", "low", "high", "verdict", "n_labels", "n_labels_new", "n_labels_changed")
WORK = ("n_reviewed", "minutes_spent", "cost_usd")
HEADS = ("round", "model", "weighted F1", "95 % interval", "verdict", "labels", "new", "changed")
WORK_HEADS = ("judged", "minutes", "US$")
HEALTH = ("n_queued", "n_open", "oldest_open_at", "seconds_a_label", "share_settled", "agreement")
HEALTH_HEADS = ("queued", "open at reviewers", "oldest open", "seconds a label", "settled", "agreement")
COLOURS = {"promoted": "blue", "refused": "vermillion", "undecided": "ochre", None: "slate"}
UNJUDGED = "not judged"


def progressed(rounds: pa.Table, health: pa.Table) -> tuple[Section, ...]:
    """`loop_rounds` and `queue_health` of one task; nothing before the second round, since one point is no progress."""
    if rounds.num_rows < 2:
        return ()
    tables = [Table("Rounds of the loop", (*HEADS, *WORK_HEADS), tuple(map(_row, _rows(rounds))), n_names=2)]
    if health.num_rows:
        tables.append(Table("The queue", HEALTH_HEADS, tuple(map(_health, rows_of(health, *HEALTH))), n_names=0))
    return (Section("progress", "Progress over rounds", _lead(rounds), _chart(rounds), tuple(tables)),)


def _rows(rounds: pa.Table) -> list[tuple]:
    return list(rows_of(rounds, *SHOWN, *WORK))


def _row(found: tuple) -> tuple:
    n, model_id, value, low, high, verdict, *labels, n_reviewed, minutes, cost = found
    between = "" if low is None or high is None else f"{low:.3f} to {high:.3f}"
    figure = "" if value is None else f"{value:.3f}"
    priced = None if cost is None else f"{cost:.2f}"
    return (str(n), model_id, figure, between, verdict or "", *labels, n_reviewed, f"{minutes:.1f}", priced)


def _health(found: tuple) -> tuple:
    n_queued, n_open, oldest, seconds, settled, agreement = found
    day = None if oldest is None else oldest.date().isoformat()
    return (n_queued, n_open, day, *(None if one is None else f"{one:.2f}" for one in (seconds, settled, agreement)))


def _lead(rounds: pa.Table) -> str:
    """From where to where, and at what price."""
    figures = [value for value in rounds["weighted_f1"].to_pylist() if value is not None]
    moved = f" Weighted F1 on validation went from {figures[0]:.3f} to {figures[-1]:.3f}." if len(figures) > 1 else ""
    n_judged, minutes = (sum(rounds[name].to_pylist()) for name in ("n_reviewed", "minutes_spent"))
    costs = [cost for cost in rounds["cost_usd"].to_pylist() if cost is not None]
    paid = f", captions cost {sum(costs):.2f} US$" if costs else ""
    verdict, why = (rounds[name].to_pylist()[-1] for name in ("verdict", "why"))
    last = f" The last model was {verdict}: {why}" if verdict and why else ""
    worked = f" People judged {n_judged:,} posts in {minutes:,.0f} minutes{paid}."
    return f"{rounds.num_rows} rounds, each ends with a trained model.{moved}{worked}{last}"


def _chart(rounds: pa.Table) -> tuple[Chart, ...]:
    """Nothing where no model was evaluated."""
    found = [row for row in rows_of(rounds, "n", "weighted_f1", "low", "high", "verdict") if row[1] is not None]
    if not found:
        return ()

    def paint(axes: Axes) -> None:
        axes.plot([n for n, *_ in found], [value for _, value, *_ in found], color=QUIET, linewidth=1, alpha=0.6)
        for n, value, low, high, verdict in found:
            if low is not None and high is not None:
                axes.plot([n, n], [low, high], color=INK, linewidth=1.1)
            axes.plot([n], [value], color=LIGHT[COLOURS[verdict]], **_mark(verdict))
        axes.xaxis.set_major_locator(MaxNLocator(12, integer=True))
        axes.margins(x=0.12)
        axes.set_xlabel("round")
        axes.grid(axis="y")
        axes.spines["left"].set_visible(False)
        _legend(axes, list(dict.fromkeys(verdict for *_, verdict in found)))

    words = "; ".join(f"round {n}: {value:.3f}, {verdict or UNJUDGED}" for n, value, _, _, verdict in found)
    return (draw("progress-f1", "Weighted F1 on validation, round by round", words, paint, inches=(5.2, 2.8)),)


def _mark(verdict: str | None) -> dict[str, Any]:
    """A promoted model is a full disc, every other one a ring: colour is not all that tells them apart."""
    face = {} if verdict == "promoted" else {"markerfacecolor": "none"}
    return {"marker": "o", "markersize": 7, "linestyle": "none", **face}


def _legend(axes: Axes, verdicts: list[str | None]) -> None:
    marks = [axes.plot([], [], color=LIGHT[COLOURS[one]], label=one or UNJUDGED, **_mark(one))[0] for one in verdicts]
    axes.legend(
        handles=marks, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=4, handletextpad=0.1,
        columnspacing=1.2, labelcolor=QUIET,
    )  # fmt: skip
