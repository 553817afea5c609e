"""`msa loop`: from a dump to a report in one command, under Prefect; `flows/loop_flow.py` is the flow itself."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.prefect_settings import settle, without_heartbeat
from msa_core.errors import DumpError
from warehouse import Store


@dataclass(frozen=True, slots=True)
class Looped:
    """Where the page lies, and the model that it is about."""

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
    towers: str = "pretrained",
    folds: int = 5,
    epochs: int | None = None,
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
            towers=towers,
            folds=folds,
            epochs=epochs,
        )
    return Looped(model_id, output.absolute())


def command(
    format: Annotated[str | None, typer.Argument(help="The dump's format; none: what the store holds.")] = None,  # noqa: A002
    path: Annotated[Path | None, typer.Argument(help="The dump: a folder, or a zip or tar of it.")] = None,
    *,
    store: StoreOption = DEFAULT_STORE,
    source: Annotated[str | None, typer.Option(help="Name of the source that is taken in and trained on.")] = None,
    task: Annotated[str | None, typer.Option(help="Of a table: sentiment, sarcasm, hate, or your own.")] = None,
    towers: Annotated[str, typer.Option(help="pretrained, or random ones offline: tiny, small.")] = "pretrained",
    folds: Annotated[int, typer.Option(min=0, help="Fold models, so that train posts are mined too; 0: none.")] = 5,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most so many; fewer by early stop.")] = None,
    output: Annotated[Path, typer.Option(help="The report to write.")] = Path("report.html"),
) -> None:
    """Ingest, split, train, score, evaluate, mine, report. Set PREFECT_API_URL to run it on a Prefect server."""
    done = loop(
        open_store(store),
        output=output,
        format=format,
        path=path,
        source=source,
        task=task,
        towers=towers,
        folds=folds,
        epochs=epochs,
    )
    say(f"report: {done.report}")
    say(f"next: msa sql 'from queue' --store {store}")
