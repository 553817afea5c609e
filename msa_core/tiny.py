"""Towers that need no download: the classes of CLIP and DeBERTa with small random weights, and a tokenizer made from
the texts at hand. They are not CLIP: nothing is pretrained, so a model that stands on them trains every weight.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import CLIPVisionConfig, CLIPVisionModel, DebertaV2Config, DebertaV2Model, PreTrainedTokenizerFast

PAD, CLS, SEP, UNKNOWN, MASK = SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]")


@dataclass(frozen=True, slots=True)
class Size:
    """Both towers have these measures; images are squares of 64 px in patches of 16."""

    width: int
    n_layers: int
    n_heads: int
    image_size: int = 64
    patch_size: int = 16
    vocabulary: int = 8000


SIZES = {"tiny": Size(64, 2, 4), "small": Size(256, 4, 8)}


def train_tokenizer(texts: Iterable[str], vocabulary: int, max_length: int) -> PreTrainedTokenizerFast:
    """Lower-case byte-pair pieces of the words; the same texts in any order give the same tokenizer."""
    tokenizer = Tokenizer(models.BPE(unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.Metaspace(prepend_scheme="always")]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary, min_frequency=2, special_tokens=list(SPECIAL), limit_alphabet=500, show_progress=False
    )
    tokenizer.train_from_iterator(sorted(texts), trainer)
    ends = [(token, tokenizer.token_to_id(token)) for token in (CLS, SEP)]
    tokenizer.post_processor = processors.TemplateProcessing(single=f"{CLS} $A {SEP}", special_tokens=ends)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_length,
        **dict(zip(("pad_token", "cls_token", "sep_token", "unk_token", "mask_token"), SPECIAL, strict=True)),
    )


def random_vision(size: Size, image_size: int, seed: int) -> Any:
    """A CLIP vision tower of this size; the same seed gives the same weights."""
    torch.manual_seed(seed)
    return CLIPVisionModel(
        CLIPVisionConfig(
            hidden_size=size.width,
            intermediate_size=4 * size.width,
            num_hidden_layers=size.n_layers,
            num_attention_heads=size.n_heads,
            image_size=image_size,
            patch_size=size.patch_size,
        )
    )


def random_text(size: Size, n_tokens: int, max_length: int, seed: int) -> Any:
    """A DeBERTa-v3 tower of this size over a vocabulary of `n_tokens`; the same seed gives the same weights."""
    torch.manual_seed(seed + 1)
    return DebertaV2Model(
        DebertaV2Config(
            vocab_size=n_tokens,
            hidden_size=size.width,
            intermediate_size=4 * size.width,
            num_hidden_layers=size.n_layers,
            num_attention_heads=size.n_heads,
            max_position_embeddings=max(max_length, 64),
            type_vocab_size=0,
            relative_attention=True,
            position_buckets=32,
            norm_rel_ebd="layer_norm",
            share_att_key=True,
            pos_att_type=["p2c", "c2p"],
            position_biased_input=False,
            pad_token_id=0,
        )
    )
