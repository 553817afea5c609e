"""The models of one `msa train`: the one on all of train, and one for each fold, trained without it."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from flows.parentage import Parent
from flows.post_arrays import Content, PostArrays
from flows.training_set import TrainingSet
from msa_core import checkpoint
from msa_core.batches import Posts
from msa_core.clara import Clara, ClaraConfig, n_weights
from msa_core.errors import TrainingError
from msa_core.presets import Asked, clara_config, recipe
from msa_core.text import are_masked
from msa_core.towers import towers_of
from msa_core.training import Progress, Recipe, is_main_process, precision_here, start_over, train

__all__ = ["Asked", "Fit", "Plan", "is_main_process", "plan", "start_over", "train_models"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that decides the weights; `folds` 0 trains the model alone, without a `parent` from scratch."""

    preset: str
    config: ClaraConfig
    recipe: Recipe
    folds: int
    parent: Parent | None = None

    def parameters(self) -> dict[str, Any]:
        """As JSON can say it."""
        recipe, parent = asdict(self.recipe), {} if self.parent is None else {"parent": self.parent.model_id}
        return {"preset": self.preset, "config": self.config.plain(), "recipe": recipe, "folds": self.folds, **parent}

    def json(self) -> str:
        """`parameters`, as the model's fact keeps them."""
        return json.dumps(self.parameters(), sort_keys=True)


@dataclass(frozen=True, slots=True)
class Fit:
    """A trained model in a folder of its own; `fold` is the one that it never saw, null for the model itself."""

    fold: int | None
    folder: Path
    curve: list[tuple[int, str, float]]
    metrics: dict[str, Any]
    n_parameters: int
    n_trainable: int


def plan(
    frozen: TrainingSet, content: Content, asked: Asked, folds: int, precision: str, parent: Parent | None = None
) -> Plan:
    """With a parent its settings, and what was asked must fit them. Raises TrainingError."""
    asked = asked if parent is None else parent.asked(asked)
    known = {row.fold for row in frozen.rows if row.fold is not None}
    if folds == 1 or folds > len(known):
        raise TrainingError(f"No {folds} folds: the posts lie in {len(known)}. Choose --folds 0, or 2 to {len(known)}")
    is_masked = are_masked(content.texts)
    config = clara_config(asked, frozen.about.task, frozen.about.labels, is_masked=is_masked)
    if parent is not None:
        config = parent.fitting(config, folds)
    return Plan("clara", replace(config, precision=precision_here(precision, config)), recipe(asked), folds, parent)


def train_models(
    frozen: TrainingSet,
    content: Content,
    arrays: PostArrays,
    plan: Plan,
    work: Path,
    on_done: Callable[[int], None] | None = None,
) -> list[Fit]:
    """The model itself first, in `work/model`; fold k's lies in its `fold-<k>`. What an earlier call has finished in
    `work` is not trained again.
    """
    places = {split: [i for i, row in enumerate(frozen.rows) if row.split in split] for split in (LEARN, STOP)}
    fits = []
    for fold in (None, *range(plan.folds)):
        learn = [i for i in places[LEARN] if fold is None or not is_held_out(frozen.rows[i].fold, fold, plan.folds)]
        name = "whole" if fold is None else f"fold-{fold}"
        folder = work / "model" if fold is None else work / "model" / name
        part = _Part(frozen, content, arrays, plan)
        fits.append(part.fit(fold, learn, places[STOP], work / name, folder, on_done))
    return fits


LEARN, STOP = ("train", "pool"), ("val",)


def is_held_out(fold: int | None, of_model: int, folds: int) -> bool:
    """Whether fold model `of_model` never saw posts of this fold; the folds of the store share `folds` models."""
    return fold is not None and fold % folds == of_model


@dataclass(frozen=True, slots=True)
class _Part:
    frozen: TrainingSet
    content: Content
    arrays: PostArrays
    plan: Plan

    def fit(self, fold: int | None, learn: list[int], stop: list[int], work: Path, folder: Path, on_done: Any) -> Fit:
        """Train on the posts at `learn`, stop by those at `stop`, save into `folder`."""
        network, tokenizer = self._begun(fold, learn)
        validation = self._posts(stop, tokenizer) if stop else None
        progress = train(
            network, self._posts(learn, tokenizer), validation, self.plan.recipe, work=work, on_done=on_done
        )
        metrics = _metrics(progress, len(learn), len(stop))
        fit = Fit(fold, folder, progress.curve, metrics, *n_weights(network))
        if is_main_process():
            checkpoint.save(network, tokenizer, folder, {**metrics, "curve": progress.curve})
        return fit

    def _begun(self, fold: int | None, learn: list[int]) -> tuple[Clara, Any]:
        """The network and its tokenizer: new ones, or the parent's, which held out what this one does."""
        plan = self.plan
        if plan.parent is None:
            towers = towers_of(plan.config, self._words(learn), plan.recipe.seed)
            return checkpoint.build(plan.config, towers, seed=plan.recipe.seed), towers.tokenizer
        network, tokenizer = checkpoint.load(plan.parent.folder_of(fold))
        network.config = plan.config
        return network, tokenizer

    def _words(self, learn: list[int]) -> list[str]:
        """All that a tokenizer may learn from: texts, and captions where they are read."""
        parts = (self.content.texts, self.content.captions) if self.plan.config.captions else (self.content.texts,)
        return [part[place] or "" for part in parts for place in learn]

    def _posts(self, places: list[int], tokenizer: Any) -> Posts:
        config, content = self.plan.config, self.content.take(places)
        posts = self.arrays.posts(content, tokenizer, config.max_length, config.caption_length)
        labels = [config.labels.index(str(self.frozen.rows[place].label)) for place in places]
        weights = np.array([self.frozen.rows[place].weight for place in places], dtype=np.float32)
        return replace(posts, labels=np.array(labels, dtype=np.int64), weights=weights)


def _metrics(progress: Progress, n_train: int, n_val: int) -> dict[str, Any]:
    best = {name: value for epoch, name, value in progress.curve if epoch == progress.best_epoch}
    counts = {"best_epoch": progress.best_epoch, "n_epochs": progress.n_epochs, "n_train": n_train, "n_val": n_val}
    return {**best, **counts}
