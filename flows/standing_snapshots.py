"""Snapshots of the store: which one a name means, and its rows as they were frozen."""

from typing import Any

from flows.scored_models import CHAMPION, model_named
from flows.training_set import Curation, Subject, TrainingSet, curation, freeze, labels_of
from msa_core.curation import KEEP, UNIFORM
from msa_core.errors import MsaError
from msa_core.records import SnapshotDrop, SnapshotRow
from warehouse import Moment, Store

BEGINNING = "select distinct snapshot_id from facts.snapshots where starts_with(snapshot_id, $beginning) order by 1"
LEARNED = "select snapshot_id from models where model_id = $model"
ROWS = "from snapshots where snapshot_id = $snapshot_id order by post_id"
DROPS = "from snapshot_drops where snapshot_id = $snapshot_id order by post_id"
CARD = "from snapshot_cards where snapshot_id = $snapshot_id"
LIST = 'List them with: msa sql "from snapshot_cards"'
MOST_LISTED = 5


def snapshot_named(store: Store, moment: Moment, name: str, task: str | None = None) -> str:
    """The id that begins with `name`, with or without its `snapshot-`; `champion`: what the champion learned from.
    Raises MsaError where there is none, or more than one.
    """
    if name == CHAMPION:
        model_id = model_named(store, moment, CHAMPION, task).model_id
        return str(moment.value(LEARNED, model=model_id))
    beginning = "snapshot-" + name.removeprefix("snapshot-")
    found = moment.table(BEGINNING, beginning=beginning)["snapshot_id"].to_pylist()
    if beginning in found or len(found) == 1:
        return beginning if beginning in found else str(found[0])
    if not found:
        raise MsaError(f"No snapshot {name!r} in {store.places.root}. {LIST}, or freeze one: msa snapshot")
    listed = ", ".join(found[:MOST_LISTED]) + (" …" if len(found) > MOST_LISTED else "")
    raise MsaError(f"{len(found)} snapshots begin with {name!r}: {listed}. Give more of the id")


def card_of(moment: Moment, snapshot_id: str) -> dict[str, Any]:
    """Its row of `snapshot_cards`. Raises MsaError where the snapshot has no rows."""
    found = moment.table(CARD, snapshot_id=snapshot_id).to_pylist()
    if not found:
        raise MsaError(f"Snapshot {snapshot_id!r} has no rows in this store. {LIST}")
    return dict(found[0])


def about_of(moment: Moment, card: dict[str, Any]) -> Subject:
    """What the snapshot of a card is about, with the labels of now."""
    return Subject(card["task"], card["source"], labels_of(moment, card["task"]))


def choice_of(moment: Moment, card: dict[str, Any], captions: str | None) -> Curation:
    """How the snapshot of a card was chosen, but for its captions, under the label policy in force; what an older
    version did not keep is the usual.
    """
    return curation(
        moment,
        weights=card["weights"] or UNIFORM,
        duplicates=card["duplicates"] or KEEP,
        captions=captions,
        keeps_leaks=bool(card["keeps_leaks"]),
    )


def now_like(moment: Moment, snapshot_id: str) -> TrainingSet:
    """What a snapshot chosen as this one was would hold now. Raises TrainingError."""
    return now_reading(moment, snapshot_id, card_of(moment, snapshot_id)["captions"])


def now_reading(moment: Moment, snapshot_id: str, captions: str | None) -> TrainingSet:
    """The same, but with captions of this kind; null for none."""
    card = card_of(moment, snapshot_id)
    return freeze(moment, about_of(moment, card), choice_of(moment, card, captions))


def thawed(moment: Moment, snapshot_id: str) -> TrainingSet:
    """A frozen training set as it was. Raises MsaError where it has no rows."""
    card = card_of(moment, snapshot_id)
    rows = _records(SnapshotRow, moment.table(ROWS, snapshot_id=snapshot_id))
    drops = _records(SnapshotDrop, moment.table(DROPS, snapshot_id=snapshot_id))
    known = labels_of(moment, card["task"])
    late = sorted({row.label for row in rows} - {*known})  # an own task's label that no post bears any more
    about = Subject(card["task"], card["source"], tuple(sorted([*known, *late])) if late else known)
    return TrainingSet(snapshot_id, about, rows, drops, card["captions"])


def _records(record: type, found: Any) -> list[Any]:
    columns = [found[name].to_pylist() for name in record.__slots__]  # type: ignore[attr-defined]
    return [record(*values) for values in zip(*columns, strict=True)]
