"""The vectors that a model decides by, of posts of the store: each is computed once, then read from `embeddings`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from flows.scored_models import ScoredModel
from warehouse import Moment, Store

STORED = "select post_id, vector from embeddings where name = $model and post_id in (select unnest($ids))"
POSTS_A_CHUNK = 4096


@dataclass(frozen=True, slots=True)
class PostVectors:
    """`by_post`: each (D,); `fresh`: those that the store lacks, by post_id, as rows of `embeddings`."""

    by_post: dict[str, NDArray[np.float32]]
    fresh: pa.Table

    def of(self, post_ids: Sequence[str]) -> NDArray[np.float32]:
        """(N, D), in this order."""
        return np.stack([self.by_post[post_id] for post_id in post_ids])


def post_vectors(
    store: Store,
    moment: Moment,
    of: ScoredModel,
    post_ids: Sequence[str],
    *,
    on_done: Callable[[int], None] | None = None,
) -> PostVectors:
    """By the model's own network, without captions, which only hard posts have. They bear the model's id as their name.
    Raises MissingWeights.
    """
    stored = moment.table(STORED, model=of.model_id, ids=list(post_ids))
    names, vectors = (stored[name].to_pylist() for name in ("post_id", "vector"))
    known = {name: np.array(vector, dtype=np.float32) for name, vector in zip(names, vectors, strict=True)}
    missing = sorted({*post_ids} - known.keys())
    made = _made(store, moment, of, missing, on_done) if missing else {}
    return PostVectors(known | made, _rows(of.model_id, made))


def _made(
    store: Store, moment: Moment, of: ScoredModel, post_ids: list[str], on_done: Callable[[int], None] | None
) -> dict[str, NDArray[np.float32]]:
    from flows.post_arrays import PostArrays, content_of
    from msa_core.classifier import Classifier
    from msa_core.pooling import fused

    classifier = Classifier.from_pretrained(of.folder)
    config = classifier.network.config
    arrays = PostArrays(store, moment, config.image_size)
    found: dict[str, NDArray[np.float32]] = {}
    for start in range(0, len(post_ids), POSTS_A_CHUNK):
        content = content_of(moment, post_ids[start : start + POSTS_A_CHUNK])
        posts = arrays.posts(content, classifier.tokenizer, config.max_length)
        found |= dict(zip(content.post_ids, fused(classifier.network, posts, on_done=on_done), strict=True))
    return found


def _rows(model_id: str, made: dict[str, NDArray[np.float32]]) -> pa.Table:
    names = sorted(made)
    vectors = pa.array([made[name] for name in names], pa.list_(pa.float32()))
    return pa.table(
        {"post_id": pa.array(names, pa.string()), "name": pa.repeat(model_id, len(names)), "vector": vectors}
    )
