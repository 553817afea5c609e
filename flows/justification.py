"""Whether a new model is justified: labels that changed since the champion learned, drift, or time; said in words."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from warehouse import Store

if TYPE_CHECKING:
    from flows.diff import Diff

LEARNED = "select snapshot_id from models where model_id = $model"
TRAINED = (
    "select h.finished_at from models m join run_history h on h.run_id = m.origin_run_id where m.model_id = $model"
)
DRIFT = "select why from latest_drift where model_id = $model and is_drifted order by source nulls first limit 1"


@dataclass(frozen=True, slots=True)
class Enough:
    """What justifies a training: so many changed labels, or this share of those that the champion learned from; so many
    days since it was trained (None: time alone never does).
    """

    at_least: int = 50
    share: float = 0.05
    days: float | None = None


@dataclass(frozen=True, slots=True)
class Justification:
    """`snapshot_id`: what a snapshot like the champion's would be now."""

    is_justified: bool
    why: str
    snapshot_id: str


def justification(store: Store, model_id: str, enough: Enough) -> Justification:
    """Drift counts as `msa drift` measured it last."""
    from flows.diff import NOW, diff

    with store.moment() as moment:
        learned = str(moment.value(LEARNED, model=model_id))
        trained_at, drift = moment.value(TRAINED, model=model_id), moment.value(DRIFT, model=model_id)
    changed = diff(store, one=learned, other=NOW)
    is_changed, words = _changed(changed, model_id, enough)
    days = (datetime.now(UTC) - trained_at).total_seconds() / 86_400
    is_old = enough.days is not None and days >= enough.days
    told = [words, f"drift: {drift}" if drift else "no drift is known", f"trained {days:.0f} days ago"]
    return Justification(is_changed or drift is not None or is_old, "; ".join(told), changed.other)


def _changed(found: "Diff", model_id: str, enough: Enough) -> tuple[bool, str]:
    """Whether the labels alone justify it, and the sentence on them."""
    n_changed = found.n_added + found.n_dropped + found.n_relabelled
    n_learned = found.n_same + found.n_dropped + found.n_relabelled
    parts = f"{found.n_added} added, {found.n_dropped} dropped, {found.n_relabelled} relabelled"
    wanted = f"{enough.at_least}, or {enough.share:.0%} of {n_learned:,}, are wanted"
    words = f"{n_changed} labels changed since {model_id} learned ({parts}; {wanted})"
    return n_changed >= max(1, min(enough.at_least, enough.share * n_learned)), words
