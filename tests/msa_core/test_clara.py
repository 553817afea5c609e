"""The network: what may and what may not change a post's numbers."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from msa_core.batches import Ragged, make_batch
from msa_core.clara import n_weights
from msa_core.scoring import score
from tests.msa_core.clara_by_hand import network, posts


@pytest.fixture(scope="module")
def made():
    clara, towers = network()
    return clara, posts(towers, 12, has_labels=False)


def test_the_batch_does_not_change_a_post(made):
    clara, some = made
    alone, together = score(clara, some, batch_size=1), score(clara, some, batch_size=12)
    for name in ("pair", "text", "image"):
        np.testing.assert_allclose(getattr(alone, name), getattr(together, name), atol=1e-5)


def test_the_order_of_posts_does_not_matter(made):
    clara, some = made
    order = np.random.default_rng(1).permutation(12)
    np.testing.assert_allclose(
        score(clara, some, batch_size=5).pair[order], score(clara, some.take(order), batch_size=5).pair, atol=1e-5
    )


def test_probs_sum_to_one(made):
    clara, some = made
    scores = score(clara, some)
    for probs in (scores.pair, scores.text, scores.image):
        np.testing.assert_allclose(probs.sum(1), 1, atol=1e-5)


def test_a_modality_alone_hears_nothing_of_the_other(made):
    clara, some = made
    others = replace(some, pixels=255 - some.pixels[np.arange(12)])
    before, after = score(clara, some), score(clara, others)
    np.testing.assert_array_equal(before.text, after.text)
    assert not np.allclose(before.image, after.image)
    assert not np.allclose(before.pair, after.pair)


def test_posts_that_lack_a_modality_have_numbers_all_the_same(made):
    clara, some = made
    has_text = some.has_text.copy()
    has_text[[1, 2]] = False
    images = Ragged.of([[], [0], [], *[[row] for row in range(3, 12)]])
    scores = score(clara, replace(some, has_text=has_text, images=images), batch_size=12)
    assert np.isfinite(scores.pair).all()
    assert np.isnan(scores.text).any(1).tolist() == [False, True, True] + [False] * 9
    assert np.isnan(scores.image).any(1).tolist() == [True, False, True] + [False] * 9
    none_at_all = replace(some, images=Ragged.of([[]] * 12), pixels=some.pixels[:0])
    np.testing.assert_allclose(scores.pair[0], score(clara, none_at_all, batch_size=1).pair[0], atol=1e-5)


def test_a_post_without_text_does_not_hear_the_empty_text(made):
    clara, some = made
    silent = replace(some, has_text=np.zeros(12, dtype=bool))
    swapped = replace(silent, tokens=some.tokens.take(np.arange(12)[::-1]))
    np.testing.assert_allclose(score(clara, silent).pair, score(clara, swapped).pair, atol=1e-5)


def test_several_images_are_one_sequence_of_patches(made):
    clara, some = made
    several = replace(some, images=Ragged.of([[0, 1, 2], [3], *[[row] for row in range(2, 12)]]))
    batch = make_batch(several, np.arange(2))
    tokens, padding = clara.see(batch)
    n_patches = (32 // 16) ** 2 + 1
    assert tokens.shape[:2] == (2, 3 * n_patches)
    assert (~padding).sum(1).tolist() == [3 * n_patches, n_patches]
    alone, _ = clara.see(make_batch(some, np.array([3])))
    torch.testing.assert_close(tokens[1, :n_patches], alone[0])
    np.testing.assert_allclose(score(clara, several).pair[2:], score(clara, some).pair[2:], atol=1e-5)


def test_lora_trains_only_what_it_says():
    whole, _ = network()
    assert n_weights(whole)[0] == n_weights(whole)[1]
    heads = sum(w.numel() for name, w in whole.named_parameters() if not name.startswith(("vision.", "text.")))
    adapted, _ = network(trains="lora", lora_rank=2)
    learns = {name for name, weights in adapted.named_parameters() if weights.requires_grad}
    assert all(".lora_" in name for name in learns if name.startswith(("vision.", "text.")))
    assert n_weights(adapted)[1] == heads + 2 * 2 * 2 * 2 * (
        64 * 2
    )  # towers, layers, projections, A and B, width x rank


def test_hybrid_trains_the_last_text_layer_whole():
    hybrid, _ = network(trains="hybrid", lora_rank=2)
    learns = [name for name, weights in hybrid.text.named_parameters() if weights.requires_grad]
    assert any(".layer.0." in name and ".lora_" in name for name in learns)
    assert not any(".layer.1." in name and ".lora_" in name for name in learns)
    last = hybrid.text.base_model.model.encoder.layer[-1]
    assert all(weights.requires_grad for weights in last.parameters())
