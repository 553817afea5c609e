"""One snapshot learned with captions and without, seed by seed: what each model says of the validation posts."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from flows.fold_models import STOP, Asked, Fit, Plan, is_main_process, plan, train_models
from flows.post_arrays import Content, PostArrays
from flows.training_set import TrainingSet
from msa_core.classifier import Classifier
from msa_core.scoring import Probs, score
from warehouse.durable import publish

__all__ = ["Arms", "Asked", "is_main_process", "pairs_of_plans"]

ARMS = ("with", "without")
A_FIT = 100


def pairs_of_plans(
    frozen: TrainingSet, content: Content, asked: Asked, seeds: int, precision: str
) -> list[tuple[Plan, Plan]]:
    """With captions and without, for each of the seeds from `asked.seed` on; no fold models."""
    return [
        (plan(frozen, content, each, 0, precision), plan(frozen, content, each.reading(None, 0), 0, precision))
        for each in (replace(asked, seed=asked.seed + n) for n in range(seeds))
    ]


@dataclass(frozen=True, slots=True)
class Arms:
    """`plans` holds, a seed each, the plan with captions and the plan without; both learn from `frozen`."""

    frozen: TrainingSet
    content: Content
    arrays: PostArrays
    plans: list[tuple[Plan, Plan]]

    @property
    def judged(self) -> list[int]:
        """The places of the validation posts: the test split has no row in a training set."""
        return [place for place, row in enumerate(self.frozen.rows) if row.split in STOP]

    def probs(self, work: Path, on_done: Callable[[int], None] | None = None) -> tuple[Probs, Probs]:
        """With captions and without, each (seeds, validation posts, labels). What an earlier call has finished in
        `work` is not trained again. `on_done` hears of each training in hundredths.
        """
        pairs = [
            [
                self._fitted(plan, work / f"{name}-{plan.recipe.seed}", on_done)
                for plan, name in zip(pair, ARMS, strict=True)
            ]
            for pair in self.plans
        ]
        with_captions, without = zip(*pairs, strict=True)
        return np.stack(with_captions), np.stack(without)

    def _fitted(self, plan: Plan, work: Path, on_done: Callable[[int], None] | None) -> Probs:
        """The probs are kept, whole or not at all, in place of the model."""
        kept, heard = work.with_suffix(".npy"), _Hundredths(self._n_steps(plan), on_done)
        if not kept.exists():
            (fit,) = train_models(self.frozen, self.content, self.arrays, plan, work, heard.seen)
            if not is_main_process():
                return np.zeros((len(self.judged), len(plan.config.labels)), np.float32)
            part = work / "probs.npy"
            np.save(part, self._judged_by(fit))
            publish(part, kept)
        shutil.rmtree(work, ignore_errors=True)
        heard.end()
        found: Probs = np.load(kept)
        return found

    def _judged_by(self, fit: Fit) -> Probs:
        """As `msa score` would: the checkpoint is read back from its folder."""
        classifier = Classifier.from_pretrained(fit.folder)
        config, content = classifier.network.config, self.content.take(self.judged)
        posts = self.arrays.posts(content, classifier.tokenizer, config.max_length, config.caption_length)
        return score(classifier.network, posts).pair

    def _n_steps(self, plan: Plan) -> int:
        return plan.recipe.epochs * (len(self.frozen.rows) - len(self.judged))


@dataclass(slots=True)
class _Hundredths:
    """Posts of one training, passed on as hundredths of it; an early stop leaves the rest to `end`."""

    n_expected: int
    tell: Callable[[int], None] | None
    n_seen: int = field(default=0)
    n_told: int = field(default=0)

    def seen(self, n: int) -> None:
        """So many posts more."""
        self.n_seen += n
        self._reach(min(A_FIT, A_FIT * self.n_seen // max(self.n_expected, 1)))

    def end(self) -> None:
        """It is done, whatever was expected."""
        self._reach(A_FIT)

    def _reach(self, place: int) -> None:
        if self.tell is not None and place > self.n_told:
            self.tell(place - self.n_told)
            self.n_told = place
