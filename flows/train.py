"""`msa train`: train a model on a snapshot, and fold models for out-of-fold scores; from scratch or from a parent."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated

import typer

from flows.captions_read import AS_WORTHY, AUTO, Captions, towers_named
from flows.learning import Wanted, at_hand, content_of_set, set_of_now, set_that_stands
from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.progress import progress
from flows.snapshot import CAPTIONS_HELP
from msa_core.errors import TrainingError
from warehouse import Store

if TYPE_CHECKING:
    from flows.training_run import TrainDone

PRESETS = ("clara",)
TOWERS_HELP = "pretrained, or random ones offline: tiny, small; auto: pretrained where they can be had, else tiny."
FROM_HELP = "Begin from this model's weights, fold model by fold model: its id, latest or champion."
SNAPSHOT_HELP = "Train on this one (an id or its beginning); else on the curated posts of now."
TOKENS = 64


def train(
    store: Store,
    *,
    preset: str = "clara",
    source: str | None = None,
    task: str | None = None,
    towers: str = "auto",
    vision: str | None = None,
    text: str | None = None,
    snapshot: str | None = None,
    parent: str | None = None,
    folds: int | None = None,
    epochs: int | None = None,
    batch_size: int = 32,
    learning_rate: float | None = None,
    seed: int = 7,
    max_length: int | None = None,
    image_size: int | None = None,
    lora_rank: int | None = None,
    precision: str = "auto",
    keep_leaks: bool = False,
    captions: Captions = AS_WORTHY,
    resume: bool = True,
    force: bool = False,
    on_done: Callable[[int], None] | None = None,
) -> "TrainDone":
    """A model on the labels in force or on an older `snapshot`, and with `folds` one more a fold, trained without it.
    With a `parent` (a model's id, `latest` or `champion`) they begin from its weights, and settings left open are its.
    A killed training goes on from its last epoch when the same command is given again; while it runs, the same command
    elsewhere is refused. Raises TrainingError, MissingWeights, LeaseHeld.
    """
    from flows.fold_models import Asked, plan
    from flows.parentage import parent_named
    from flows.training_run import TrainingRun
    from msa_core.presets import towers_meant

    if preset not in PRESETS:
        raise TrainingError(f"No preset {preset!r}. Presets: {', '.join(PRESETS)}")
    with store.moment() as moment:
        begun = None if parent is None else parent_named(store, moment, parent, task)
        towers = at_hand(towers, vision, text) if begun is None else towers
        length = max_length or (TOKENS if begun is None else begun.config.max_length)
        asked = Asked(towers, vision, text, image_size, length, lora_rank, epochs, learning_rate, batch_size, seed)
        towers_read = towers_named(*towers_meant(asked if begun is None else begun.asked(asked)))
        wanted = Wanted(source, task, captions, keep_leaks, towers_read, begun)
        frozen = set_that_stands(store, moment, snapshot, wanted) if snapshot else set_of_now(moment, wanted)
        content, asked = content_of_set(moment, frozen), asked.reading(frozen.captions, captions.length)
        folds = (0 if begun is None else begun.folds) if folds is None else folds
        planned = plan(frozen, content, asked, folds, precision, begun)
        return TrainingRun(store, moment, frozen, content, planned).done(force=force, resume=resume, on_done=on_done)


def command(  # noqa: PLR0917 (a command's options are its arguments)
    preset: Annotated[str, typer.Argument(help="Architecture: clara.")] = "clara",
    store: StoreOption = DEFAULT_STORE,
    source: Annotated[str | None, typer.Option(help="Source whose labels train; `all` for every source.")] = None,
    task: Annotated[str | None, typer.Option(help="Label space, when the store has several.")] = None,
    towers: Annotated[str, typer.Option(help=TOWERS_HELP)] = "auto",
    vision: Annotated[str | None, typer.Option(help="CLIP tower: hub id or local folder.")] = None,
    text: Annotated[str | None, typer.Option(help="Text tower: hub id or local folder.")] = None,
    snapshot: Annotated[str | None, typer.Option(help=SNAPSHOT_HELP)] = None,
    parent: Annotated[str | None, typer.Option("--from", help=FROM_HELP)] = None,
    folds: Annotated[
        int | None, typer.Option(min=0, help="Fold models, for out-of-fold scores; else as the parent has, or none.")
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most so many; fewer by early stop.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Posts a step, of all devices together.")] = 32,
    learning_rate: Annotated[float | None, typer.Option(min=0, help="Highest rate of the schedule.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of weights, order and dropout.")] = 7,
    max_length: Annotated[int | None, typer.Option(min=4, help=f"Tokens of a text. [{TOKENS}]")] = None,
    image_size: Annotated[int | None, typer.Option(min=1, help="Pixels of an image's side.")] = None,
    lora_rank: Annotated[int | None, typer.Option(min=0, help="Rank of LoRA; 0 trains every weight.")] = None,
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16.")] = "auto",
    keep_leaks: Annotated[bool, typer.Option("--keep-leaks", help="Also train on twins of sealed posts.")] = False,
    captions: Annotated[str, typer.Option(help=CAPTIONS_HELP)] = AUTO,
    caption_length: Annotated[int, typer.Option(min=4, help="Tokens of a caption.")] = AS_WORTHY.length,
    force_captions: Annotated[bool, typer.Option("--force-captions", help="Also captions of unshown worth.")] = False,
    resume: Annotated[bool, typer.Option(help="Go on with a killed training of the same settings.")] = True,
    force: Annotated[
        bool, typer.Option("--force", help="Make one more model although the same stands; it stays.")
    ] = False,
) -> None:
    """Print the model's id and what it reached on validation; of several processes only one does."""
    from flows.fold_models import is_main_process

    opened = open_store(store)
    with progress("train", total=None) as done:
        found = train(
            opened, preset=preset, source=source, task=task, towers=towers, vision=vision, text=text,
            snapshot=snapshot, parent=parent, folds=folds, epochs=epochs, batch_size=batch_size,
            learning_rate=learning_rate, seed=seed, max_length=max_length, image_size=image_size, lora_rank=lora_rank,
            precision=precision, keep_leaks=keep_leaks, captions=Captions(captions, caption_length, force_captions),
            resume=resume, force=force, on_done=done,
        )  # fmt: skip
    if not is_main_process():
        return
    reached = "" if found.val_weighted_f1 is None else f", weighted F1 on validation {found.val_weighted_f1:.3f}"
    say(f"{'nothing to do: ' if found.run_id is None else ''}{found.model_id}: {found.n_train} posts train{reached}")
    if found.n_leaks:
        say(f'{found.n_leaks} posts left out: their twins lie in val or test (msa sql "from leaks"; or --keep-leaks)')
