"""`msa ingest`: take a raw dump into the store."""

import os
import re
from collections.abc import Sequence
from contextlib import closing, nullcontext, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows.intake import Ingested, Intake, reused_memory
from flows.options import DEFAULT_STORE, ForceOption, StoreOption, open_store
from flows.output import say, show
from flows.progress import progress
from flows.standing import Manner, check_source, ingest_inputs, standing
from msa_core.dumps import (
    FORMATS,
    Columns,
    Dump,
    Opened,
    RawPost,
    RefusedRow,
    Standing,
    Taking,
    each_id_once,
    format_named,
    in_order,
    manifest,
    open_dump,
    open_post,
    space_of,
)
from msa_core.errors import DumpError
from warehouse import Moment, Run, Store

VERSION = 3
SOURCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MODALITIES = ("image", "text")


class _NothingNew(Exception):  # noqa: N818
    """The dump holds nothing that the store lacks: its run is not committed."""


def ingest(
    store: Store,
    *,
    format: str,  # noqa: A002
    path: Path,
    source: str,
    task: str | None = None,
    labels: Sequence[str] = (),
    columns: Columns | None = None,
    allow_missing: Sequence[str] = (),
    keep_raw: bool = False,
    keep_names: bool = False,
    word_filter: bool = True,
    force: bool = False,
) -> Ingested:
    """Adds what the store does not hold. Raises DumpError, TaskError; one bad row is a reject, not an error."""
    if not SOURCE.fullmatch(source):
        raise DumpError(f"{source!r} cannot name a source: letters, digits, . _ - (64 at most).")
    task = _task(format, task)
    options = {"keep_raw": keep_raw, "keep_names": keep_names, "allow_missing": sorted(allow_missing)}
    reading = {"labels": list(labels), "columns": asdict(columns) if columns else None, "word_filter": word_filter}
    space = space_of(task, tuple(labels))
    parameters = {"source": source, "format": format, "task": task} | options | reading
    with open_dump(format, Path(path), store.places.tmp, space=space, word_filter=word_filter, columns=columns) as dump:
        with progress("digest", total=None) as done:
            found = manifest(dump.root, dump.rows(), n_threads=n_threads(), on_done=done)
        if not found.n_rows:
            raise _empty(format, path)
        with store.moment() as moment:
            inputs = ingest_inputs(moment, source, found.digest)
            run = store.begin("ingest", parameters=parameters, inputs=inputs, version=VERSION, force=force)
            if run is None:
                return Ingested(None)
            taking = Taking(dump.root, source, task, frozenset(allow_missing), keep_raw, keep_names)
            stands = _stands(store, moment, run, taking, _manner(format, taking, columns))
        return _take(run, dump, taking, stands, n_rows=found.n_rows)


def n_threads() -> int:
    """As many as there are cores for us: decoders and digests let other threads run."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _task(name: str, task: str | None) -> str:
    """The format's own, or the one named for a table."""
    own = format_named(name).task
    if own is None and not (task or "").strip():
        raise DumpError(f"A {name} needs a task: --task sentiment, or a name of your own.")
    if own is not None and task not in (None, own):
        raise DumpError(f"{name} is always {own}, not {task}.")
    return own or task or ""


def _empty(name: str, path: Path) -> DumpError:
    return DumpError(
        f"No rows in {path}, read as {name} ({format_named(name).what}): its label file is empty, or a heading alone. "
        "Name the folder or file that holds the rows."
    )


def _manner(name: str, taking: Taking, columns: Columns | None) -> Manner:
    told = columns or Columns()
    return Manner(name, taking.task, taking.keep_raw, taking.keep_names, told.split is not None, told.time is not None)


def _stands(store: Store, moment: Moment, run: Run, taking: Taking, manner: Manner) -> Standing:
    """What the source holds already; a forced attempt looks past the run that it will replace."""
    with store.moment(hiding=run.replaces) if run.replaces else nullcontext(moment) as seen:
        check_source(seen, taking.source, manner)
        return standing(seen, taking.source)


