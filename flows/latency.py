"""How long two models take for a post, one post at a time, on the same posts and in turn: the gate allows a ratio."""

from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

from flows.scored_models import ScoredModel
from warehouse import Moment, Store

if TYPE_CHECKING:
    from msa_core.batches import Posts
    from msa_core.clara import Clara

N_POSTS = 24


def latencies(
    store: Store, moment: Moment, one: ScoredModel, other: ScoredModel, post_ids: list[str]
) -> tuple[float | None, float | None]:
    """Median milliseconds a post of each, from tokens and pixels to probs; null where its checkpoint is not here."""
    asked = sorted(post_ids)[:: max(1, len(post_ids) // N_POSTS)][:N_POSTS]
    ready = [_ready(store, moment, model, asked) if model.folder.exists() else None for model in (one, other)]
    taken: tuple[list[float], list[float]] = ([], [])
    for place in (0, *range(len(asked))):  # the first of all warms up
        for times, each in zip(taken, ready, strict=True):
            if each is not None:
                times.append(_timed(*each, place=place))
    first, second = (median(times[1:]) if len(times) > 1 else None for times in taken)
    return first, second


def _ready(store: Store, moment: Moment, model: ScoredModel, post_ids: list[str]) -> "tuple[Clara, list[Posts]]":
    """The network, and each post as arrays of its own."""
    from flows.post_arrays import PostArrays, content_of
    from msa_core.classifier import Classifier

    classifier = Classifier.from_pretrained(model.folder)
    config = classifier.network.config
    arrays = PostArrays(store, moment, config.image_size)
    content = content_of(moment, post_ids, model.captions)
    lengths = config.max_length, config.caption_length
    each = [arrays.posts(content.take([place]), classifier.tokenizer, *lengths) for place in range(len(post_ids))]
    return classifier.network, each


def _timed(network: "Clara", posts: "list[Posts]", *, place: int) -> float:
    from msa_core.scoring import score

    started = perf_counter()
    score(network, posts[place], batch_size=1)
    return 1000 * (perf_counter() - started)
