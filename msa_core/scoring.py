"""Probabilities of every post, of the pair and of each modality alone.

Letters: N posts, C classes.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from msa_core.batches import Posts, ahead, make_batch, scoring_order
from msa_core.clara import Clara
from msa_core.precision import autocast

Probs = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Scores:
    """Each (N, C); a row of `text` or `image` is NaN where the post has no such modality. `text` is of what the text
    tower reads: the post's own text and, where the model reads captions, the caption behind it.
    """

    pair: Probs
    text: Probs
    image: Probs


def score(
    network: Clara, posts: Posts, *, batch_size: int = 64, on_done: Callable[[int], None] | None = None
) -> Scores:
    """Scores in the order of `posts`, whatever batches they were computed in; on the device of the network."""
    device = next(network.parameters()).device
    found = np.full((3, len(posts), len(network.config.labels)), np.nan, dtype=np.float32)
    network.eval()
    batches = (make_batch(posts, rows) for rows in scoring_order(posts, batch_size))
    with torch.inference_mode(), autocast(device, network.config.precision):
        for batch in ahead(batches):
            logits = network(batch.to(device))
            found[:, batch.rows.numpy()] = F.softmax(torch.stack(logits), dim=-1).cpu().numpy()
            if on_done is not None:
                on_done(len(batch.rows))
    found[1, ~posts.has_text] = np.nan
    found[2, posts.images.lengths == 0] = np.nan
    return Scores(*found)
