"""Training: AdamW, warm-up and cosine, gradient clip, early stop on validation weighted F1; on one device, or on
several by `accelerate launch`.

Everything of an epoch follows from (seed, epoch): the order of the posts and every dropout. So what is saved at the end
of an epoch is enough to go on after a kill, to the same weights bit for bit (same machine and number of threads).
"""

import math
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import DistributedDataParallelKwargs, gather_object
from torch import Tensor
from torch.nn import functional as F

from msa_core.batches import Batch, Posts, Rows, ahead, make_batch, training_order
from msa_core.clara import Clara, ClaraConfig, Logits
from msa_core.metrics import confusion, ratios
from msa_core.precision import WIDE, autocast, precision_for
from msa_core.scoring import score
from msa_core.tiny import SIZES


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train. `verification` weighs the loss of each modality's own head; `patience` counts epochs without a
    better validation; `batch_size` is that of all devices together.
    """

    epochs: int = 50
    batch_size: int = 32
    learning_rate: float = 2e-5
    weight_decay: float = 0.01
    warmup: float = 0.1
    clip: float = 1.0
    smoothing: float = 0.1
    verification: float = 0.3
    patience: int = 10
    seed: int = 7


@dataclass(slots=True)
class Progress:
    """How far a training is: `curve` holds (epoch, name, value), `best` the trained weights of the best epoch."""

    n_epochs: int = 0
    best_epoch: int = -1
    best_f1: float = -1.0
    best: dict[str, Tensor] = field(default_factory=dict)
    curve: list[tuple[int, str, float]] = field(default_factory=list)


def train(
    network: Clara,
    posts: Posts,
    validation: Posts | None,
    recipe: Recipe,
    *,
    work: Path | None = None,
    on_done: Callable[[int], None] | None = None,
) -> Progress:
    """Trains `network` in place and leaves the weights of the best validated epoch in it, or without validation those
    of the last. With a folder `work`, each epoch is kept there and the next call with the same arguments goes on.
    """
    with _same_every_time():
        training = Training(network, recipe, math.ceil(len(posts) / recipe.batch_size))
        progress = training.resume(work)
        for epoch in range(progress.n_epochs, recipe.epochs):
            if progress.n_epochs - 1 - progress.best_epoch >= recipe.patience and validation is not None:
                break
            loss = training.epoch(posts, epoch, on_done)
            training.conclude(progress, loss, validation)
            training.keep(work, progress)
    training.network.load_state_dict(progress.best, strict=False)
    training.network.eval()
    return progress


class Training:
    """The network, its optimiser and its devices; `n_steps` steps an epoch."""

    def __init__(self, network: Clara, recipe: Recipe, n_steps: int) -> None:
        idle = DistributedDataParallelKwargs(find_unused_parameters=True)
        self.accelerator: Any = Accelerator(cpu=_is_on_cpu(), mixed_precision="no", kwargs_handlers=[idle])
        self.network, self.recipe, self.n_steps = network, recipe, n_steps
        self.learns = [weights for weights in network.parameters() if weights.requires_grad]
        groups = [
            {"params": [weights for weights in self.learns if weights.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [weights for weights in self.learns if weights.ndim < 2], "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
        self.wrapped, self.optimizer = self.accelerator.prepare(network, optimizer)
        self.device = self.accelerator.device

    def epoch(self, posts: Posts, epoch: int, on_done: Callable[[int], None] | None = None) -> float:
        """One pass over the posts; the mean loss of a step."""
        torch.manual_seed((self.recipe.seed * 1_000_003 + epoch) * 1009 + self.accelerator.process_index)
        self.wrapped.train()
        order = training_order(posts.tokens.lengths, self.recipe.batch_size, seed=self.recipe.seed, epoch=epoch)
        total = torch.zeros((), device=self.device)
        for step, batch in enumerate(ahead(make_batch(posts, self._share(rows)) for rows in order)):
            total += self.step(batch.to(self.device), epoch * self.n_steps + step)
            if on_done is not None:
                on_done(len(order[step]))
        return float(total) / len(order)

    def step(self, batch: Batch, step: int) -> Tensor:
        """One change of the weights; the loss before it."""
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * pace(step, self.n_steps * self.recipe.epochs, self.recipe.warmup)
        with autocast(self.device, self.network.config.precision):
            logits = self.wrapped(batch)
        loss = loss_of(logits, batch, self.recipe)
        self.accelerator.backward(loss)
        self.accelerator.clip_grad_norm_(self.learns, self.recipe.clip)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss.detach()

    def conclude(self, progress: Progress, loss: float, validation: Posts | None) -> None:
        """Adds the epoch's figures, and takes its weights if they are the best so far."""
        epoch, found = progress.n_epochs, {"loss": loss}
        if validation is not None:
            found |= self._validated(validation)
        f1 = found.get("val_weighted_f1", float(epoch))  # without validation the last epoch is the best
        progress.curve += [(epoch, name, value) for name, value in found.items()]
        if f1 > progress.best_f1:
            progress.best_f1, progress.best_epoch, progress.best = f1, epoch, self._weights()
        progress.n_epochs = epoch + 1

    def keep(self, work: Path | None, progress: Progress) -> None:
        """Writes all that the next epoch needs, whole or not at all."""
        if work is None or not self.accelerator.is_main_process:
            return
        work.mkdir(parents=True, exist_ok=True)
        state = {
            "progress": {name: getattr(progress, name) for name in Progress.__slots__},
            "weights": self._weights(),
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save(state, work / "state.part")
        (work / "state.part").replace(work / "state.pt")

    def resume(self, work: Path | None) -> Progress:
        """What `keep` wrote last, with weights and optimiser set to it; a fresh start where there is nothing."""
        if work is None or not (work / "state.pt").exists():
            return Progress()
        state = torch.load(work / "state.pt", map_location="cpu", weights_only=True)
        self.network.load_state_dict(state["weights"], strict=False)
        self.optimizer.load_state_dict(state["optimizer"])
        return Progress(**state["progress"])

    def _share(self, rows: Rows) -> Rows:
        """This process's part of a batch; never empty, so that all processes take every step together."""
        mine = rows[self.accelerator.process_index :: self.accelerator.num_processes]
        return mine if len(mine) else rows[:1]

    def _weights(self) -> dict[str, Tensor]:
        named = self.network.named_parameters()
        return {name: weights.detach().to("cpu", copy=True) for name, weights in named if weights.requires_grad}

    def _validated(self, posts: Posts) -> dict[str, float]:
        assert posts.labels is not None
        mine = np.arange(self.accelerator.process_index, len(posts), self.accelerator.num_processes)
        parts = gather_object([(mine, score(self.network, posts.take(mine)).pair)])
        truth = posts.labels[np.concatenate([rows for rows, _ in parts])]
        probs = np.concatenate([found for _, found in parts]).astype(np.float64)
        known = ratios(confusion(truth, probs.argmax(1), probs.shape[1]))
        return {
            "val_loss": float(-np.log(probs[np.arange(len(truth)), truth].clip(1e-12)).mean()),
            "val_accuracy": float(known.accuracy),
            "val_weighted_f1": float(known.weighted_f1),
            "val_macro_f1": float(known.macro_f1),
        }


def is_main_process() -> bool:
    """Whether this process writes: of several under `accelerate launch` only one does."""
    return bool(PartialState(cpu=_is_on_cpu()).is_main_process)


def precision_here(asked: str, config: ClaraConfig) -> str:
    """`precision_for` on the device that trains; pretrained towers are wide."""
    width = SIZES[config.vision].width if config.vision in SIZES else WIDE
    return precision_for(asked, PartialState(cpu=_is_on_cpu()).device, width)


def start_over(work: Path) -> None:
    """Forgets what an earlier training kept in `work`."""
    state = PartialState(cpu=_is_on_cpu())
    if state.is_main_process:
        shutil.rmtree(work, ignore_errors=True)
    state.wait_for_everyone()


def _is_on_cpu() -> bool:
    """As asked by `accelerate launch --cpu`, or because there is nothing else."""
    return os.environ.get("ACCELERATE_USE_CPU", "").lower() in ("1", "true") or not torch.accelerator.is_available()


def loss_of(logits: Logits, batch: Batch, recipe: Recipe) -> Tensor:
    """Cross-entropy of the pair, and of each modality's own head over the posts that have the modality.

    A post of weight w adds w times its loss, and the mean is over posts, whatever they weigh: a weight means the same
    in every batch, and weights of 1 change no bit.
    """
    assert batch.labels is not None

    def mean_over(some: Tensor, is_there: Tensor) -> Tensor:
        losses = F.cross_entropy(some, batch.labels, label_smoothing=recipe.smoothing, reduction="none")  # (B,)
        weighed = losses if batch.weights is None else losses * batch.weights
        return (weighed * is_there).sum() / is_there.sum().clamp(min=1)

    alone = mean_over(logits.text, batch.has_text) + mean_over(logits.image, ~batch.image_padding.all(dim=1))
    return mean_over(logits.pair, torch.ones_like(batch.has_text)) + recipe.verification * alone


def pace(step: int, n_steps: int, warmup: float) -> float:
    """Share of the learning rate: linear up over `warmup` of the steps, then a cosine down to zero."""
    n_warm = warmup * n_steps
    if step < n_warm:
        return (step + 1) / (n_warm + 1)
    return 0.5 * (1 + math.cos(math.pi * (step - n_warm) / max(n_steps - n_warm, 1)))


@contextmanager
def _same_every_time() -> Iterator[None]:
    """On a CPU every operation is deterministic inside; on a GPU some sums still depend on timing."""
    before = torch.are_deterministic_algorithms_enabled()
    torch.use_deterministic_algorithms(before or not torch.cuda.is_available())
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before)
