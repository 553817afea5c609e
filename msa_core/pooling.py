"""What a model makes of a post: the one vector that it decides by, text and image joined.

Letters: N posts, D width.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from msa_core.batches import Posts, ahead, make_batch, scoring_order
from msa_core.clara import Clara
from msa_core.precision import autocast


def fused(
    network: Clara, posts: Posts, *, batch_size: int = 64, on_done: Callable[[int], None] | None = None
) -> NDArray[np.float32]:
    """(N, D): the mean over what co-attention made of words and patches, as `network.decide` is given it; zero for a
    post without either. In the order of `posts`, whatever batches they were computed in.
    """
    device = next(network.parameters()).device
    found = np.zeros((len(posts), network.config.width), dtype=np.float32)
    given: list[Tensor] = []

    def keep(module: nn.Module, inputs: tuple[Tensor]) -> None:
        given.append(inputs[0])

    network.eval()
    hook = network.decide.register_forward_pre_hook(keep)
    try:
        with torch.inference_mode(), autocast(device, network.config.precision):
            for batch in ahead(make_batch(posts, rows) for rows in scoring_order(posts, batch_size)):
                network(batch.to(device))
                found[batch.rows.numpy()] = given.pop().float().cpu().numpy()
                if on_done is not None:
                    on_done(len(batch.rows))
    finally:
        hook.remove()
    return found
