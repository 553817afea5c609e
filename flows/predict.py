"""`msa predict`: the answers for official posts whose labels are withheld, as `guid,tag`."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.scored_models import CHAMPION, model_named
from msa_core.errors import MsaError
from warehouse import Store

ANSWERS = (
    "from withheld_answers where model_id = $model and coalesce(source = $source, true) order by number, source_id"
)


@dataclass(frozen=True, slots=True)
class PredictDone:
    """How many answers of which model were written."""

    model_id: str
    output: Path
    n_posts: int


def predict(
    store: Store,
    *,
    output: Path,
    model: str = CHAMPION,
    source: str | None = None,
    task: str | None = None,
    order_of: Path | None = None,
) -> PredictDone:
    """Rows by number, or in the order of the ids in the first column of `order_of`. Raises MsaError."""
    with store.moment() as moment:
        of = model_named(store, moment, model, task)
        rows = moment.table(ANSWERS, model=of.model_id, source=source).to_pylist()
    _check(of.model_id, rows)
    answers = {row["source_id"]: row["label"] for row in rows}
    ids = list(answers) if order_of is None else _ordered(order_of, answers)
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("guid", "tag"), *((each, answers[each]) for each in ids)])
    return PredictDone(of.model_id, output, len(ids))


def command(
    store: StoreOption = DEFAULT_STORE,
    output: Annotated[Path, typer.Option(help="File to write.")] = Path("predict.txt"),
    model: Annotated[str, typer.Option(help="A model's id, champion or latest.")] = CHAMPION,
    source: Annotated[str | None, typer.Option(help="Only posts of this source.")] = None,
    task: Annotated[str | None, typer.Option(help="Of which task a model is meant, where there are several.")] = None,
    order_of: Annotated[Path | None, typer.Option(help="File whose first column gives the order.")] = None,
) -> None:
    """Print where the answers are."""
    done = predict(open_store(store), output=output, model=model, source=source, task=task, order_of=order_of)
    say(f"{done.output}: {done.n_posts} answers of {done.model_id}")


def _check(model_id: str, rows: list[dict[str, str | None]]) -> None:
    if not rows:
        raise MsaError("No official posts without labels in this store. They come with: msa ingest course")
    sources = sorted({str(row["source"]) for row in rows})
    if len(sources) > 1:
        raise MsaError(f"Several sources have such posts: {', '.join(sources)}. Choose: --source {sources[0]}")
    n_missing = sum(row["label"] is None for row in rows)
    if n_missing:
        raise MsaError(f"{n_missing} of {len(rows)} posts are not scored. Score first: msa score --model {model_id}")


def _ordered(path: Path, answers: dict[str, str]) -> list[str]:
    if not path.is_file():
        raise MsaError(f"No file {path} to take the order from.")
    first = [line.split(",")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
    ids = [each for each in first if each in answers]
    if len(ids) != len(answers):
        raise MsaError(f"{path} names {len(ids)} of the {len(answers)} posts that need an answer.")
    return ids
