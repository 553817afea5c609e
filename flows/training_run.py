"""One training as a run: under a lease, from where a kill left it, and committed once its checkpoint is in place."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from flows.fold_models import Fit, Plan, is_main_process, train_models
from flows.post_arrays import Content, PostArrays
from flows.snapshot import kept
from flows.training_set import TrainingSet
from flows.working import work_of, working
from msa_core.checkpoint import digest
from msa_core.records import CurvePoint, Model
from warehouse import Moment, Run, Store

MADE_BEFORE = (
    "select m.* from models m join run_history h on h.run_id = m.origin_run_id"
    " where snapshot_id = $snapshot_id and config = $config order by h.finished_at desc, model_id limit 1"
)


@dataclass(frozen=True, slots=True)
class TrainDone:
    """`run_id` is null where the same model stands already (or where another process of the launch writes it)."""

    run_id: str | None
    model_id: str
    n_train: int
    n_val: int
    n_leaks: int
    val_weighted_f1: float | None
    snapshot_id: str


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """What is learned, at which moment of which store, and how."""

    store: Store
    moment: Moment
    frozen: TrainingSet
    content: Content
    plan: Plan

    def done(self, *, force: bool, resume: bool, on_done: Callable[[int], None] | None) -> TrainDone:
        """The snapshot is committed first, then the model, so that no model ever stands without what it learned."""
        store, asked = self.store, self.plan.parameters()
        run = store.begin("train", parameters=asked, inputs=[self.frozen.snapshot_id], version=1, force=force)
        if run is None:
            return self._standing()
        run.replaces.clear()  # a forced model is one more model: what the old one predicted stays explained
        with working(store, run, resume=resume) as work:
            if store.has_run(run.run_id):  # another process was there first, and has just ended
                return self._standing()
            if is_main_process():
                kept(store, self.moment, self.frozen)
            arrays = PostArrays(store, self.moment, self.plan.config.image_size)
            fits = train_models(self.frozen, self.content, arrays, self.plan, work, on_done)
            return self._commit(run, fits) if is_main_process() else self._told(None, model_of(run), fits[0].metrics)

    def _commit(self, run: Run, fits: list[Fit]) -> TrainDone:
        """The checkpoint is in its place before a row speaks of it."""
        model_id = model_of(run)
        place = self.store.places.models / model_id
        if self.store.has_run(run.run_id):  # another process gave the same command and was first
            return self._told(None, model_id, fits[0].metrics)
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        fits[0].folder.rename(place)
        with run:
            run.write("models", [self._model(model_id, fits[0], digest(place))])
            run.write("curves", [CurvePoint(model_id, fit.fold, *point) for fit in fits for point in fit.curve])
        shutil.rmtree(work_of(self.store, run), ignore_errors=True)
        return self._told(run.run_id, model_id, fits[0].metrics)

    def _model(self, model_id: str, fit: Fit, checkpoint_sha256: str) -> Model:
        plan = self.plan
        return Model(
            model_id=model_id,
            preset=plan.preset,
            task=plan.config.task,
            labels=plan.config.labels,
            config=plan.json(),
            parent_model_id=None if plan.parent is None else plan.parent.model_id,
            snapshot_id=self.frozen.snapshot_id,
            n_parameters=fit.n_parameters,
            n_trainable=fit.n_trainable,
            metrics=json.dumps(fit.metrics, sort_keys=True),
            checkpoint_sha256=checkpoint_sha256,
            temperature=1.0,
        )

    def _standing(self) -> TrainDone:
        """The model that the same command made before."""
        wanted = {"snapshot_id": self.frozen.snapshot_id, "config": self.plan.json()}
        with self.store.moment() as moment:
            row = moment.table(MADE_BEFORE, **wanted).to_pylist()[0]
        return self._told(None, row["model_id"], json.loads(row["metrics"]))

    def _told(self, run_id: str | None, model_id: str, metrics: dict[str, float]) -> TrainDone:
        frozen = self.frozen
        n_train, n_val = len(frozen.rows_of("train", "pool")), len(frozen.rows_of("val"))
        f1 = metrics.get("val_weighted_f1")
        return TrainDone(run_id, model_id, n_train, n_val, frozen.n_leaks, f1, frozen.snapshot_id)


def model_of(run: Run) -> str:
    """A model bears the digest of the run that made it."""
    return "clara-" + run.run_id.removeprefix("train-")
