"""A challenger: the champion's settings on the labels of now, from the champion's weights or from scratch.

That one was begun is a run of its own, so that after a kill it is gone on with, on the labels that it began with.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from flows.captions_read import AS_WORTHY, AUTO, NONE, Captions
from flows.parentage import parent_named
from flows.standing_snapshots import now_like, now_reading
from flows.training_set import TrainingSet
from flows.worth_news import Reading, reading
from msa_core.errors import MissingWeights, TrainingError
from msa_core.text import are_masked
from warehouse import Moment, Store

CHAMPION, SCRATCH = "champion", "scratch"
STARTS = (CHAMPION, SCRATCH)
KNOWN = "select preset, task, config from models where model_id = $model"
LEARNED = "select snapshot_id from models where model_id = $model"
TEXTS = "select text from posts where post_id in (select unnest($ids))"
OPEN = (
    "select snapshot_id from open_challenges where champion_id = $champion_id"
    " and parent_id is not distinct from $parent_id and epochs is not distinct from $epochs"
    " and captions is not distinct from $captions"
    " order by begun_at desc, run_id limit 1"
)


@dataclass(frozen=True, slots=True)
class Start:
    """`parent` is null for scratch; `words` says why where another start was asked, or where captions are read that the
    champion does not read; `captions` is their kind, null for none.
    """

    parent: str | None
    words: str = ""
    captions: str | None = None


@dataclass(frozen=True, slots=True)
class Challenge:
    """What decides a challenger beside the champion's settings; `epochs` is null where none were asked."""

    champion_id: str
    snapshot_id: str
    parent_id: str | None
    epochs: int | None


def start_of(store: Store, model_id: str, asked: str, captions: Captions = AS_WORTHY) -> Start:
    """From the champion's weights where they are here, fit the posts of now and read the same captions. Those are
    chosen anew, by what they are worth to the champion's towers. Raises TrainingError.
    """
    if asked not in STARTS:
        raise TrainingError(f"No start {asked!r}. Choose: {', '.join(STARTS)}")
    with store.moment() as moment:
        read = reading(moment, model_id, captions)
        if read.is_other:
            return Start(None, _otherwise(model_id, read), read.now.kind)
        if asked == SCRATCH:
            return Start(None, captions=read.now.kind)
        unfit = _unfit(store, moment, model_id)
    return Start(None if unfit else model_id, unfit, read.now.kind)


def unfinished(
    store: Store, champion_id: str, parent_id: str | None, epochs: int | None, *, captions: str | None = None
) -> Challenge | None:
    """The last that was begun in this way against the champion, and was not judged."""
    asked = {"champion_id": champion_id, "parent_id": parent_id, "epochs": epochs, "captions": captions}
    with store.moment() as moment:
        snapshot_id = moment.value(OPEN, **asked)
    return None if snapshot_id is None else Challenge(champion_id, str(snapshot_id), parent_id, epochs)


def labels_of_now(moment: Moment, champion_id: str, captions: str | None) -> TrainingSet:
    """What a challenger that reads these captions would learn from, chosen as the champion's own set was."""
    return now_reading(moment, str(moment.value(LEARNED, model=champion_id)), captions)


def begun(
    store: Store, champion_id: str, parent_id: str | None, epochs: int | None, *, captions: str | None = None
) -> Challenge:
    """On a snapshot of now; both are committed where they do not stand yet."""
    from flows.snapshot import kept

    with store.moment() as moment:
        frozen = labels_of_now(moment, champion_id, captions)
        kept(store, moment, frozen)
    challenge = Challenge(champion_id, frozen.snapshot_id, parent_id, epochs)
    run = store.begin("retrain", parameters=asdict(challenge), inputs=[frozen.snapshot_id], version=1)
    if run is not None:
        with run:
            run.count("posts", len(frozen.rows))
    return challenge


def trained(store: Store, of: Challenge, on_done: Callable[[int], None] | None = None) -> str:
    """The challenger's id, trained where it does not stand yet. Settings of the champion that an older version did not
    keep are the preset's. Captions were chosen when it was begun, and are read whatever was measured since.
    """
    from flows.train import train
    from msa_core.tiny import SIZES

    with store.moment() as moment:
        (row,) = moment.table(KNOWN, model=of.champion_id).to_pylist()
    settings = json.loads(row["config"])
    own, recipe = settings.get("config", {}), settings.get("recipe", {})
    is_random = own.get("vision") in SIZES
    return train(
        store, preset=row["preset"], snapshot=of.snapshot_id, parent=of.parent_id, folds=settings.get("folds", 0),
        towers=own["vision"] if is_random else "pretrained" if own else "auto",
        vision=None if is_random else own.get("vision"), text=None if is_random else own.get("text"),
        epochs=of.epochs or recipe.get("epochs"), batch_size=recipe.get("batch_size", 32),
        learning_rate=recipe.get("learning_rate"), seed=recipe.get("seed", 7), max_length=own.get("max_length"),
        image_size=own.get("image_size"), lora_rank=own.get("lora_rank"), precision=own.get("precision", "auto"),
        captions=Captions(AUTO, own.get("caption_length") or Captions().length, is_forced=True), on_done=on_done,
    ).model_id  # fmt: skip


def _otherwise(model_id: str, read: Reading) -> str:
    told = read.now.words or f"captions: {read.now.kind or NONE}"
    return f"from scratch: {model_id} reads {f'captions {read.before}' if read.before else 'no captions'}; {told}"


def _unfit(store: Store, moment: Moment, model_id: str) -> str:
    """Why the champion's weights cannot be gone on from, in words; empty where they can."""
    now = now_like(moment, str(moment.value(LEARNED, model=model_id)))
    texts = moment.table(TEXTS, ids=[row.post_id for row in now.rows])["text"].to_pylist()
    try:
        parent = parent_named(store, moment, model_id, None)
    except MissingWeights:
        return f"from scratch: the checkpoint of {model_id} is not here"
    wanted = replace(parent.config, labels=now.about.labels, is_masked=are_masked(texts))
    unlike = parent.unlike(wanted, parent.folds)
    return f"from scratch: {model_id} does not fit the posts of now: {unlike}" if unlike else ""