def _take(run: Run, dump: Dump, taking: Taking, stands: Standing, *, n_rows: int) -> Ingested:
    def opened(row: RawPost | RefusedRow) -> Opened:
        return row, open_post(row, taking, stands)

    intake = Intake(run, stands)
    with suppress(_NothingNew), run, reused_memory(), progress("ingest", total=n_rows) as done:
        with closing(in_order(opened, dump.rows(), n_threads=n_threads())) as outcomes:
            for outcome in each_id_once(outcomes, taking.source):
                intake.take(outcome)
                done(1)
        intake.finish()
        if not intake.has_news:
            raise _NothingNew
    return intake.summary()


def command(
    format: Annotated[str, typer.Argument(help=f"One of {', '.join(FORMATS)}.")],  # noqa: A002
    path: Annotated[Path, typer.Argument(help="The dump: a folder, a zip or tar of it, or the file of a table.")],
    *,
    source: Annotated[str, typer.Option(help="Name of the source; posts are called SOURCE:ID.")],
    store: StoreOption = DEFAULT_STORE,
    task: Annotated[str | None, typer.Option(help="Of a table: sentiment, sarcasm, hate, or your own.")] = None,
    labels: Annotated[str, typer.Option(help="Of your own task, with commas; others are refused.")] = "",
    id_column: Annotated[str, typer.Option(help="Of a table.")] = "id",
    text_column: Annotated[str, typer.Option(help="Of a table; '' where it has no texts.")] = "text",
    image_column: Annotated[
        list[str] | None, typer.Option(help="Of a table; repeat it for several; '' where it has no images. [image]")
    ] = None,
    label_column: Annotated[str, typer.Option(help="Of a table; '' where it has no labels.")] = "label",
    split_column: Annotated[str, typer.Option(help="Of a table: the official split, train, val or test.")] = "",
    time_column: Annotated[str, typer.Option(help="Of a table: when it was published, ISO 8601 or seconds.")] = "",
    allow_missing: Annotated[str, typer.Option(help="image,text: take posts that lack them.")] = "",
    keep_raw: Annotated[bool, typer.Option("--keep-raw", help="Keep the texts' bytes as they came.")] = False,
    keep_names: Annotated[bool, typer.Option("--keep-names", help="Do not mask user names and links.")] = False,
    word_filter: Annotated[bool, typer.Option(help="hfm: drop train texts that name their own label.")] = True,
    force: ForceOption = False,
) -> None:
    """Print what came in, and what was refused and why; refused rows are no failure."""
    images = tuple(name for name in (["image"] if image_column is None else image_column) if name)
    text, label, split, time = (name or None for name in (text_column, label_column, split_column, time_column))
    done = ingest(
        open_store(store),
        format=format,
        path=path,
        source=source,
        task=task,
        labels=words_of(labels),
        columns=Columns(id_column, text, images, label, split, time) if format == "table" else None,
        allow_missing=modalities_of(allow_missing),
        keep_raw=keep_raw,
        keep_names=keep_names,
        word_filter=word_filter,
        force=force,
    )
    _print(done, source)


def _print(done: Ingested, source: str) -> None:
    if done.run_id is None:
        say(f"nothing to do: {source} holds all of this dump already")
        return
    say(f"{done.run_id}: {done.n_held} rows = {done.n_posts} new + {done.n_known} known + {done.n_rejects} refused")
    say(f"{done.n_images} images, {done.n_annotations} annotations added")
    if done.rejects:
        show("refused", ["reason", "rows", "what it means"], [(str(r), n, r.sentence) for r, n in done.rejects])


def words_of(text: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def modalities_of(text: str) -> tuple[str, ...]:
    """Raises typer.BadParameter on anything else."""
    unknown = [word for word in words_of(text) if word not in MODALITIES]
    if unknown:
        raise typer.BadParameter(f"--allow-missing takes image, text or both, not {unknown[0]!r}")
    return words_of(text)
