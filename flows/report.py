"""`msa report`: the store as one self-contained page, at any stage; and the figures of the data as CSV."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from flows.cells import defused
from flows.gallery_read import gallery_section
from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.rounds_read import round_sections
from msa_core.errors import MsaError, TaskError
from msa_core.page.contents import Figure, Page, Section
from msa_core.tasks import TASKS
from warehouse import Store
from warehouse.moment import Moment

VERBS = ("ingest", "split", "train", "score", "evaluate", "mine", "caption")
ROUNDS = "from rounds where project in (select project from review_projects where task = $task) order by project, round"
CHANGES = "select given_label, label, count(*) as n from review_changes where task = $task group by all order by all"
UNFIT = "select reason, captioner, count(*) as n from captions where status = 'refused' group by all order by all"
COSTS = "from caption_costs order by all"
DRIFT = "from latest_drift where model_id = $model_id order by source nulls first limit 1"
DRIFTS = "from drifts where model_id = $model_id and compared_sha256 = $compared order by effect desc, name"
RUNS = "select verb, run_id from runs where list_contains($verbs, verb) order by all"


@dataclass(frozen=True, slots=True)
class Report:
    """Where the page lies; `missing` names the sections that wait for a verb."""

    path: Path
    n_posts: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Subject:
    """What the page is about; None where the store has none yet."""

    task: str | None
    labels: tuple[str, ...]
    model_id: str | None


def report(
    store: Store, *, output: Path, task: str | None = None, model_id: str | None = None, n_posts: int = 24
) -> Report:
    """Writes the page whole or not at all; the same store gives the same bytes."""
    from msa_core.page.page import render

    with store.moment() as moment:
        subject = _subject(moment, task, model_id, store.places.root)
        page = _page(store, moment, subject, n_posts)
    _write(output, render(page))
    missing = tuple(section.title for section in page.sections if section.missing)
    return Report(output, sum(len(section.posts) for section in page.sections), missing)


def audit_csv(store: Store, *, output: Path) -> int:
    """Writes the view `data_figures`; how many rows. A cell that a spreadsheet would run as a formula is quoted."""
    with store.moment() as moment:
        table = moment.table("from data_figures order by all")
    output.parent.mkdir(parents=True, exist_ok=True)
    with output.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(table.schema.names)
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            writer.writerow([defused(cell) for cell in row])
    return int(table.num_rows)


def _subject(moment: Moment, task: str | None, model_id: str | None, root: Path) -> Subject:
    """The task that is asked for, or the only one; the model that is asked for, or the one that stands for the task."""
    if model_id is not None:
        task = moment.value("select task from models where model_id = $model_id", model_id=model_id)
        if task is None:
            raise MsaError(f'No model {model_id!r} in {root}. List them with: msa sql "from models"')
    tasks = moment.table("select distinct task from posts order by task")["task"].to_pylist()
    if task is None and len(tasks) > 1:
        raise TaskError(f"The store holds several tasks: {', '.join(tasks)}. Choose one with --task")
    if task is not None and task not in tasks:
        raise TaskError(f"No post of the task {task!r}. Tasks here: {', '.join(tasks) or 'none'}")
    task = task or (tasks[0] if tasks else None)
    model_id = model_id or moment.value("select model_id from standing_models where task = $task", task=task)
    return Subject(task, _labels(moment, task), model_id)


def _labels(moment: Moment, task: str | None) -> tuple[str, ...]:
    """The task's own labels in their order, then whatever else was given."""
    known = TASKS[task].labels if task in TASKS else ()
    given = moment.table("select distinct label from label_counts where task = $task order by label", task=task)
    return (*known, *(label for label in given["label"].to_pylist() if label not in known))


def _page(store: Store, moment: Moment, subject: Subject, n_posts: int) -> Page:
    sources = moment.table("select distinct source from posts order by source")["source"].to_pylist()
    policy = moment.value("select label_policy from policy_in_force")
    about = [subject.task or "no task yet", f"labels by the policy {policy}", subject.model_id or "no model yet"]
    return Page(
        title=", ".join(sources) or "An empty store",
        subtitle=" · ".join(about),
        figures=_figures(moment, subject),
        lineage=_lineage(moment, subject.model_id),
        sections=(
            *_data_sections(moment, subject),
            *_model_sections(moment, subject),
            *_drift_sections(moment, subject),
            *_review_sections(moment, subject),
            *_caption_sections(moment, subject),
            *round_sections(moment, subject.task),
            gallery_section(store, moment, task=subject.task, n_posts=n_posts),
        ),
    )


def _figures(moment: Moment, subject: Subject) -> tuple[Figure, ...]:
    n_posts = moment.value("select count(*) from posts")
    n_images = moment.value("select count(*) from images")
    n_refused = moment.value("select coalesce(sum(n), 0) from reject_counts")
    n_labelled = moment.value("select count(*) from labels where task = $task", task=subject.task)
    found = [
        Figure("Posts", f"{n_posts:,}", f"{n_images:,} different images"),
        Figure("Refused", f"{n_refused:,}", "rows, each with a reason"),
        Figure("Labelled", f"{n_labelled:,}", "by the policy in force"),
    ]
    wanted = "from evaluations where split = 'val' and name = 'weighted_f1' and label is null and model_id = $model_id"
    for row in moment.table(wanted, model_id=subject.model_id).to_pylist():
        found.append(Figure("Weighted F1", f"{row['value']:.3f}", f"{row['low']:.3f} to {row['high']:.3f}, validation"))
    n_queued = moment.value("select count(*) from queue where task = $task", task=subject.task)
    return (*found, Figure("Queue", f"{n_queued:,}", "posts worth a minute"))


