"""CLARA's settings, as its README gives them; and those with which its shape learns from random towers."""

import math
from dataclasses import dataclass, replace

from msa_core.clara import ClaraConfig
from msa_core.errors import TrainingError
from msa_core.tiny import SIZES
from msa_core.towers import is_at_hand
from msa_core.training import Recipe

AUTO, PRETRAINED = "auto", "pretrained"
TOWERS = (PRETRAINED, *SIZES)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person said; None leaves it to the preset."""

    towers: str = PRETRAINED
    vision: str | None = None
    text: str | None = None
    image_size: int | None = None
    max_length: int = 64
    lora_rank: int | None = None
    epochs: int | None = None
    learning_rate: float | None = None
    batch_size: int = 32
    seed: int = 7
    captions: str | None = None
    caption_length: int = 48

    def reading(self, captions: str | None, length: int) -> "Asked":
        """The same, with captions of this kind, of at most `length` tokens, behind the text; None for none."""
        return replace(self, captions=captions, caption_length=length)


def towers_at_hand(towers: str, vision: str | None, text: str | None) -> str:
    """`auto` is pretrained where both towers can be had, or where one is named; else tiny. Another word stays."""
    if towers != AUTO:
        return towers
    if vision or text:
        return PRETRAINED
    usual = ClaraConfig("", ())
    return PRETRAINED if all(is_at_hand(name) for name in (usual.vision, usual.text)) else "tiny"


def towers_meant(asked: Asked) -> tuple[str, str]:
    """The CLIP tower and the text tower, as a config names them."""
    if asked.towers != PRETRAINED:
        return asked.towers, asked.towers
    usual = ClaraConfig("", ())
    return asked.vision or usual.vision, asked.text or usual.text


def clara_config(asked: Asked, task: str, labels: tuple[str, ...], *, is_masked: bool) -> ClaraConfig:
    """Random towers train every weight unless a LoRA rank is asked; pretrained ones get LoRA and their last text layer.
    A LoRA rank of 0 trains every weight. Raises TrainingError.
    """
    if asked.towers not in TOWERS:
        raise TrainingError(f"No towers {asked.towers!r}. Towers: {AUTO}, {', '.join(TOWERS)}")
    if asked.towers in SIZES and (named := asked.vision or asked.text):
        raise TrainingError(f"{asked.towers} towers are random, not {named!r}. For that one: --towers {PRETRAINED}")
    config = (_pretrained if asked.towers == PRETRAINED else _random)(asked, task, labels, is_masked)
    length = asked.caption_length if asked.captions else 0
    return replace(config, captions=asked.captions, caption_length=length)


def recipe(asked: Asked) -> Recipe:
    """CLARA's for pretrained towers; random ones need larger steps and fewer epochs. Raises TrainingError."""
    if asked.learning_rate is not None and not 0 <= asked.learning_rate < math.inf:
        raise TrainingError(f"No learning rate {asked.learning_rate:g}. Choose one above 0, such as 2e-5")
    epochs, rate = (50, 2e-5) if asked.towers == PRETRAINED else (15, 1e-3 if asked.towers == "tiny" else 3e-4)
    return Recipe(
        epochs=epochs if asked.epochs is None else asked.epochs,
        batch_size=asked.batch_size,
        learning_rate=rate if asked.learning_rate is None else asked.learning_rate,
        patience=10 if asked.towers == PRETRAINED else 5,
        seed=asked.seed,
    )


def _pretrained(asked: Asked, task: str, labels: tuple[str, ...], is_masked: bool) -> ClaraConfig:
    usual = ClaraConfig(task, labels)
    rank = usual.lora_rank if asked.lora_rank is None else asked.lora_rank
    vision, text = towers_meant(asked)
    return ClaraConfig(
        task,
        labels,
        vision=vision,
        text=text,
        image_size=asked.image_size or usual.image_size,
        max_length=asked.max_length,
        is_masked=is_masked,
        trains=usual.trains if rank else "all",
        lora_rank=rank,
        lora_alpha=2 * rank,
    )


def _random(asked: Asked, task: str, labels: tuple[str, ...], is_masked: bool) -> ClaraConfig:
    size, rank = SIZES[asked.towers], asked.lora_rank or 0
    return ClaraConfig(
        task,
        labels,
        vision=asked.towers,
        text=asked.towers,
        image_size=asked.image_size or size.image_size,
        max_length=asked.max_length,
        is_masked=is_masked,
        width=size.width,
        n_heads=size.n_heads,
        trains="lora" if rank else "all",
        lora_rank=rank,
        lora_alpha=2 * rank,
    )
