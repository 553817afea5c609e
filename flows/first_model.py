"""The first model of a task, made by `msa retrain`: that it was begun is a run, so that after a kill it is gone on
with, on the labels that it began with, though others came meanwhile.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass

from flows.captions_read import AUTO, Captions, towers_named
from flows.challenger import intend
from flows.justification import Enough, is_overtaken
from flows.learning import Wanted, at_hand, set_of_now
from warehouse import Store, digest

BEGUN = (
    "select parameters ->> '$.snapshot_id' from run_history"
    " where verb = 'retrain' and (parameters ->> '$.first') = $first order by finished_at desc, run_id limit 1"
)


@dataclass(frozen=True, slots=True)
class First:
    """What was asked; `source` and `task` may be null where the store has one, `epochs` for the usual."""

    source: str | None
    task: str | None
    towers: str
    folds: int
    epochs: int | None
    captions: Captions


def first_model(store: Store, asked: First, enough: Enough, on_done: Callable[[int], None] | None = None) -> str:
    """Its id. Labels of now are frozen anew where enough have changed since. Raises TrainingError, MissingWeights."""
    from flows.train import train

    snapshot_id = _begun(store, asked)
    if snapshot_id is None or is_overtaken(store, snapshot_id, enough):
        snapshot_id = _begin(store, asked)
    captions = Captions(AUTO, asked.captions.length, is_forced=True)  # chosen when it was begun
    return train(
        store, towers=asked.towers, snapshot=snapshot_id, folds=asked.folds, epochs=asked.epochs, captions=captions,
        on_done=on_done,
    ).model_id  # fmt: skip


def _begun(store: Store, asked: First) -> str | None:
    with store.moment() as moment:
        found = moment.value(BEGUN, first=_told(asked))
    return None if found is None else str(found)


def _begin(store: Store, asked: First) -> str:
    """Both the snapshot and that it is learned from are committed."""
    from msa_core.presets import Asked, towers_meant

    towers = towers_named(*towers_meant(Asked(at_hand(asked.towers, None, None))))
    with store.moment() as moment:
        frozen = set_of_now(moment, Wanted(asked.source, asked.task, asked.captions, keep_leaks=False, towers=towers))
        intend(store, moment, frozen, {"first": _told(asked), "snapshot_id": frozen.snapshot_id})
    return frozen.snapshot_id


def _told(asked: First) -> str:
    return digest(asdict(asked))
