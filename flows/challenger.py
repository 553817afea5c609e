"""A challenger: the champion's settings on the labels of now, from the champion's weights or from scratch."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flows.captions_read import AUTO, NONE, Captions
from flows.scored_models import model_named
from flows.training_set import labels_of
from msa_core.errors import TrainingError
from warehouse import Store

CHAMPION, SCRATCH = "champion", "scratch"
STARTS = (CHAMPION, SCRATCH)
KNOWN = "select preset, task, config, snapshot_id from models where model_id = $model"


@dataclass(frozen=True, slots=True)
class Start:
    """`parent` is null for scratch; `words` says why where another start was asked."""

    parent: str | None
    words: str = ""


def start_of(store: Store, model_id: str, asked: str) -> Start:
    """From the champion's weights where they are here and know the labels of now. Raises TrainingError."""
    if asked not in STARTS:
        raise TrainingError(f"No start {asked!r}. Choose: {', '.join(STARTS)}")
    if asked == SCRATCH:
        return Start(None)
    with store.moment() as moment:
        of = model_named(store, moment, model_id)
        now = labels_of(moment, of.task)
    if now != of.labels:
        return Start(None, f"from scratch: {model_id} knows {', '.join(of.labels)}, labels now are {', '.join(now)}")
    folders = [of.folder_of(fold) for fold in (None, *range(of.folds))]
    if not all((folder / "config.json").is_file() for folder in folders):
        return Start(None, f"from scratch: the checkpoint of {model_id} is not here")
    return Start(model_id)


def frozen_now(store: Store, model_id: str) -> str:
    """The id of a snapshot of now, chosen as the model's own was; it is frozen where it does not stand yet."""
    from flows.snapshot import snapshot
    from flows.standing_snapshots import card_of
    from msa_core.curation import KEEP, UNIFORM

    with store.moment() as moment:
        card = card_of(moment, _row(moment.table(KNOWN, model=model_id).to_pylist())["snapshot_id"])
    return snapshot(
        store,
        source=card["source"],
        task=card["task"],
        weights=card["weights"] or UNIFORM,
        duplicates=card["duplicates"] or KEEP,
        captions=Captions(card["captions"] or NONE, is_forced=True),
        keep_leaks=bool(card["keeps_leaks"]),
    ).snapshot_id


def trained(
    store: Store,
    model_id: str,
    *,
    snapshot_id: str,
    parent: str | None,
    epochs: int | None = None,
    on_done: Callable[[int], None] | None = None,
) -> str:
    """The id of a model with the settings of `model_id`; those that an older version did not keep are the preset's."""
    from flows.train import train
    from msa_core.tiny import SIZES

    with store.moment() as moment:
        row = _row(moment.table(KNOWN, model=model_id).to_pylist())
    kept = json.loads(row["config"])
    own, recipe = kept.get("config", {}), kept.get("recipe", {})
    is_random = own.get("vision") in SIZES
    return train(
        store, preset=row["preset"], snapshot=snapshot_id, parent=parent, folds=kept.get("folds", 0),
        towers=own["vision"] if is_random else "pretrained" if own else "auto",
        vision=None if is_random else own.get("vision"), text=None if is_random else own.get("text"),
        epochs=epochs or recipe.get("epochs"), batch_size=recipe.get("batch_size", 32),
        learning_rate=recipe.get("learning_rate"), seed=recipe.get("seed", 7), max_length=own.get("max_length"),
        image_size=own.get("image_size"), lora_rank=own.get("lora_rank"), precision=own.get("precision", "auto"),
        captions=Captions(AUTO, own.get("caption_length") or Captions().length), on_done=on_done,
    ).model_id  # fmt: skip


def _row(rows: list[dict[str, Any]]) -> dict[str, Any]:
    (row,) = rows
    return row
