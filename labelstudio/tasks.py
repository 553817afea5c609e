"""A post as a task of Label Studio: what the screen shows, and a score that puts it in its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

REASON_IN_WORDS = {
    "wrong-and-confident": "the model contradicts the given label",
    "modality-conflict": "text and image seem to say different things",
    "neutral-confusion": "neutral, or a polar label?",
    "least-confidence": "the model is unsure",
    "margin": "two labels are nearly as likely",
    "entropy": "all labels are nearly as likely",
    "unfamiliar": "it is unlike the posts that the model knows",
    "ground-truth": "the model is unsure",  # a post that measures the reviewer must not tell
    "reviewers-disagree": "reviewers disagreed on it",
    "not-settled": "those who judged it do not settle it",
}
MAX_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class TaskPost:
    """A post for one round. `probs` in the order of `labels`; `priority` in [0, 1], higher = sooner."""

    post_id: str
    round: str
    text: str
    images: tuple[str, ...]
    caption: str
    reasons: tuple[str, ...]
    note: str
    priority: float
    overlap: int
    model_id: str
    labels: tuple[str, ...]
    probs: tuple[float, ...]


def as_task(post: TaskPost, *, opinion: str) -> dict[str, Any]:
    """The import form. `opinion`: hidden, ask or shown. The free server orders by ascending score: 1 - priority."""
    is_visible = opinion != "hidden" and bool(post.probs)
    prediction = {
        "model_version": post.model_id,
        "score": round(1 - post.priority, 6),
        "result": [_choice(post)] if opinion == "shown" and post.probs else [],
    }
    data = {
        "post_id": post.post_id,
        "round": post.round,
        "text": _plain(post.text),
        "images": list(post.images),
        "caption": _plain(post.caption),
        "why": in_words(post.reasons),
        "note": _plain(post.note),
        "opinion": opinion_in_words(post) if is_visible else "",
        "model_id_shown": post.model_id if is_visible else None,
    }
    return {"data": data, "predictions": [prediction]}


def in_words(reasons: Sequence[str]) -> str:
    """Why a post is here, as a reviewer reads it."""
    return "; ".join(REASON_IN_WORDS.get(reason, reason.replace("-", " ")) for reason in reasons)


def opinion_in_words(post: TaskPost) -> str:
    """The labels by falling probability."""
    ranked = sorted(zip(post.probs, post.labels, strict=True), reverse=True)
    return ", ".join(f"{label} {prob:.0%}" for prob, label in ranked)


def _choice(post: TaskPost) -> dict[str, Any]:
    top = post.labels[max(range(len(post.probs)), key=post.probs.__getitem__)]
    return {"from_name": "both", "to_name": "post", "type": "choices", "value": {"choices": [top]}}


def _plain(text: str) -> str:
    """A text that any database takes: no NUL, and no longer than a person reads."""
    return text.replace("\x00", "\ufffd")[:MAX_TEXT]
