"""Which labelled posts a training set keeps, and the named reason of each that it leaves out."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LEAK, BROKEN, DUPLICATE, CONFLICTING = "leak", "broken", "duplicate", "conflicting-twins"
KEEP, ONE = "keep", "one"
UNIFORM, AGREEMENT = "uniform", "agreement"
DUPLICATES, WEIGHTS = (KEEP, ONE), (UNIFORM, AGREEMENT)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A labelled post of train, val or pool. `agreement` is the share of answers that say the label; `is_leak`: a twin
    lies in a more sealed split; `is_broken`: reviewers say so.
    """

    post_id: str
    label: str
    label_origin: str
    agreement: float
    split: str
    cluster_id: str | None
    is_leak: bool
    is_broken: bool


def left_out(posts: Sequence[Candidate], *, keeps_leaks: bool, duplicates: str) -> dict[str, str]:
    """The reason by post_id. With `duplicates` one, the training part keeps one post of each cluster: a reviewed one
    first, then the one that most agree on, then the smallest id. Twins whose labels differ all go, unless a person has
    settled one of them.
    """
    found = {post.post_id: reason for post in posts if (reason := _alone(post, keeps_leaks))}
    if duplicates == ONE:
        learn = [post for post in posts if post.split != "val" and post.post_id not in found]
        for twins in _clusters(learn):
            found |= _among(twins)
    return found


def weight_of(post: Candidate, weights: str) -> float:
    """Of the post in the loss."""
    return post.agreement if weights == AGREEMENT else 1.0


def _alone(post: Candidate, keeps_leaks: bool) -> str | None:
    """What is wrong with a post, whatever its twins are."""
    if post.is_broken:
        return BROKEN
    return LEAK if post.is_leak and not keeps_leaks else None


def _clusters(posts: Iterable[Candidate]) -> list[list[Candidate]]:
    found: dict[str, list[Candidate]] = defaultdict(list)
    for post in posts:
        found[post.cluster_id or post.post_id].append(post)
    return [twins for twins in found.values() if len(twins) > 1]


def _among(twins: list[Candidate]) -> dict[str, str]:
    is_settled = any(post.label_origin == "review" for post in twins)
    if len({post.label for post in twins}) > 1 and not is_settled:
        return {post.post_id: CONFLICTING for post in twins}
    stays = min(twins, key=lambda post: (post.label_origin != "review", -post.agreement, post.post_id))
    return {post.post_id: DUPLICATE for post in twins if post is not stays}
