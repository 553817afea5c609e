"""Which captions a challenger would read where a champion reads others, and whether news of their worth is a reason to
train one.
"""

import json
from dataclasses import dataclass

from flows.captions_read import AUTO, Captions, Choice, chosen, towers_named
from flows.standing_snapshots import about_of, card_of
from flows.training_set import Subject
from warehouse import Moment

LEARNED = "select snapshot_id, config from models where model_id = $model"
MEASURED = (
    "select max(measured_at) from latest_worths where name = 'weighted_f1' and task = $task and source = $source"
    " and ($towers is null or coalesce(towers, $towers) = $towers)"
    " and ((kind = $now and low > 0) or (kind = $before and $is_auto)) and measured_at > (select h.started_at"
    " from models m join run_history h on h.run_id = m.origin_run_id where m.model_id = $model)"
)
JUDGED = (
    "select 1 from promotions p join models m using (model_id) where m.task = $task and p.decided_at > $measured_at"
    " and (m.config ->> '$.config.captions') is not distinct from $now limit 1"
)


@dataclass(frozen=True, slots=True)
class Reading:
    """The kind of captions that a champion reads, null for none, and what is chosen now for its `towers`; those are
    null where an older version did not keep them.
    """

    about: Subject
    towers: str | None
    before: str | None
    now: Choice

    @property
    def is_other(self) -> bool:
        """Whether a challenger would read others."""
        return self.now.kind != self.before


def reading(moment: Moment, model_id: str, asked: Captions) -> Reading:
    """By what captions are worth to the champion's towers. Raises TrainingError."""
    (row,) = moment.table(LEARNED, model=model_id).to_pylist()
    card = card_of(moment, row["snapshot_id"])
    own = json.loads(row["config"]).get("config", {})
    towers = towers_named(own["vision"], own["text"]) if {"vision", "text"} <= own.keys() else None
    about = about_of(moment, card)
    return Reading(about, towers, card["captions"], chosen(moment, about, asked, towers))


def worth_news(moment: Moment, model_id: str, asked: Captions) -> str | None:
    """In words, where evidence that came after the champion's training began speaks for other captions than it reads,
    and no model that reads those was judged since. What somebody forces or forbids is no evidence. Raises
    TrainingError.
    """
    found = reading(moment, model_id, asked)
    if not found.is_other:
        return None
    of = {"task": found.about.task, "now": found.now.kind}
    places = {"source": found.about.source, "towers": found.towers, "before": found.before}
    measured_at = moment.value(MEASURED, model=model_id, is_auto=asked.kind == AUTO, **of, **places)
    if measured_at is None or moment.value(JUDGED, measured_at=measured_at, **of):
        return None
    if found.now.kind is None:
        return f"captions {found.before}, which {model_id} reads, do not show their worth any more"
    return f"captions {found.now.kind} have shown their worth since {model_id} was trained"
