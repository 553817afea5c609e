"""The two pretrained encoders: a CLIP vision tower and a DeBERTa text tower, and what of them is trained.

Weights come by hub id or from a local folder; where they are not to be had, the error says what to do. LoRA (Hu et al.
2021) adds low-rank changes to the query and value projections and freezes the rest; `hybrid` also trains the last text
layer, whole.
"""

import warnings
from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from huggingface_hub import HfApi, constants, try_to_load_from_cache
from peft import LoraConfig, get_peft_model
from torch import nn
from transformers import AutoModel, AutoTokenizer, CLIPVisionModel
from transformers.utils import logging as transformers_logging

from msa_core.clara import ClaraConfig
from msa_core.errors import MissingWeights, TrainingError
from msa_core.tiny import SIZES, random_text, random_vision, train_tokenizer

WEIGHTS = ("model.safetensors", "pytorch_model.bin", "model.safetensors.index.json", "pytorch_model.bin.index.json")
QUERY_AND_VALUE = (("query_proj", "value_proj"), ("q_proj", "v_proj"), ("query", "value"))


@dataclass(frozen=True, slots=True)
class Towers:
    """An encoder of each modality and the tokenizer of the text's."""

    vision: Any
    text: Any
    tokenizer: Any


def towers_of(config: ClaraConfig, texts: Iterable[str], seed: int) -> Towers:
    """The towers that `config` names, before anything is frozen; `texts` make the tokenizer of random ones. Raises
    MissingWeights, and TrainingError where images are smaller than one patch.
    """
    if config.vision not in SIZES:
        towers = pretrained(config.vision, config.text)
        _check_side(config.image_size, towers.vision.config.patch_size)
        return towers
    size = SIZES[config.vision]
    _check_side(config.image_size, size.patch_size)
    n_positions = config.max_length + config.caption_length
    tokenizer = train_tokenizer(texts, size.vocabulary, n_positions)
    vision = random_vision(size, config.image_size, seed)
    return Towers(vision, random_text(size, len(tokenizer), n_positions, seed), tokenizer)


def _check_side(side: int, patch: int) -> None:
    if side < patch:
        raise TrainingError(f"Images of {side} px hold no patch of {patch} px. Choose --image-size {patch} or more")


def pretrained(vision: str, text: str, tokenizer: str | None = None) -> Towers:
    """Towers by hub id or local folder, in fp32. Raises MissingWeights."""
    return Towers(
        _weights(vision, CLIPVisionModel, "--vision"),
        _weights(text, AutoModel, "--text"),
        _fetched(tokenizer or text, AutoTokenizer, "--text"),
    )


def is_at_hand(name: str, *, timeout_s: float = 3.0) -> bool:
    """Whether a tower is a local folder, lies in the hub's cache, or can be fetched: the hub, unless HF_HUB_OFFLINE is
    set, answers for it in time.
    """
    if Path(name).is_dir():
        return True
    if any(isinstance(try_to_load_from_cache(name, weights), str) for weights in WEIGHTS):
        return True
    if constants.HF_HUB_OFFLINE:
        return False
    try:
        HfApi().model_info(name, timeout=timeout_s)
    except Exception:  # the hub's client, its transport and its proxies each raise errors of their own
        return False
    return True


def train_only(towers: Towers, config: ClaraConfig) -> Towers:
    """The same towers, where only what `config.trains` says still learns."""
    if config.trains == "all":
        return towers
    n_layers = towers.text.config.num_hidden_layers
    n_adapted = n_layers - 1 if config.trains == "hybrid" else n_layers
    text = with_lora(towers.text, config, n_adapted)
    if config.trains == "hybrid":
        for weights in text.base_model.model.encoder.layer[-1].parameters():
            weights.requires_grad_(True)
    vision = with_lora(towers.vision, config, towers.vision.config.num_hidden_layers)
    return Towers(vision, text, towers.tokenizer)


def with_lora(tower: Any, config: ClaraConfig, n_layers: int) -> Any:
    """The tower frozen, with adapters on query and value of its first `n_layers` layers."""
    names = {name.rsplit(".", 1)[-1] for name, part in tower.named_modules() if isinstance(part, nn.Linear)}
    pair = next((pair for pair in QUERY_AND_VALUE if names.issuperset(pair)), None)
    if pair is None:
        raise TrainingError(f"No query and value projections in {type(tower).__name__}. Train all of it: --lora-rank 0")
    layers = "|".join(str(layer) for layer in range(n_layers))
    settings = LoraConfig(
        r=config.lora_rank,
        lora_alpha=config.lora_alpha,
        lora_dropout=config.lora_dropout,
        target_modules=rf".*\.layers?\.({layers})\..*({'|'.join(pair)})",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft still asks transformers by an older name
        return get_peft_model(tower, settings)


def _weights(name: str, kind: Any, option: str) -> Any:
    """A tower all of whose weights were there; a pooler is not used, so it may be absent."""
    tower, report = _fetched(name, kind, option, dtype=torch.float32, output_loading_info=True)
    missing = sorted(key for key in report["missing_keys"] if "pooler" not in key)
    if missing:
        wanted = type(tower).__name__
        raise MissingWeights(
            f"{name!r} is no {wanted}: it lacks {missing[0]} and {len(missing) - 1} more. See {option}"
        )
    return tower


def _fetched(name: str, kind: Any, option: str, **options: Any) -> Any:
    try:
        with quiet_transformers():
            return kind.from_pretrained(name, **options)
    except (OSError, ValueError, ImportError, KeyError, RuntimeError) as error:
        raise MissingWeights(_remedy(name, option)) from error


def _remedy(name: str, option: str) -> str:
    is_offline = constants.HF_HUB_OFFLINE
    hub = "the hub was not asked (HF_HUB_OFFLINE is set)" if is_offline else "the hub could not give them"
    return (
        f"No usable weights for {name!r}: no such local folder, not in {constants.HF_HUB_CACHE}, and {hub}. "
        f"Where there is a network: hf download {name}; then {option} <that folder>. Without one: --towers tiny"
    )


@contextmanager
def quiet_transformers() -> Any:
    """This room prints nothing: the bars and load reports of transformers are silent inside."""
    level, bars = transformers_logging.get_verbosity(), transformers_logging.is_progress_bar_enabled()
    transformers_logging.set_verbosity_error()
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        if bars:
            transformers_logging.enable_progress_bar()
