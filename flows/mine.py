"""`msa mine`: name the posts that are worth a person's minute, and why. Never what the model saw, never a test."""

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from flows.scored_models import CHAMPION, LATEST, ScoredModel, check_posts_of, model_named
from flows.succession import task_of_models
from msa_core.doubts import REASONS, strengths
from msa_core.errors import MsaError
from warehouse import Moment, Store, lease

READS = ("posts", "splits", "annotations", "models", "predictions", "doubts")
POSTS_AT_ONCE = 65_536
MINABLE = "from minable where model_id = $model and ($source is null or source = $source) order by post_id"
KNOWN = "select post_id || ' ' || reason as doubt from doubts where model_id = $model"
QUEUED = "from queue where model_id = $model order by task, place limit $top"
SHOWN = ("place", "post_id", "split", "disagreement", "strength", "reasons")


@dataclass(frozen=True, slots=True)
class Mined:
    """`run_id` is null where no new doubt was found. `n_seen`: train posts that were trained on, so not mined."""

    run_id: str | None
    model_id: str
    n_by_reason: tuple[tuple[str, int], ...]
    n_seen: int


def mine(
    store: Store, *, model: str = CHAMPION, source: str | None = None, task: str | None = None, at_least: float = 0.5
) -> Mined:
    """Doubts of `at_least` this strength that the model has not raised yet: a label that came later brings its own. One
    process at a time.
    """
    with lease(store.places, "mine"), store.moment() as moment:
        check_posts_of(moment, source)
        chosen = _chosen(store, moment, model, task)
        n_seen = _n_seen(moment, chosen.model_id)
        policy = moment.value("select label_policy from policy_in_force")
        asked = {"model": chosen.model_id, "source": source, "at_least": at_least, "label_policy": policy}
        run = store.begin("mine", parameters=asked, inputs=moment.inputs(*READS), version=1)
        found = _doubts(moment, chosen, source, at_least)
        first = next(found, None)
        if run is None or first is None:
            return Mined(None, chosen.model_id, (), n_seen)
        counts: Counter[str] = Counter()
        with run:
            for table in itertools.chain([first], found):
                run.write("doubts", table)
                counts.update(table["reason"].to_pylist())
    return Mined(run.run_id, chosen.model_id, tuple(sorted(counts.items())), n_seen)


def command(
    store: StoreOption = DEFAULT_STORE,
    model: Annotated[str, typer.Option(help="A model's id, champion or latest.")] = CHAMPION,
    source: Annotated[str | None, typer.Option(help="Only posts of this source.")] = None,
    task: Annotated[str | None, typer.Option(help="Of which task a model is meant, where there are several.")] = None,
    at_least: Annotated[float, typer.Option(min=0, max=1, help="The weakest doubt to keep: 0 sure, 1 hardest.")] = 0.5,
    top: Annotated[int, typer.Option(min=0, help="How many of the queue to show.")] = 10,
) -> None:
    """Print doubts by reason, and the top of the queue."""
    opened = open_store(store)
    done = mine(opened, model=model, source=source, task=task, at_least=at_least)
    if done.run_id is None:
        say(f"nothing to do: no new doubt of {done.model_id}")
    else:
        show(f"doubts of {done.model_id}", ["reason", "posts"], done.n_by_reason)
    if done.n_seen:
        say(f"{done.n_seen} train posts were trained on and are not mined. To mine them too: msa train clara --folds 5")
    with opened.moment() as moment:
        queue = moment.table(QUEUED, model=done.model_id, top=top)
    *columns, reasons = (queue[name].to_pylist() for name in SHOWN)
    show("the top of the queue", SHOWN, zip(*columns, map(" ".join, reasons), strict=True))


def _chosen(store: Store, moment: Moment, model: str, task: str | None) -> ScoredModel:
    """The named model, or the champion of its task, if it has anything to mine."""
    of = task_of_models(moment, task) if model in (CHAMPION, LATEST) else task
    chosen = model_named(store, moment, model, of or task)
    if not chosen.labels:
        raise MsaError(f"{chosen.model_id} predicts scores, not labels; doubts are drawn from probabilities of labels.")
    if not moment.value("select 1 from predictions where model_id = $model limit 1", model=chosen.model_id):
        raise MsaError(f"{chosen.model_id} has no predictions. Make them first: msa score --model {chosen.model_id}")
    return chosen


def _n_seen(moment: Moment, model_id: str) -> int:
    """Train posts without an out-of-fold prediction of the model."""
    return int(moment.value("select count(*) from seen_posts where model_id = $model", model=model_id))


def _doubts(moment: Moment, chosen: ScoredModel, source: str | None, at_least: float) -> Iterator[pa.Table]:
    """Rows of the fact, ordered by post and reason, in pieces; pieces without any are left out."""
    neutral = chosen.labels.index("neutral") if "neutral" in chosen.labels else None
    known = moment.table(KNOWN, model=chosen.model_id)["doubt"]
    for batch in moment.batches(MINABLE, rows=POSTS_AT_ONCE, model=chosen.model_id, source=source):
        probs, text_probs, image_probs = (
            batch[name].flatten().to_numpy().astype(np.float64).reshape(-1, len(chosen.labels))
            for name in ("probs", "text_probs", "image_probs")
        )
        given = pc.index_in(batch["label"], pa.array(chosen.labels)).fill_null(-1).to_numpy()
        found = strengths(probs, text_probs, image_probs, given, neutral)
        post, reason = np.nonzero(found >= max(at_least, np.finfo(float).tiny))
        rows = _rows(batch["post_id"].take(pa.array(post)), chosen.model_id, reason, found[post, reason])
        doubts = pc.binary_join_element_wise(rows["post_id"], rows["reason"], " ")
        rows = rows.filter(pc.invert(pc.is_in(doubts, value_set=known)))
        if rows.num_rows:
            yield rows


def _rows(post_ids: pa.Array, model_id: str, reason: np.ndarray, strength: np.ndarray) -> pa.Table:
    names = pa.array(REASONS).take(pa.array(reason))
    model_ids = pa.repeat(model_id, len(post_ids))
    return pa.table({"post_id": post_ids, "model_id": model_ids, "reason": names, "strength": pa.array(strength)})
