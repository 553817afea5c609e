"""A model as a folder, without pickles:

config.json          what the network is (ClaraConfig)
heads.safetensors    every trained weight that is not an adapter's
adapters/<modality>  LoRA in the format of peft (absent when all weights are trained)
towers/<modality>    whole towers, where no hub id gives them back (random ones, and fully trained ones)
tokenizer/           of the text tower
metrics.json         how it was trained and what it reached on validation
"""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel, load_peft_weights, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from msa_core.clara import Clara, ClaraConfig
from msa_core.errors import MissingWeights
from msa_core.tiny import SIZES
from msa_core.towers import Towers, pretrained, quiet_transformers, train_only

MODALITIES = ("vision", "text")


def build(config: ClaraConfig, towers: Towers, seed: int = 0) -> Clara:
    """The network on its towers, with only what `config.trains` says left to learn; `seed` draws its new weights."""
    torch.manual_seed(seed)
    adapted = train_only(towers, config)
    return Clara(config, adapted.vision, adapted.text)


def save(network: Clara, tokenizer: Any, folder: Path, metrics: dict[str, Any]) -> None:
    """Writes the folder; the same weights give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    _write_json(folder / "config.json", network.config.plain())
    _write_json(folder / "metrics.json", metrics)
    with quiet_transformers():
        _save_tokenizer(tokenizer, folder / "tokenizer")
        for modality in MODALITIES:
            _save_tower(network, folder, modality)
    save_file({name: weights.contiguous() for name, weights in heads(network).items()}, folder / "heads.safetensors")


def load(folder: Path) -> tuple[Clara, Any]:
    """The network, ready to score, and its tokenizer. Raises MissingWeights."""
    config = config_of(folder)
    kept = folder / "towers"
    vision, text = (str(kept / m) for m in MODALITIES) if kept.exists() else (config.vision, config.text)
    towers = pretrained(vision, text, str(folder / "tokenizer"))
    network = build(config, towers)
    for modality in MODALITIES:
        adapter = folder / "adapters" / modality
        if adapter.exists():
            set_peft_model_state_dict(getattr(network, modality), load_peft_weights(str(adapter), device="cpu"))
    missing, unknown = network.load_state_dict(load_file(folder / "heads.safetensors"), strict=False)
    if unknown or heads(network).keys() & set(missing):
        raise MissingWeights(
            f"{folder}/heads.safetensors does not fit its config.json. Train again, or copy the folder anew"
        )
    return network.eval(), towers.tokenizer


def config_of(folder: Path) -> ClaraConfig:
    """Raises MissingWeights where the folder holds no checkpoint."""
    path = folder / "config.json"
    if not path.is_file():
        raise MissingWeights(
            f"No checkpoint in {folder}: it has no config.json. A checkpoint is made by: msa train clara "
            "(msa gc --models-older-than takes away those of old models)"
        )
    fields = json.loads(path.read_text())
    return ClaraConfig(**{**fields, "labels": tuple(fields["labels"])})


def digest(folder: Path) -> str:
    """SHA-256 over the paths and contents of all files of a folder, fold models beneath included."""
    whole = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(
            f"{path.relative_to(folder).as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode()
        )
    return whole.hexdigest()


def owns_towers(config: ClaraConfig) -> bool:
    """Whether the checkpoint must hold the whole towers."""
    return config.trains == "all" or config.vision in SIZES


def heads(network: Clara) -> dict[str, Tensor]:
    """Trained weights that neither an adapter nor a saved tower holds: a fully trained text layer is among them."""
    towers = ("vision.", "text.") if network.config.trains == "all" else ()
    return {
        name: weights.detach()
        for name, weights in network.named_parameters()
        if weights.requires_grad and ".lora_" not in name and not name.startswith(towers)
    }


def _save_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Without the traces of where it was loaded from."""
    tokenizer.save_pretrained(folder)
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    traces = ("is_local", "local_files_only", "name_or_path")
    _write_json(folder / "tokenizer_config.json", {name: settings[name] for name in settings if name not in traces})


def _save_tower(network: Clara, folder: Path, modality: str) -> None:
    tower = getattr(network, modality)
    if isinstance(tower, PeftModel):
        tower.peft_config["default"].base_model_name_or_path = getattr(network.config, modality)
        tower.save_pretrained(folder / "adapters" / modality, save_embedding_layers=False)  # "auto" would ask the hub
        (folder / "adapters" / modality / "README.md").unlink(missing_ok=True)
    if owns_towers(network.config):
        plain: Any = tower.base_model.model if isinstance(tower, PeftModel) else tower
        plain.save_pretrained(folder / "towers" / modality, state_dict=_without_adapters(plain))


def _without_adapters(tower: nn.Module) -> dict[str, Tensor]:
    weights = tower.state_dict()
    return {name.replace(".base_layer", ""): value for name, value in weights.items() if ".lora_" not in name}


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")
