"""CLARA: CLIP sees, DeBERTa reads, co-attention joins them token by token, and what each modality says alone is heard.

After https://doi.org/10.5281/zenodo.17862924, as its README describes it: attention runs over tokens (not over one
pooled vector), padding is masked, both readings start from the previous state, and each verification head has its own
loss and sees its own modality only: another image never changes the text's logits.

Letters: B batch, T text tokens, P image tokens, K images of a post, I images of a batch, S image side, D width,
C classes.
"""

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from msa_core.batches import Batch
from msa_core.co_attention import CoAttentionLayer, masked_mean, ones_where

CLIP_MEAN = (0.48145466, 0.4578275, 0.40821073)
CLIP_STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True, slots=True)
class ClaraConfig:
    """What the network is; saved with its weights. `vision` and `text` are hub ids, local folders, or the name of a
    size of random towers. `trains`: `lora` (adapters and heads), `hybrid` (also the last text layer), `all` (every
    weight: a frozen random tower would learn nothing). `precision` is the one it was trained in and scores in;
    `is_masked`: user names and links of its texts were masked. `captions`: the kind of captions that it reads behind
    the text, of at most `caption_length` tokens.
    """

    task: str
    labels: tuple[str, ...]
    vision: str = "openai/clip-vit-base-patch16"
    text: str = "microsoft/deberta-v3-base"
    image_size: int = 224
    max_length: int = 64
    width: int = 512
    n_layers: int = 2
    n_heads: int = 8
    dropout: float = 0.1
    trains: str = "hybrid"
    lora_rank: int = 8
    lora_alpha: int = 16
    lora_dropout: float = 0.05
    precision: str = "fp32"
    is_masked: bool = True
    captions: str | None = None
    caption_length: int = 0

    def plain(self) -> dict[str, Any]:
        """As JSON can say it. One that reads no captions says nothing of them, as before there were any: the digests of
        its settings and of its checkpoint stay what they were.
        """
        fields = {**asdict(self), "labels": list(self.labels)}
        silent = () if self.captions else ("captions", "caption_length")
        return {name: value for name, value in fields.items() if name not in silent}


class Logits(NamedTuple):
    """Of the pair, and of each modality alone; each (B, C). Text is what the text tower reads: a caption too."""

    pair: Tensor
    text: Tensor
    image: Tensor


class Clara(nn.Module):
    """`vision` and `text` are towers: their output has `last_hidden_state`, their config has `hidden_size`."""

    def __init__(self, config: ClaraConfig, vision: Any, text: Any) -> None:
        super().__init__()
        self.config, self.vision, self.text = config, vision, text
        width, n_labels = config.width, len(config.labels)
        self.project_image = nn.Linear(vision.config.hidden_size, width)
        self.project_text = nn.Linear(text.config.hidden_size, width)
        self.co_attention = nn.ModuleList(
            CoAttentionLayer(width, config.n_heads, config.dropout) for _ in range(config.n_layers)
        )
        self.verify_image = _head(width, n_labels, config.dropout)
        self.verify_text = _head(width, n_labels, config.dropout)
        self.decide = _head(width, n_labels, config.dropout)
        self.feedback = nn.Sequential(
            nn.Linear(width + n_labels, width), nn.GELU(), nn.Dropout(config.dropout), nn.Linear(width, n_labels)
        )
        self.register_buffer("mean", torch.tensor(CLIP_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(CLIP_STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, batch: Batch) -> Logits:
        """A post without text or without image is decided by what it has; without both, by the heads' biases."""
        text, text_padding = self.read(batch)
        image, image_padding = self.see(batch)
        text_logits = self.verify_text(masked_mean(text, text_padding))  # (B, C)
        image_logits = self.verify_image(masked_mean(image, image_padding))  # (B, C)
        for layer in self.co_attention:
            text, image = layer(text, image, text_padding, image_padding)
        has_text, has_image = batch.has_text, ~batch.image_padding.all(dim=1)
        fused = mean_of_present(masked_mean(text, text_padding), masked_mean(image, image_padding), has_text, has_image)
        consensus = (F.softmax(image_logits, dim=-1) - F.softmax(text_logits, dim=-1)).abs()
        consensus = consensus * ones_where(has_text & has_image, consensus)  # (B, C); 0 = the two agree
        pair = self.decide(fused) + self.feedback(torch.cat([fused, consensus.to(fused.dtype)], dim=-1))
        return Logits(pair.float(), text_logits.float(), image_logits.float())

    def read(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Tokens of texts and captions (B, T, D) and their padding (B, T), all of it true where a post has neither."""
        hidden = self.text(input_ids=batch.tokens, attention_mask=(~batch.text_padding).long()).last_hidden_state
        return self.project_text(hidden), batch.text_padding | ~batch.has_text[:, None]

    def see(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Patches of all images of each post (B, P, D), end to end, and their padding (B, P)."""
        n_posts = len(batch.image_of)
        if not len(batch.pixels):
            nothing = self.project_image.weight.new_zeros(n_posts, 1, self.config.width)
            return nothing, batch.image_padding[:, :1]
        pixels = (batch.pixels.permute(0, 3, 1, 2).float() / 255 - self.mean) / self.std  # (I, 3, S, S)
        patches = self.project_image(self.vision(pixel_values=pixels).last_hidden_state)  # (I, patches, D)
        tokens = F.embedding(batch.image_of, patches.flatten(1)).view(n_posts, -1, self.config.width)  # (B, P, D)
        return tokens, batch.image_padding.repeat_interleave(patches.shape[1], dim=1)


def mean_of_present(text: Tensor, image: Tensor, has_text: Tensor, has_image: Tensor) -> Tensor:
    """text and image (B, D): their mean; where only one is there, that one; where none is, zero."""
    weigh_text, weigh_image = ones_where(has_text, text), ones_where(has_image, image)
    return (text * weigh_text + image * weigh_image) / (weigh_text + weigh_image).clamp(min=1)


def _head(width: int, n_labels: int, dropout: float) -> nn.Sequential:
    """(B, D) to (B, C)."""
    return nn.Sequential(nn.Dropout(dropout), nn.Linear(width, n_labels))


def n_weights(network: nn.Module) -> tuple[int, int]:
    """Number of all weights, and of those that training changes."""
    sizes = [(weights.numel(), weights.requires_grad) for weights in network.parameters()]
    return sum(size for size, _ in sizes), sum(size for size, trains in sizes if trains)
