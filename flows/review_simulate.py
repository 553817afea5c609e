"""`msa review simulate`: answer open tasks from a file of the truth, for demos and benchmarks; marked as simulated."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.review_truth import refuse_other_labels
from flows.reviewing import ProjectOption, TaskOption, connected, known_subject, served
from labelstudio.errors import ReviewError
from labelstudio.listing import all_tasks
from labelstudio.simulated import Simulated, answer
from warehouse import Store

OPEN = "select post_id from task_answers where project = $project and is_open"
COLUMNS = "post_id (or source and id) and label (or both)"


@dataclass(frozen=True, slots=True)
class Persona:
    """Who is simulated: a name, how often it errs, its seconds a post, and the seed that decides both."""

    name: str
    error_rate: float
    seconds: float
    seed: int


def simulate(
    store: Store, *, truth: Mapping[str, str], persona: Persona, project: str | None = None, task: str | None = None
) -> int:
    """How many open tasks were answered; those whose truth is unknown stay open. Again: each task once."""
    connection = connected(store)
    with store.moment() as moment:
        about = known_subject(moment, project=project, task=task)
        waiting = set(moment.table(OPEN, project=about.title)["post_id"].to_pylist())
    target = served(connection, about)
    refuse_other_labels([truth[each] for each in waiting if each in truth], about.task, about.screen.labels)
    reviewer = Simulated(persona.name, about.screen.labels, truth, persona.error_rate, persona.seconds, persona.seed)
    return answer(connection, [each for each in all_tasks(connection, target) if each.post_id in waiting], reviewer)


def truth_of(path: Path, *, source: str | None = None) -> dict[str, str]:
    """Label by post_id, from a CSV in UTF-8, as Excel writes it too. Raises ReviewError that names the columns."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ReviewError(f"{path} is no CSV in UTF-8 ({error}). Save it as such: in Excel, CSV UTF-8.") from error
    found = {_post_id(row, source): row.get("label") or row.get("both") or "" for row in rows}
    if not rows or "" in found or not any(found.values()):
        raise ReviewError(f"{path} says no truth: columns {COLUMNS} are needed, and --source where ids lack it.")
    return {post_id: label for post_id, label in found.items() if label}


def _post_id(row: Mapping[str, str], source: str | None) -> str:
    if row.get("post_id"):
        return row["post_id"]
    of = row.get("source") or source
    return f"{of}:{row['id']}" if of and row.get("id") else ""


def command(
    *,
    store: StoreOption = DEFAULT_STORE,
    truth: Annotated[Path, typer.Option(help=f"CSV with {COLUMNS}; a sample dump's truth.csv will do.")],
    source: Annotated[str | None, typer.Option(help="Source of the ids, where the file has no post_id.")] = None,
    project: ProjectOption = None,
    task: TaskOption = None,
    name: Annotated[str, typer.Option(help="Of the simulated reviewer.")] = "one",
    error_rate: Annotated[float, typer.Option(min=0, max=1, help="How often it gives a wrong label.")] = 0.05,
    seconds: Annotated[float, typer.Option(min=0, help="Lead time of an answer, on average.")] = 8.0,
    seed: Annotated[int, typer.Option(help="Decides where it errs.")] = 7,
) -> None:
    """Print how many tasks were answered. The answers' origin is `simulated`, their annotator `simulated:NAME`."""
    persona = Persona(name, error_rate, seconds, seed)
    known = truth_of(truth, source=source)
    n_answered = simulate(open_store(store), truth=known, persona=persona, project=project, task=task)
    say(f"{n_answered} tasks answered as simulated:{name}; next: msa review pull --store {store}")
