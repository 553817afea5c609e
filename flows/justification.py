"""Whether a new model is justified: labels that changed since the last was judged, drift, the worth of captions or
time; said in words.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from flows.captions_read import AS_WORTHY, Captions
from flows.worth_news import worth_news
from warehouse import Moment, Store

if TYPE_CHECKING:
    from flows.diff import Diff

LEARNED = "select snapshot_id from models where model_id = $model"
TRAINED = (
    "select h.finished_at from models m join run_history h on h.run_id = m.origin_run_id where m.model_id = $model"
)
JUDGED = "from judged_since where champion_id = $model"
DRIFT = (
    "select why from standing_drift where model_id = $model and is_drifted"
    " and ($since is null or measured_at > $since) order by source nulls first limit 1"
)
EARLY = 0.05  # of the days: a training takes its time before it is judged
UNLEARNED = "select count(*) from drift_posts where model_id = $model and side = 'current'"


@dataclass(frozen=True, slots=True)
class Enough:
    """What justifies a training: so many changed labels, or this share of those that were learned from; so many days
    since the champion was trained or anything was decided against it (None: time alone never does).
    """

    at_least: int = 50
    share: float = 0.05
    days: float | None = None

    def is_old(self, days: float) -> bool:
        """Whether so many days are enough. A weekly schedule finds a verdict that is a little younger than a week."""
        return self.days is not None and days >= (1 - EARLY) * self.days


ENOUGH = Enough()


@dataclass(frozen=True, slots=True)
class Justification:
    """Whether it is, and the figures that say so."""

    is_justified: bool
    why: str


@dataclass(frozen=True, slots=True)
class _Judged:
    """The challenger with the youngest labels, and when anything was decided last."""

    model_id: str
    snapshot_id: str
    verdict: str
    decided_at: datetime


def justification(store: Store, model_id: str, enough: Enough, captions: Captions = AS_WORTHY) -> Justification:
    """Labels that a judged challenger learned do not justify it again, also where it stood and was rolled back. Drift
    counts as `msa drift` measured it last, and what the `captions` that are asked for are worth as `msa caption-worth`
    did. Raises TrainingError.
    """
    from flows.diff import diff

    with store.moment() as moment:
        learned = str(moment.value(LEARNED, model=model_id))
        judged = _judged(moment, model_id)
        drift, news = _drift(moment, model_id, judged), worth_news(moment, model_id, captions)
        since = max(filter(None, (moment.value(TRAINED, model=model_id), judged and judged.decided_at)))
    changed = diff(store, one=learned)
    is_changed, words = _changed(changed, f"{model_id} learned", enough)
    if judged is not None:
        of_judged = f"{judged.model_id} learned, which was {judged.verdict}"
        is_changed_since, more = _changed(diff(store, one=judged.snapshot_id), of_judged, enough)
        is_changed, words = is_changed and is_changed_since, f"{words}; {more}"
    days = (datetime.now(UTC) - since).total_seconds() / 86_400
    what = "a verdict" if judged else "it was trained"
    is_justified = is_changed or drift is not None or news is not None or enough.is_old(days)
    told = [words, f"drift: {drift}" if drift else "no new drift is known", news, f"{days:.0f} days since {what}"]
    return Justification(is_justified, "; ".join(filter(None, told)))


def is_overtaken(store: Store, snapshot_id: str, enough: Enough) -> bool:
    """Whether enough labels changed since it was frozen to begin another."""
    from flows.diff import diff

    return _changed(diff(store, one=snapshot_id), "", enough)[0]


def _judged(moment: Moment, model_id: str) -> _Judged | None:
    rows = moment.table(JUDGED, model=model_id).to_pylist()
    return _Judged(**{name: rows[0][name] for name in _Judged.__slots__}) if rows else None


def _drift(moment: Moment, model_id: str, judged: _Judged | None) -> str | None:
    """Measured since anything was decided, and by enough posts that came after the judged challenger learned."""
    why = moment.value(DRIFT, model=model_id, since=judged and judged.decided_at)
    if why is None or judged is None:
        return None if why is None else str(why)
    from msa_core.drift import FEWEST

    return str(why) if moment.value(UNLEARNED, model=judged.model_id) >= FEWEST else None


def _changed(found: "Diff", since: str, enough: Enough) -> tuple[bool, str]:
    """Whether the labels alone justify it, and the sentence on them."""
    n_changed = found.n_added + found.n_dropped + found.n_relabelled
    n_learned = found.n_same + found.n_dropped + found.n_relabelled
    parts = f"{found.n_added} added, {found.n_dropped} dropped, {found.n_relabelled} relabelled"
    wanted = f"{enough.at_least}, or {enough.share:.0%} of {n_learned:,}, are wanted"
    words = f"{n_changed} labels changed since {since} ({parts}; {wanted})"
    return n_changed >= max(1, min(enough.at_least, enough.share * n_learned)), words
