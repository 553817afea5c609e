"""`msa train`: freeze a training set, train a model on it, and fold models for out-of-fold scores."""

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from flows.captions_read import AS_WORTHY, AUTO, Captions, Choice, chosen
from flows.options import DEFAULT_STORE, ForceOption, StoreOption, open_store
from flows.output import say
from flows.progress import progress
from flows.training_set import TrainingSet, freeze, subject
from flows.working import work_of, working
from msa_core.errors import TrainingError
from msa_core.records import CurvePoint, Model
from warehouse import Run, Store

if TYPE_CHECKING:
    from flows.fold_models import Fit, Plan

PRESETS = ("clara",)
TOWERS_HELP = "pretrained, or random ones offline: tiny, small; auto: pretrained where they can be had, else tiny."
CAPTIONS_HELP = "auto: those that have shown their worth; none; or a kind (`caption_kinds`), or a captioner's name."
NO_WEIGHTS = "no pretrained weights at hand: tiny towers, random weights, not CLIP; --towers pretrained says what to do"


@dataclass(frozen=True, slots=True)
class TrainDone:
    """`run_id` is null where the same model stands already (or where another process of the launch writes it)."""

    run_id: str | None
    model_id: str
    n_train: int
    n_val: int
    n_leaks: int
    val_weighted_f1: float | None


def train(
    store: Store,
    *,
    preset: str = "clara",
    source: str | None = None,
    task: str | None = None,
    towers: str = "auto",
    vision: str | None = None,
    text: str | None = None,
    folds: int = 0,
    epochs: int | None = None,
    batch_size: int = 32,
    learning_rate: float | None = None,
    seed: int = 7,
    max_length: int = 64,
    image_size: int | None = None,
    lora_rank: int | None = None,
    precision: str = "auto",
    keep_leaks: bool = False,
    captions: Captions = AS_WORTHY,
    resume: bool = True,
    force: bool = False,
    on_done: Callable[[int], None] | None = None,
) -> TrainDone:
    """A model on the labels in force, and with `folds` one more a fold, trained without it. A killed training goes on
    from its last epoch when the same command is given again; while it runs, the same command elsewhere is refused.
    Raises TrainingError, MissingWeights, LeaseHeld.
    """
    from flows.fold_models import Asked, is_main_process, plan, train_models
    from flows.post_arrays import PostArrays, content_of

    if preset not in PRESETS:
        raise TrainingError(f"No preset {preset!r}. Presets: {', '.join(PRESETS)}")
    towers = at_hand(towers, vision, text)
    asked = Asked(towers, vision, text, image_size, max_length, lora_rank, epochs, learning_rate, batch_size, seed)
    with store.moment() as moment:
        about = subject(moment, task, source)
        read = _told(chosen(moment, about, captions))
        frozen = freeze(moment, about, keeps_leaks=keep_leaks, captions=read)
        content = content_of(moment, [row.post_id for row in frozen.rows], read)
        planned = plan(frozen, content, asked.reading(read, captions.length), folds, precision)
        run = store.begin("train", parameters=planned.parameters(), inputs=[frozen.snapshot_id], version=1, force=force)
        if run is None:
            return _standing(store, frozen, planned)
        run.replaces.clear()  # a forced model is one more model: what the old one predicted stays explained
        with working(store, run, resume=resume) as work:
            if store.has_run(run.run_id):  # another process was there first, and has just ended
                return _standing(store, frozen, planned)
            arrays = PostArrays(store, moment, planned.config.image_size)
            fits = train_models(frozen, content, arrays, planned, work, on_done)
            if not is_main_process():
                return _done(None, model_of(run), frozen, fits[0].metrics.get("val_weighted_f1"))
            return _commit(store, run, frozen, planned, fits)


