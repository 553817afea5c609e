"""Why a post may be worth a person's minute: measures of the probs of a model that never saw the post.

Each is 0 where there is nothing to ask and 1 where the post is hardest. Letters: N posts, C labels.
Probs (N, C), rows sum to 1; Scores (N,) in [0, 1]; Places (N,) index of a label, -1 where there is none.
"""

import numpy as np

Probs = np.ndarray
Scores = np.ndarray
Places = np.ndarray

NEUTRAL_WITHIN = 0.3
REASONS = (  # the order of the columns of `strengths`; `msa drift` adds `unfamiliar`, which no probs can tell
    "entropy",
    "least-confidence",
    "margin",
    "modality-conflict",
    "neutral-confusion",
    "wrong-and-confident",
)


def strengths(probs: Probs, text_probs: Probs, image_probs: Probs, given: Places, neutral: int | None) -> Scores:
    """(N, reasons): every measure, in the order of REASONS. `neutral` is None where the label space has none."""
    confusion = np.zeros(len(probs)) if neutral is None else neutral_confusion(probs, neutral)
    return np.stack(
        [
            entropy(probs),
            least_confidence(probs),
            margin(probs),
            modality_conflict(text_probs, image_probs),
            confusion,
            wrong_and_confident(probs, given),
        ],
        axis=1,
    )


def least_confidence(probs: Probs) -> Scores:
    """Distance of the top label from certainty, as a share of its maximum (Culotta and McCallum 2005; Settles 2009)."""
    n_labels = probs.shape[1]
    return _bounded((1 - probs.max(axis=1)) * n_labels / (n_labels - 1))


def margin(probs: Probs) -> Scores:
    """Closeness of the two top labels (Scheffer et al. 2001)."""
    return _bounded(1 - _gap(probs))


def entropy(probs: Probs) -> Scores:
    """Shannon's entropy as a share of its maximum, log C (Shannon 1948; Settles 2009)."""
    logs = np.log(probs, where=probs > 0, out=np.zeros_like(probs))
    return _bounded(-(probs * logs).sum(axis=1) / np.log(probs.shape[1]))


def neutral_confusion(probs: Probs, neutral: int, within: float = NEUTRAL_WITHIN) -> Scores:
    """Closeness of the two top labels, as a share of `within`, where neutral is one of them; 0 further apart.

    Neutral is where readers of posts disagree most, so a near tie with it asks for a person.
    """
    is_top_two = (np.argsort(-probs, axis=1, kind="stable")[:, :2] == neutral).any(axis=1)
    return _bounded(np.where(is_top_two, 1 - _gap(probs) / within, 0))


def modality_conflict(text_probs: Probs, image_probs: Probs) -> Scores:
    """Total variation between the readings of the text and of the image, where their top labels differ; else 0.

    A committee of two whose members are the modalities (query by committee: Seung, Opper and Sompolinsky 1992).
    """
    is_conflict = text_probs.argmax(axis=1) != image_probs.argmax(axis=1)
    return _bounded(np.where(is_conflict, np.abs(text_probs - image_probs).sum(axis=1) / 2, 0))


def wrong_and_confident(probs: Probs, given: Places) -> Scores:
    """1 - p(given label) where the top label is another one; 0 where they agree or no label is given.

    Self-confidence turned over (Northcutt, Jiang and Chuang 2021): the ranking that finds wrong labels.
    """
    of_given = np.take_along_axis(probs, np.maximum(given, 0)[:, None], axis=1)[:, 0]
    is_wrong = (given >= 0) & (probs.argmax(axis=1) != given)
    return _bounded(np.where(is_wrong, 1 - of_given, 0))


def _gap(probs: Probs) -> Scores:
    second, first = np.sort(probs, axis=1)[:, -2:].T
    return first - second


def _bounded(scores: Scores) -> Scores:
    """Rounding of float32 probs can leave the interval by a hair."""
    return np.clip(scores, 0, 1)
