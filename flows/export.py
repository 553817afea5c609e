"""`msa export`: a snapshot for others: Parquet with a data card, an image folder, CSV, or the course's `guid,tag`."""

import os
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.export_formats import CSV, FOLDER, FORMATS, PARQUET, Shape, write, write_cleaned
from flows.exported_posts import posts_of
from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.standing_snapshots import card_of, snapshot_named
from flows.training_set import labels_of
from msa_core.data_card import DataCard
from msa_core.errors import MsaError
from warehouse import Moment, Store
from warehouse.durable import writing
from warehouse.landing import is_empty, land, place_aside

PARTS = ("train", "validation")
CARD = "README.md"
COUNTS = "select part, label, count(*) as n_posts from snapshot_posts where snapshot_id = $id group by all order by all"
PICTURES = (
    "select coalesce(max(len(digests)), 0) as most, count(*) filter (digests = []) as n_without"
    " from snapshot_posts where snapshot_id = $id"
)
CLEANED = "select source_id, label from snapshot_posts where snapshot_id = $id order by post_id"
CHOSEN_BY = ("source", "label_policy", "weights", "duplicates", "captions", "keeps_leaks", "n_reviewed")
SETTINGS = (*CHOSEN_BY, "run_id", "made_at")


@dataclass(frozen=True, slots=True)
class Exported:
    """`n_without_image` of the posts have none; `folder` and `cleaned` are null where they were not asked for."""

    snapshot_id: str
    folder: Path | None
    cleaned: Path | None
    n_posts: int
    n_without_image: int


def export(
    store: Store,
    snapshot: str,
    *,
    output: Path | None = None,
    form: str = PARQUET,
    cleaned: Path | None = None,
    task: str | None = None,
    safe_cells: bool = False,
) -> Exported:
    """Written aside and renamed into place, so that a folder is whole or absent. Posts of test are in no snapshot, so
    they are never exported. `safe_cells`: CSV that no spreadsheet runs as a formula, else exact. Raises MsaError.
    """
    if output is None and cleaned is None:
        raise MsaError("Nothing to write. Name a folder, or a file of guid,tag: --output FOLDER, --cleaned FILE")
    if form not in FORMATS:
        raise MsaError(f"No format {form!r}. Formats: {', '.join(FORMATS)}")
    if output is not None and not is_empty(output):
        raise MsaError(f"{output} exists and is not empty. Name another folder, or remove it")
    with store.moment() as moment:
        snapshot_id = snapshot_named(store, moment, snapshot, task)
        card, seen = card_of(moment, snapshot_id), moment.table(PICTURES, id=snapshot_id).to_pylist()[0]
        if form == FOLDER and not seen["most"]:
            raise MsaError(f"No post of {snapshot_id} has an image. Choose --format {PARQUET} or {CSV}")
        if output is not None:
            shape = Shape(_labels(moment, card), seen["most"] > 1, safe_cells)
            _write_folder(moment, card, output, form, shape)
        if cleaned is not None:
            _write_cleaned(moment, snapshot_id, cleaned)
    return Exported(snapshot_id, output, cleaned, card["n_posts"], seen["n_without"])


def command(  # noqa: PLR0917 (a command's options are its arguments)
    snapshot: Annotated[str, typer.Argument(help="Its id or the beginning of it, or champion.")],
    store: StoreOption = DEFAULT_STORE,
    output: Annotated[Path | None, typer.Option(help="Folder to write; absent or empty.")] = None,
    format: Annotated[str, typer.Option(help=f"Of the folder: {', '.join(FORMATS)}.")] = PARQUET,  # noqa: A002
    cleaned: Annotated[Path | None, typer.Option(help="File of rows guid,tag, as the course set has them.")] = None,
    task: Annotated[str | None, typer.Option(help="Of which task the champion is meant.")] = None,
    safe_cells: Annotated[
        bool, typer.Option("--safe-cells", help="csv for a spreadsheet: texts that begin like a formula get a '.")
    ] = False,
) -> None:
    """Print what was written; texts exactly as they stand, unless asked otherwise. Posts of test are never exported."""
    done = export(
        open_store(store), snapshot, output=output, form=format, cleaned=cleaned, task=task, safe_cells=safe_cells
    )
    if done.folder is not None:
        without = f", {done.n_without_image} without an image" if done.n_without_image else ""
        say(f"{done.folder}: {done.n_posts} posts of {done.snapshot_id} as {format}{without}")
    if done.cleaned is not None:
        say(f"{done.cleaned}: {done.n_posts} rows guid,tag of {done.snapshot_id}")


def _write_folder(moment: Moment, card: dict[str, Any], output: Path, form: str, shape: Shape) -> None:
    output = output.absolute()
    with writing(output, what="the export at"):
        aside = place_aside(output, "part")
        shutil.rmtree(aside, ignore_errors=True)
        aside.mkdir(parents=True)
        try:
            _fill(moment, card, aside, form, shape)
            land(aside, output, last=CARD)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _fill(moment: Moment, card: dict[str, Any], folder: Path, form: str, shape: Shape) -> None:
    found = moment.table(COUNTS, id=card["snapshot_id"])
    counts = list(zip(*(found[name].to_pylist() for name in ("part", "label", "n_posts")), strict=True))
    n_of = Counter({part: 1 for part, _, _ in counts})
    files = []
    for part in (each for each in PARTS if n_of[each]):
        batches = posts_of(moment, card["snapshot_id"], part, with_pictures=form != CSV)
        path = write(form, folder, part, batches, shape)
        files.append((part, path, (folder / path).stat().st_size if form == PARQUET else 0))
    features = shape.features() if form == PARQUET else []
    settings = [(name, str(card[name])) for name in SETTINGS if card[name] is not None]
    text = DataCard(card["snapshot_id"], card["task"], files, features, counts, settings, card["n_by_reason"]).text()
    (folder / CARD).write_text(text, encoding="utf-8")


def _labels(moment: Moment, card: dict[str, Any]) -> tuple[str, ...]:
    """The task's own order; labels of the rows that it does not know come last."""
    known = labels_of(moment, card["task"])
    return (*known, *sorted({label for label, _ in card["n_by_label"]} - {*known}))


def _write_cleaned(moment: Moment, snapshot_id: str, path: Path) -> None:
    """Raises MsaError where ids of two sources are the same, or do not fit the form."""
    found = moment.table(CLEANED, id=snapshot_id)
    rows = list(zip(*(found[name].to_pylist() for name in ("source_id", "label")), strict=True))
    n_of = Counter(guid for guid, _ in rows)
    strange = [guid for guid, n_posts in n_of.items() if n_posts > 1 or set(guid) & set(",\r\n")]
    if strange:
        raise MsaError(
            f"{len(strange)} ids such as {strange[0]!r} do not fit guid,tag: they stand for posts of two sources, or "
            "hold a comma or a line's end. Freeze one source: msa snapshot --source NAME; or choose --format csv"
        )
    with writing(path, what="the file"):
        aside = path.with_name(f".{path.name}.part")
        aside.parent.mkdir(parents=True, exist_ok=True)
        write_cleaned(aside, rows)
        os.replace(aside, path)
