"""`msa loop`: from a dump to a report in one command, under Prefect; `flows/loop_flow.py` is the flow itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from flows.caption_options import FREE, BudgetOption, Paying, PriceOption, paying_of
from flows.dump_reading import Reading
from flows.ingest import modalities_of, words_of
from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.prefect_settings import settle, without_heartbeat
from flows.train import TOWERS_HELP
from msa_core.dumps import Columns
from msa_core.errors import DumpError
from warehouse import Store


@dataclass(frozen=True, slots=True)
class Looped:
    """Where the page lies, and the model in place, which it is about."""

    model_id: str
    report: Path


def loop(
    store: Store,
    *,
    output: Path,
    format: str | None = None,  # noqa: A002
    path: Path | None = None,
    source: str | None = None,
    task: str | None = None,
    reading: Reading | None = None,
    towers: str = "auto",
    folds: int = 5,
    epochs: int | None = None,
    captioner: str = "pixels",
    paying: Paying = FREE,
) -> Looped:
    """Each stage that was done before says so and does nothing. Without a dump: what the store holds."""
    if (format is None) != (path is None) or (path is not None and source is None):
        raise DumpError("A dump needs its format, its path and a source: msa loop FORMAT PATH --source NAME")
    settle(store.places.cache)
    from flows.loop_flow import loop_flow

    with without_heartbeat():
        model_id = loop_flow(
            str(store.places.root),
            str(output.absolute()),
            form=format,
            path=None if path is None else str(path.absolute()),
            source=source,
            task_name=task,
            reading=reading or Reading(),
            towers=towers,
            folds=folds,
            epochs=epochs,
            captioner=captioner,
            paying=paying,
        )
    return Looped(model_id, output.absolute())


def command(
    format: Annotated[str | None, typer.Argument(help="The dump's format; none: what the store holds.")] = None,  # noqa: A002
    path: Annotated[Path | None, typer.Argument(help="The dump: a folder, a zip or tar of it, or a table.")] = None,
    *,
    store: StoreOption = DEFAULT_STORE,
    source: Annotated[str | None, typer.Option(help="Name of the source that is taken in and trained on.")] = None,
    task: Annotated[str | None, typer.Option(help="Of a table, or which labels to learn: sentiment, hate …")] = None,
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
    towers: Annotated[str, typer.Option(help=TOWERS_HELP)] = "auto",
    folds: Annotated[int, typer.Option(min=0, help="Fold models, so that train posts are mined too; 0: none.")] = 5,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most so many; fewer by early stop.")] = None,
    captioner: Annotated[str, typer.Option(help="For images: pixels, openai (it costs), none.")] = "pixels",
    budget_usd: BudgetOption = None,
    prompt_price: PriceOption = None,
    completion_price: PriceOption = None,
    output: Annotated[Path, typer.Option(help="The report to write.")] = Path("report.html"),
) -> None:
    """Ingest, split, train, score, evaluate, gate, mine, caption, report. PREFECT_API_URL names a Prefect server."""
    images = tuple(name for name in (["image"] if image_column is None else image_column) if name)
    words, label, split, time = (name or None for name in (text_column, label_column, split_column, time_column))
    columns = Columns(id_column, words, images, label, split, time) if format == "table" else None
    done = loop(
        open_store(store),
        output=output,
        format=format,
        path=path,
        source=source,
        task=task,
        reading=Reading(words_of(labels), columns, modalities_of(allow_missing), keep_raw, keep_names, word_filter),
        towers=towers,
        folds=folds,
        epochs=epochs,
        captioner=captioner,
        paying=paying_of(prompt_price, completion_price, budget_usd),
    )
    say(f"report: {done.report}")
    say(f"next: msa sql 'from queue' --store {store}")
