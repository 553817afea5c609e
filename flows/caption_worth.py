"""`msa caption-worth`: whether captions help: one snapshot learned with them and without, over several seeds."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.captions_read import AS_WORTHY, kind_named, towers_named
from flows.learning import at_hand
from flows.options import DEFAULT_STORE, ForceOption, StoreOption, open_store
from flows.output import say, show
from flows.progress import progress
from flows.snapshot import kept
from flows.train import TOWERS_HELP
from flows.training_set import TrainingSet, curation, freeze, subject
from flows.working import working
from msa_core.errors import TrainingError
from msa_core.records import CaptionWorth
from warehouse import Run, Store
from warehouse.run import canonical

if TYPE_CHECKING:
    from flows.caption_arms import Arms

FEWEST_CAPTIONED = 0.9  # of the posts: an image that was refused is no matter
FEWEST_SEEDS = 3
STANDING = (
    "select w.* exclude (run_id, origin_run_id) from facts.caption_worths w join run_history h"
    " on h.run_id = w.origin_run_id where h.parameters = $parameters and w.snapshot_id = $snapshot_id"
)


@dataclass(frozen=True, slots=True)
class WorthDone:
    """`run_id` is null where the same was measured before, or where another process of the launch writes it; the first
    figure is weighted F1, then macro F1, accuracy and F1 of each label.
    """

    run_id: str | None
    kind: str
    figures: tuple[CaptionWorth, ...]


def worth(
    store: Store,
    *,
    captions: str | None = None,
    seeds: int = FEWEST_SEEDS,
    source: str | None = None,
    task: str | None = None,
    towers: str = "auto",
    vision: str | None = None,
    text: str | None = None,
    epochs: int | None = None,
    batch_size: int = 32,
    learning_rate: float | None = None,
    seed: int = 7,
    max_length: int = 64,
    caption_length: int = AS_WORTHY.length,
    image_size: int | None = None,
    lora_rank: int | None = None,
    precision: str = "auto",
    keep_leaks: bool = False,
    resume: bool = True,
    force: bool = False,
    on_done: Callable[[int], None] | None = None,
) -> WorthDone:
    """Trains as `msa train` would, twice a seed, but keeps no model: only the difference on the validation posts, by a
    paired bootstrap over seeds and posts. `captions`: a kind, a captioner, or None for the one kind there is. A killed
    measurement goes on from its last epoch. The test split is never read. Raises TrainingError, LeaseHeld.
    """
    from flows.caption_arms import Arms, Asked, is_main_process, pairs_of_plans
    from flows.post_arrays import PostArrays, content_of

    towers = at_hand(towers, vision, text)
    asked = Asked(towers, vision, text, image_size, max_length, lora_rank, epochs, learning_rate, batch_size, seed)
    with store.moment() as moment:
        about = subject(moment, task, source)
        kind = kind_named(moment, about, captions)
        frozen = freeze(moment, about, curation(moment, captions=kind, keeps_leaks=keep_leaks))
        _check(frozen, kind, seeds)
        content = content_of(moment, [row.post_id for row in frozen.rows], kind)
        plans = pairs_of_plans(frozen, content, asked.reading(kind, caption_length), seeds, precision)
        said = {**plans[0][0].parameters(), "seeds": seeds}
        run = store.begin("caption-worth", parameters=said, inputs=[frozen.snapshot_id], version=1, force=force)
        if run is None:
            return _standing(store, frozen, kind, said)
        if is_main_process():  # a figure can always be traced to its posts
            kept(store, moment, frozen)
        with working(store, run, resume=resume) as work:
            if store.has_run(run.run_id):  # another process was there first, and has just ended
                return _standing(store, frozen, kind, said)
            arms = Arms(frozen, content, PostArrays(store, moment, plans[0][0].config.image_size), plans)
            figures = _figures(arms, kind, arms.probs(work, on_done))
            is_written = is_main_process() and _commit(run, figures, work)
            return WorthDone(run.run_id if is_written else None, kind, figures)


def command(  # noqa: PLR0917 (a command's options are its arguments)
    store: StoreOption = DEFAULT_STORE,
    captions: Annotated[str | None, typer.Option(help="A kind (`caption_kinds`), or a captioner's name.")] = None,
    seeds: Annotated[int, typer.Option(help="Trainings with captions, and as many without; 3 or more.")] = FEWEST_SEEDS,
    source: Annotated[str | None, typer.Option(help="Source whose labels train; `all` for every source.")] = None,
    task: Annotated[str | None, typer.Option(help="Label space, when the store has several.")] = None,
    towers: Annotated[str, typer.Option(help=TOWERS_HELP)] = "auto",
    vision: Annotated[str | None, typer.Option(help="CLIP tower: hub id or local folder.")] = None,
    text: Annotated[str | None, typer.Option(help="Text tower: hub id or local folder.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most so many; fewer by early stop.")] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Posts a step, of all devices together.")] = 32,
    learning_rate: Annotated[float | None, typer.Option(help="Highest rate of the schedule.")] = None,
    seed: Annotated[int, typer.Option(help="The first one; the others follow it.")] = 7,
    max_length: Annotated[int, typer.Option(min=4, help="Tokens of a text.")] = 64,
    caption_length: Annotated[int, typer.Option(min=4, help="Tokens of a caption.")] = AS_WORTHY.length,
    image_size: Annotated[int | None, typer.Option(help="Pixels of an image's side.")] = None,
    lora_rank: Annotated[int | None, typer.Option(min=0, help="Rank of LoRA; 0 trains every weight.")] = None,
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16.")] = "auto",
    keep_leaks: Annotated[bool, typer.Option("--keep-leaks", help="Also train on twins of sealed posts.")] = False,
    resume: Annotated[bool, typer.Option(help="Go on with a killed measurement of the same settings.")] = True,
    force: ForceOption = False,
) -> None:
    """Print every figure with captions and without, and in one sentence whether captions help."""
    from flows.caption_arms import is_main_process

    opened = open_store(store)
    with progress("caption-worth", total=2 * seeds * 100) as done:
        found = worth(
            opened, captions=captions, seeds=seeds, source=source, task=task, towers=towers, vision=vision, text=text,
            epochs=epochs, batch_size=batch_size, learning_rate=learning_rate, seed=seed, max_length=max_length,
            caption_length=caption_length, image_size=image_size, lora_rank=lora_rank, precision=precision,
            keep_leaks=keep_leaks, resume=resume, force=force, on_done=done,
        )  # fmt: skip
    if not is_main_process():
        return
    columns = ("figure", "with", "without", "difference", "low", "high")
    rows = [(f.name, f.with_captions, f.without_captions, f.difference, f.low, f.high) for f in found.figures]
    show(f"worth of {found.kind}", columns, rows)
    say(("" if found.run_id else "nothing to do: ") + sentence(found.figures[0]))


def sentence(worth: CaptionWorth) -> str:
    """What the interval of a figure says, in words."""
    verdict = "captions help" if worth.low > 0 else "it cannot be told whether captions help"
    if worth.high <= 0:
        verdict = "captions do not help"
    of = f"n = {worth.n_posts} validation posts, {worth.n_captioned} with a caption; {worth.n_seeds} seeds"
    figure = f"{worth.name.replace('_f1', ' F1')} {worth.difference:+.3f} [{worth.low:+.3f}, {worth.high:+.3f}]"
    return f"{worth.kind}: {verdict}: {figure} ({of})"


def _check(frozen: TrainingSet, kind: str, seeds: int) -> None:
    """Raises TrainingError where nothing could be measured."""
    rows = frozen.rows_of("val")
    if seeds < FEWEST_SEEDS:
        raise TrainingError(f"{seeds} seeds do not tell luck from worth. Give {FEWEST_SEEDS} or more: --seeds")
    if not rows:
        raise TrainingError("No validation posts to measure on. See what lies where: msa sql 'from split_counts'")
    n_captioned = sum(row.caption_id is not None for row in frozen.rows)
    if n_captioned < FEWEST_CAPTIONED * len(frozen.rows):
        raise TrainingError(
            f"{n_captioned} of {len(frozen.rows)} posts have a caption {kind!r}: which of them do would tell of their "
            "labels, since hard posts are described first. Describe all: msa caption --posts all"
        )


def _figures(arms: "Arms", kind: str, probs: tuple[Any, Any]) -> tuple[CaptionWorth, ...]:
    """One a figure, in the order of the bootstrap."""
    import numpy as np

    from msa_core.comparison import paired_bootstrap

    about, rows = arms.frozen.about, [arms.frozen.rows[place] for place in arms.judged]
    truth = np.array([about.labels.index(str(row.label)) for row in rows], dtype=np.int64)
    found = paired_bootstrap(truth, *probs, labels=about.labels)
    of = (about.task, about.source, kind, arms.frozen.snapshot_id)
    counts = (len(rows), len(arms.plans), sum(row.caption_id is not None for row in rows))
    config = arms.plans[0][0].config
    towers = towers_named(config.vision, config.text)
    return tuple(
        CaptionWorth(*of, each.name, each.one, each.other, each.difference, each.low, each.high, *counts, towers)
        for each in found
    )


def _commit(run: Run, figures: tuple[CaptionWorth, ...], work: Path) -> bool:
    """True; what was trained for the figures goes."""
    with run:
        run.write("caption_worths", figures)
    shutil.rmtree(work, ignore_errors=True)
    return True


def _standing(store: Store, frozen: TrainingSet, kind: str, said: dict[str, Any]) -> WorthDone:
    """What the same command measured before."""
    from msa_core.comparison import names

    with store.moment() as moment:
        rows = moment.table(STANDING, parameters=canonical(said), snapshot_id=frozen.snapshot_id).to_pylist()
    figures = {row["name"]: CaptionWorth(**row) for row in rows}
    return WorthDone(None, kind, tuple(figures[name] for name in names(frozen.about.labels)))
