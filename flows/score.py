"""`msa score`: predict every post with a place that a model has not scored yet, in runs of at most 50,000 posts."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import pyarrow as pa
import typer

from flows.captions_read import captions_of
from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.progress import progress
from flows.scored_models import CHAMPION, ScoredModel, check_posts_of, model_named
from warehouse import Moment, Store, digest, lease

if TYPE_CHECKING:
    from flows.post_arrays import Content, PostArrays
    from msa_core.scoring import Scores

POSTS_A_RUN = 50_000
POSTS_A_CHUNK = 4096

WAITING = "from unscored_posts where model_id = $model and coalesce(source = $source, true) order by post_id"
UNPLACED = "select count(*) from unplaced_posts where task = $task and coalesce(source = $source, true)"


@dataclass(frozen=True, slots=True)
class ScoreDone:
    """No runs where every post has its prediction already. `n_unplaced` wait for `msa split` and are not scored."""

    model_id: str
    run_ids: tuple[str, ...]
    n_posts: int
    n_unplaced: int = 0


@dataclass(frozen=True, slots=True)
class Waiting:
    """Posts without a prediction, by post_id; `fold` names the model that scores each, null for the model itself."""

    post_ids: list[str]
    folds: list[int | None]
    is_out_of_fold: list[bool]

    def part(self, start: int, end: int) -> "Waiting":
        """Those from `start` on, before `end`."""
        return Waiting(self.post_ids[start:end], self.folds[start:end], self.is_out_of_fold[start:end])


def score(
    store: Store,
    *,
    model: str = CHAMPION,
    source: str | None = None,
    task: str | None = None,
    batch_size: int = 64,
    posts_a_run: int = POSTS_A_RUN,
    on_done: Callable[[int], None] | None = None,
) -> ScoreDone:
    """A post that was trained on, itself or a twin, is scored by the fold model that never saw it, or is marked as not
    out of fold; one that `msa split` has not placed yet is not scored, since its twins are not known. One process at a
    time scores a store, so that no post is scored twice. A model that reads captions reads those that stand now: one
    that comes after a post was scored does not change what was said of it.
    """
    run_ids, n_posts = [], 0
    with lease(store.places, "score"), store.moment() as moment:
        of = model_named(store, moment, model, task)
        check_posts_of(moment, source)
        waiting = _waiting(moment, of, source)
        n_unplaced = moment.value(UNPLACED, task=of.task, source=source)
        for start in range(0, len(waiting.post_ids), posts_a_run):
            part = waiting.part(start, start + posts_a_run)
            inputs = [of.origin_run_id, f"posts-{digest(part.post_ids)}", *_heard(moment, of, part)]
            run = store.begin("score", parameters={"model_id": of.model_id}, inputs=inputs, version=1)
            if run is None:
                continue
            with run:
                run.write("predictions", _predictions(store, moment, of, part, batch_size, on_done))
            run_ids.append(run.run_id)
            n_posts += len(part.post_ids)
    return ScoreDone(of.model_id, tuple(run_ids), n_posts, n_unplaced)


def command(
    store: StoreOption = DEFAULT_STORE,
    model: Annotated[str, typer.Option(help="A model's id, champion or latest.")] = CHAMPION,
    source: Annotated[str | None, typer.Option(help="Only posts of this source.")] = None,
    task: Annotated[str | None, typer.Option(help="Of which task a model is meant, where there are several.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Posts a forward pass.")] = 64,
) -> None:
    """Print how many posts were scored."""
    with progress("score", total=None) as on_done:
        done = score(open_store(store), model=model, source=source, task=task, batch_size=batch_size, on_done=on_done)
    if done.run_ids:
        say(f"{done.model_id}: {done.n_posts} posts scored in {len(done.run_ids)} run(s)")
    else:
        say(f"nothing to do: {done.model_id} has scored every post{' that has a place' if done.n_unplaced else ''}")
    if done.n_unplaced:
        say(
            f"{done.n_unplaced} posts have no place yet and are not scored. Place them: msa split; then msa score again"
        )


def _waiting(moment: Moment, of: ScoredModel, source: str | None) -> Waiting:
    found = moment.table(WAITING, model=of.model_id, source=source)
    return Waiting(*(found[name].to_pylist() for name in ("post_id", "fold", "is_out_of_fold")))


def _heard(moment: Moment, of: ScoredModel, part: Waiting) -> list[str]:
    """The captions that are read, where the model reads some: they decide what is said of a post, as the post does."""
    told = captions_of(moment, of.captions, part.post_ids)
    named = [[post_id, told[post_id].caption_id] for post_id in sorted(told)]
    return [f"captions-{digest(named)}"] if named else []


def _predictions(
    store: Store, moment: Moment, of: ScoredModel, part: Waiting, batch_size: int, on_done: Any
) -> pa.Table:
    """The rows of one run, by post_id."""
    from flows.post_arrays import PostArrays, content_of
    from msa_core.classifier import Classifier

    content = content_of(moment, part.post_ids, of.captions)
    found = np.full((3, len(part.post_ids), len(of.labels)), np.nan, dtype=np.float32)
    for fold in sorted(set(part.folds), key=lambda fold: -1 if fold is None else fold):
        places = [place for place, each in enumerate(part.folds) if each == fold]
        classifier = Classifier.from_pretrained(of.folder_of(fold))
        arrays = PostArrays(store, moment, classifier.network.config.image_size)
        for rows, scores in _scored(classifier, arrays, content, places, batch_size, on_done):
            found[:, rows] = np.stack([scores.pair, scores.text, scores.image])
    return _table(of, part, found, content.caption_ids)


def _scored(
    classifier: Any, arrays: "PostArrays", content: "Content", places: list[int], batch_size: int, on_done: Any
) -> "Iterator[tuple[list[int], Scores]]":
    """Chunk by chunk; the next chunk is tokenised and its images decoded while this one is in the network."""
    from msa_core.batches import ahead
    from msa_core.scoring import score as score_posts

    config = classifier.network.config
    chunks = [places[start : start + POSTS_A_CHUNK] for start in range(0, len(places), POSTS_A_CHUNK)]
    lengths = config.max_length, config.caption_length
    made = (arrays.posts(content.take(rows), classifier.tokenizer, *lengths) for rows in chunks)
    for rows, posts in zip(chunks, ahead(made, depth=1), strict=True):
        yield rows, score_posts(classifier.network, posts, batch_size=batch_size, on_done=on_done)


def _table(of: ScoredModel, part: Waiting, found: np.ndarray, caption_ids: list[str | None]) -> pa.Table:
    pair, text, image = found
    n_posts = len(part.post_ids)
    return pa.table(
        {
            "post_id": part.post_ids,
            "model_id": pa.array([of.model_id] * n_posts),
            "fold": pa.array(part.folds, pa.int32()),
            "probs": _lists(pair),
            "label": np.array(of.labels, dtype=object)[pair.argmax(1)],
            "confidence": pair.max(1),
            "text_probs": _lists(text),
            "image_probs": _lists(image),
            "score": pa.nulls(n_posts, pa.float32()),
            "score_sd": pa.nulls(n_posts, pa.float32()),
            "is_out_of_fold": part.is_out_of_fold,
            "caption_id": pa.array(caption_ids, pa.string()),
        }
    )


def _lists(probs: np.ndarray) -> pa.Array:
    """(N, C) as N lists; null where the probabilities are."""
    starts = np.arange(0, probs.size + 1, probs.shape[1], dtype=np.int32)
    is_absent = np.isnan(probs).any(1)
    return pa.ListArray.from_arrays(starts, np.ascontiguousarray(probs).ravel(), mask=pa.array(is_absent))
