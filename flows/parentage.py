"""A model that begins from another's weights: the whole from the whole, fold model k from fold model k, so that no post
that was held out is ever learned.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from flows.scored_models import CHAMPION, LATEST, model_named
from msa_core.checkpoint import config_of
from msa_core.clara import ClaraConfig
from msa_core.errors import TrainingError
from msa_core.presets import AUTO, PRETRAINED, Asked
from msa_core.tiny import SIZES
from warehouse import Moment, Store

GIVEN = ("task", "labels", "vision", "text", "image_size", "max_length", "lora_rank", "captions", "is_masked")


@dataclass(frozen=True, slots=True)
class Parent:
    """The model whose weights, tokenizer and settings are taken over; its checkpoints lie in `folder`."""

    model_id: str
    config: ClaraConfig
    folds: int
    folder: Path

    def folder_of(self, fold: int | None) -> Path:
        """The checkpoint of the model itself, or of the model that held `fold` out."""
        return self.folder if fold is None else self.folder / f"fold-{fold}"

    def asked(self, asked: Asked) -> Asked:
        """What a person said, and for what they left open what the parent was made with."""
        own = self.config
        is_random = own.vision in SIZES
        towers = own.vision if is_random else PRETRAINED
        return replace(
            asked,
            towers=towers if asked.towers == AUTO else asked.towers,
            vision=asked.vision or (None if is_random else own.vision),
            text=asked.text or (None if is_random else own.text),
            image_size=asked.image_size or own.image_size,
            lora_rank=own.lora_rank if asked.lora_rank is None else asked.lora_rank,
            caption_length=own.caption_length,
        )

    def unlike(self, wanted: ClaraConfig, folds: int) -> str:
        """What is wanted and the parent does not have, in words; empty where it can be gone on from."""
        pairs = {name: (getattr(wanted, name), getattr(self.config, name)) for name in GIVEN}
        pairs["folds"] = (folds, self.folds)
        return ", ".join(f"{name} {now!r} (it has {then!r})" for name, (now, then) in pairs.items() if now != then)

    def fitting(self, wanted: ClaraConfig, folds: int) -> ClaraConfig:
        """The parent's own settings. Raises TrainingError that names what was asked and does not fit them."""
        if unlike := self.unlike(wanted, folds):
            raise TrainingError(
                f"{self.model_id} cannot be gone on from: {unlike}. Ask for the same, or train from scratch"
            )
        return self.config


def parent_named(store: Store, moment: Moment, name: str, task: str | None) -> Parent:
    """A model by its id, `latest` or `champion`. Raises MsaError, and MissingWeights where its checkpoint is gone."""
    of = model_named(store, moment, name, task if name in (LATEST, CHAMPION) else None)
    configs = [config_of(of.folder_of(fold)) for fold in (None, *range(of.folds))]
    return Parent(of.model_id, configs[0], of.folds, of.folder)