def _lineage(moment: Moment, model_id: str | None) -> tuple[tuple[str, str], ...]:
    """The ids that lead back: the model, its snapshot and weights, and the runs that count."""
    runs = moment.table(RUNS, verbs=list(VERBS))
    found = list(zip(runs["verb"].to_pylist(), runs["run_id"].to_pylist(), strict=True))
    for row in moment.table("from models where model_id = $model_id", model_id=model_id).to_pylist():
        ids = [("model", model_id), ("snapshot", row["snapshot_id"]), ("weights", row["checkpoint_sha256"])]
        found = [*ids, *found]
    return tuple(found)


def _data_sections(moment: Moment, subject: Subject) -> Sequence[Section]:
    from msa_core.page import data_sections

    ingests = moment.table("from ingests where not is_replaced order by source, started_at, run_id")
    figures = moment.table("from data_figures order by all")
    counts = moment.table("from label_counts where task = $task order by all", task=subject.task)
    pairs = moment.table("from modality_pairs where task = $task order by all", task=subject.task)
    splits = moment.table("from split_counts where task = $task order by all", task=subject.task)
    return (
        data_sections.came_in(ingests, moment.table("from reject_counts order by all"), figures),
        data_sections.labelled(counts, pairs, subject.labels),
        data_sections.duplicates(
            moment.table("from cluster_counts order by why"), moment.table("from leak_counts order by all")
        ),
        data_sections.divided(splits, subject.labels),
    )


def _model_sections(moment: Moment, subject: Subject) -> Sequence[Section]:
    from msa_core.page import model_sections

    model_id = subject.model_id
    labels = moment.value("select labels from models where model_id = $model_id", model_id=model_id)
    curves = moment.table("from curves where model_id = $model_id order by all", model_id=model_id)
    judged = moment.table("from validation_predictions where model_id = $model_id order by post_id", model_id=model_id)
    beside = "from evaluations where model_id = $model_id or ends_with(model_id, '@' || $model_id) order by all"
    stored = moment.table(beside, model_id=model_id)
    return (
        model_sections.trained(curves, model_id),
        model_sections.judged(judged, stored, tuple(labels or ()), model_id),
    )


def _drift_sections(moment: Moment, subject: Subject) -> Sequence[Section]:
    """One section where drift was measured, else none."""
    from msa_core.page.drift_section import drifted

    of = {"model_id": subject.model_id}
    latest = moment.table(DRIFT, **of)
    compared = latest["compared_sha256"].to_pylist()
    return drifted(latest, moment.table(DRIFTS, compared=compared[0] if compared else None, **of))


def _review_sections(moment: Moment, subject: Subject) -> Sequence[Section]:
    """One section where there was a review, else none."""
    from msa_core.page.review_section import reviewed

    task = subject.task
    rounds = moment.table(ROUNDS, task=task)
    reviewers = moment.table("from reviewers where task = $task order by n_answers desc, annotator", task=task)
    return reviewed(rounds, reviewers, moment.table(CHANGES, task=task), subject.labels)


def _caption_sections(moment: Moment, subject: Subject) -> Sequence[Section]:
    """One section where captions were asked for, else none."""
    from msa_core.page.caption_section import described

    kinds = moment.table("from caption_kinds where task = $task order by all", task=subject.task)
    worths = moment.table("from latest_worths where task = $task order by all", task=subject.task)
    return described(kinds, moment.table(UNFIT), moment.table(COSTS), worths)


def _write(path: Path, text: str) -> None:
    if path.is_dir():
        raise MsaError(f"{path} is a folder. Name the page to write: --output {path / 'report.html'}")
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def command(
    store: StoreOption = DEFAULT_STORE,
    output: Annotated[Path, typer.Option(help="The page to write.")] = Path("report.html"),
    task: Annotated[str | None, typer.Option(help="Which task, where the store holds several.")] = None,
    model: Annotated[str | None, typer.Option(help="A model's id. [the champion, else the one trained last]")] = None,
    posts: Annotated[int, typer.Option(help="How many of the hardest posts to show.", min=0)] = 24,
    audit: Annotated[
        Path | None, typer.Option("--audit-csv", help="Write the figures of the data as CSV, too.")
    ] = None,
) -> None:
    """Write the page, and say what is missing."""
    opened = open_store(store)
    done = report(opened, output=output, task=task, model_id=model, n_posts=posts)
    say(f"report: {done.path.absolute()}")
    if done.missing:
        say(f"still empty: {', '.join(done.missing)}; the page names the commands")
    if audit is not None:
        say(f"data figures: {audit.absolute()} ({audit_csv(opened, output=audit)} rows)")
