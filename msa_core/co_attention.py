"""Bidirectional token-level co-attention: every word looks at every image patch, and the other way round.

Letters: B batch, T text tokens, P image tokens (the patches of all images of a post), D width, H heads,
R tokens of the reader, S tokens of the source that is read.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Attention(nn.Module):
    """Multi-head attention from a reader to a source (Vaswani et al. 2017). Where a post has no source token at all,
    it reads zero: what is not there says nothing.
    """

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.dropout = dropout
        self.query = nn.Linear(width, width)
        self.key_value = nn.Linear(width, 2 * width)
        self.out = nn.Linear(width, width)

    def forward(self, reader: Tensor, source: Tensor, padding: Tensor | None) -> Tensor:
        """reader (B, R, D), source (B, S, D), padding (B, S): true where padded; returns (B, R, D)."""
        key, value = (self._heads(part) for part in self.key_value(source).chunk(2, dim=-1))  # (B, H, S, D/H)
        mask = None
        if padding is not None:
            is_absent = padding.all(dim=1)  # (B,)
            mask = (~padding | is_absent[:, None])[:, None, None, :]  # (B, 1, 1, S); never a row without a key
        read = F.scaled_dot_product_attention(
            self._heads(self.query(reader)), key, value, attn_mask=mask, dropout_p=self.dropout if self.training else 0
        )
        read = self.out(read.transpose(1, 2).flatten(2))  # (B, R, D)
        return read if padding is None else read.masked_fill(is_absent[:, None, None], 0)

    def _heads(self, tokens: Tensor) -> Tensor:
        """(B, L, D) to (B, H, L, D/H)."""
        return tokens.unflatten(-1, (self.n_heads, -1)).transpose(1, 2)


class Reading(nn.Module):
    """One modality reads the other, then thinks: attention and a GELU layer of four times the width, each added to
    what was there and normalised after (post-LayerNorm).
    """

    def __init__(self, width: int, n_heads: int, dropout: float) -> None:
        super().__init__()
        self.attention = Attention(width, n_heads, dropout)
        self.after_attention = nn.LayerNorm(width)
        self.think = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Dropout(dropout), nn.Linear(4 * width, width)
        )
        self.after_think = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def forward(self, reader: Tensor, source: Tensor, padding: Tensor | None) -> Tensor:
        """As `Attention.forward`."""
        reader = self.after_attention(reader + self.dropout(self.attention(reader, source, padding)))
        return self.after_think(reader + self.dropout(self.think(reader)))


class CoAttentionLayer(nn.Module):
    """Both readings happen at once, each from the other's previous state."""

    def __init__(self, width: int, n_heads: int, dropout: float = 0.1) -> None:
        super().__init__()
        self.text_reads_image = Reading(width, n_heads, dropout)
        self.image_reads_text = Reading(width, n_heads, dropout)

    def forward(
        self, text: Tensor, image: Tensor, text_padding: Tensor, image_padding: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """text (B, T, D), image (B, P, D), text_padding (B, T), image_padding (B, P): true where padded."""
        return (
            self.text_reads_image(text, image, image_padding),  # (B, T, D)
            self.image_reads_text(image, text, text_padding),  # (B, P, D)
        )


def masked_mean(tokens: Tensor, padding: Tensor) -> Tensor:
    """tokens (B, L, D), padding (B, L): true where padded; the mean of the others, zero where none are: (B, D)."""
    kept = (~padding).to(tokens.dtype)[..., None]  # (B, L, 1)
    return (tokens * kept).sum(dim=1) / kept.sum(dim=1).clamp(min=1)


def ones_where(is_there: Tensor, like: Tensor) -> Tensor:
    """is_there (B,) as numbers (B, 1) of the type of `like`."""
    return torch.where(is_there, 1.0, 0.0).to(like.dtype)[:, None]