def command(  # noqa: PLR0917 (a command's options are its arguments)
    preset: Annotated[str, typer.Argument(help="Architecture: clara.")] = "clara",
    store: StoreOption = DEFAULT_STORE,
    source: Annotated[str | None, typer.Option(help="Source whose labels train; `all` for every source.")] = None,
    task: Annotated[str | None, typer.Option(help="Label space, when the store has several.")] = None,
    towers: Annotated[str, typer.Option(help=TOWERS_HELP)] = "auto",
    vision: Annotated[str | None, typer.Option(help="CLIP tower: hub id or local folder.")] = None,
    text: Annotated[str | None, typer.Option(help="Text tower: hub id or local folder.")] = None,
    folds: Annotated[int, typer.Option(min=0, help="Fold models, for out-of-fold scores; 0 for none.")] = 0,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most so many; fewer by early stop.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Posts a step, of all devices together.")] = 32,
    learning_rate: Annotated[float | None, typer.Option(help="Highest rate of the schedule.")] = None,
    seed: Annotated[int, typer.Option(help="Of weights, order and dropout.")] = 7,
    max_length: Annotated[int, typer.Option(min=4, help="Tokens of a text.")] = 64,
    image_size: Annotated[int | None, typer.Option(help="Pixels of an image's side.")] = None,
    lora_rank: Annotated[int | None, typer.Option(min=0, help="Rank of LoRA; 0 trains every weight.")] = None,
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16.")] = "auto",
    keep_leaks: Annotated[bool, typer.Option("--keep-leaks", help="Also train on twins of sealed posts.")] = False,
    captions: Annotated[str, typer.Option(help=CAPTIONS_HELP)] = AUTO,
    caption_length: Annotated[int, typer.Option(min=4, help="Tokens of a caption.")] = AS_WORTHY.length,
    force_captions: Annotated[bool, typer.Option("--force-captions", help="Also captions of unshown worth.")] = False,
    resume: Annotated[bool, typer.Option(help="Go on with a killed training of the same settings.")] = True,
    force: ForceOption = False,
) -> None:
    """Print the model's id and what it reached on validation."""
    opened = open_store(store)
    with progress("train", total=None) as done:
        found = train(
            opened, preset=preset, source=source, task=task, towers=towers, vision=vision, text=text, folds=folds,
            epochs=epochs, batch_size=batch_size, learning_rate=learning_rate, seed=seed, max_length=max_length,
            image_size=image_size, lora_rank=lora_rank, precision=precision, keep_leaks=keep_leaks, resume=resume,
            captions=Captions(captions, caption_length, force_captions), force=force, on_done=done,
        )  # fmt: skip
    reached = "" if found.val_weighted_f1 is None else f", weighted F1 on validation {found.val_weighted_f1:.3f}"
    say(f"{'nothing to do: ' if found.run_id is None else ''}{found.model_id}: {found.n_train} posts train{reached}")
    if found.n_leaks:
        say(f'{found.n_leaks} posts left out: their twins lie in val or test (msa sql "from leaks"; or --keep-leaks)')


def model_of(run: Run) -> str:
    """A model bears the digest of the run that made it."""
    return "clara-" + run.run_id.removeprefix("train-")


def at_hand(towers: str, vision: str | None, text: str | None) -> str:
    """Which towers are meant; says so where `auto` found none to load."""
    from flows.fold_models import is_main_process
    from msa_core.presets import towers_at_hand

    found = towers_at_hand(towers, vision, text)
    if found == "tiny" != towers and is_main_process():
        say(NO_WEIGHTS)
    return found


def _told(choice: Choice) -> str | None:
    """The kind of captions; says of it what a person may not expect."""
    from flows.fold_models import is_main_process

    if choice.words and is_main_process():
        say(choice.words)
    return choice.kind


def _standing(store: Store, frozen: TrainingSet, plan: "Plan") -> TrainDone:
    """The model that the same command made before."""
    wanted = (
        "select m.* from models m join run_history h on h.run_id = m.origin_run_id"
        " where snapshot_id = $snapshot_id and config = $config order by h.finished_at desc, model_id limit 1"
    )
    with store.moment() as moment:
        row = moment.table(wanted, snapshot_id=frozen.snapshot_id, config=plan.json()).to_pylist()[0]
    return _done(None, row["model_id"], frozen, json.loads(row["metrics"]).get("val_weighted_f1"))


def _commit(store: Store, run: Run, frozen: TrainingSet, plan: "Plan", fits: "list[Fit]") -> TrainDone:
    """The checkpoint is in its place before a row speaks of it."""
    from msa_core.checkpoint import digest

    model_id = model_of(run)
    place = store.places.models / model_id
    if store.has_run(run.run_id):  # another process gave the same command and was first
        return _done(None, model_id, frozen, fits[0].metrics.get("val_weighted_f1"))
    shutil.rmtree(place, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    fits[0].folder.rename(place)
    with run:
        run.write("snapshots", frozen.rows)
        run.write("models", [_model(model_id, frozen, plan, fits[0], digest(place))])
        run.write("curves", [CurvePoint(model_id, fit.fold, *point) for fit in fits for point in fit.curve])
    shutil.rmtree(work_of(store, run), ignore_errors=True)
    return _done(run.run_id, model_id, frozen, fits[0].metrics.get("val_weighted_f1"))


def _model(model_id: str, frozen: TrainingSet, plan: "Plan", fit: "Fit", checkpoint_sha256: str) -> Model:
    return Model(
        model_id=model_id,
        preset=plan.preset,
        task=plan.config.task,
        labels=plan.config.labels,
        config=plan.json(),
        parent_model_id=None,
        snapshot_id=frozen.snapshot_id,
        n_parameters=fit.n_parameters,
        n_trainable=fit.n_trainable,
        metrics=json.dumps(fit.metrics, sort_keys=True),
        checkpoint_sha256=checkpoint_sha256,
        temperature=1.0,
    )


def _done(run_id: str | None, model_id: str, frozen: TrainingSet, f1: float | None) -> TrainDone:
    n_train, n_val = len(frozen.rows_of("train", "pool")), len(frozen.rows_of("val"))
    return TrainDone(run_id, model_id, n_train, n_val, frozen.n_leaks, f1)
