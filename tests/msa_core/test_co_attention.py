"""Co-attention: laws of masks and of order."""

import torch

from msa_core.co_attention import CoAttentionLayer, masked_mean


def test_padding_never_reaches_the_image():
    torch.manual_seed(0)
    layer = CoAttentionLayer(width=16, n_heads=4).eval()
    text, image = torch.randn(2, 5, 16), torch.randn(2, 9, 16)
    padding = torch.tensor([[0, 0, 0, 1, 1]] * 2).bool()
    _, before = layer(text, image, padding)
    _, after = layer(text.masked_fill(padding[..., None], 99.0), image, padding)
    torch.testing.assert_close(before, after)


def test_absent_images_never_reach_the_text():
    torch.manual_seed(0)
    layer = CoAttentionLayer(width=16, n_heads=4).eval()
    text, image = torch.randn(2, 5, 16), torch.randn(2, 6, 16)
    nothing = torch.zeros(2, 5).bool()
    absent = torch.tensor([[0, 0, 0, 1, 1, 1]] * 2).bool()
    before, _ = layer(text, image, nothing, absent)
    after, _ = layer(text, image.masked_fill(absent[..., None], -50.0), nothing, absent)
    torch.testing.assert_close(before, after)


def test_both_readings_start_from_the_previous_state():
    torch.manual_seed(0)
    layer = CoAttentionLayer(width=16, n_heads=4).eval()
    text, image = torch.randn(2, 5, 16), torch.randn(2, 9, 16)
    padding = torch.zeros(2, 5).bool()
    new_text, new_image = layer(text, image, padding)
    torch.testing.assert_close(new_image, layer.image_reads_text(image, text, padding))
    torch.testing.assert_close(new_text, layer.text_reads_image(text, image, None))
    assert not torch.allclose(new_image, layer.image_reads_text(image, new_text, padding))


def test_what_is_not_there_says_nothing():
    torch.manual_seed(0)
    attention = CoAttentionLayer(width=16, n_heads=4).eval().text_reads_image.attention
    read = attention(torch.randn(2, 3, 16), torch.randn(2, 4, 16), torch.tensor([[1] * 4, [0] * 4]).bool())
    assert (read[0] == 0).all()
    assert (read[1] != 0).any()


def test_attention_is_over_tokens_and_not_over_one_vector():
    torch.manual_seed(0)
    layer = CoAttentionLayer(width=16, n_heads=4).eval()
    text, image = torch.randn(1, 2, 16), torch.randn(1, 9, 16)
    new_text, _ = layer(text, image, torch.zeros(1, 2).bool())
    pooled, _ = layer(text, image.mean(1, keepdim=True), torch.zeros(1, 2).bool())
    assert not torch.allclose(new_text, pooled)


def test_a_masked_mean_leaves_the_padding_out():
    tokens = torch.tensor([[[1.0], [3.0], [100.0]], [[5.0], [7.0], [9.0]]])
    padding = torch.tensor([[0, 0, 1], [1, 1, 1]]).bool()
    assert masked_mean(tokens, padding).tolist() == [[2.0], [0.0]]
