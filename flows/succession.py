"""Which model stands for a task, which stood before, and how that is decided: what gate, promote and rollback share."""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime

from flows.output import say
from flows.scored_models import LATEST, ScoredModel, model_named
from msa_core.errors import MsaError
from msa_core.records import Promotion
from warehouse import Moment, Run, Store, lease
from warehouse.clock import after

PROMOTED = "promoted"
IN_PLACE = "select model_id, promoted_at, decided_by, why, origin_run_id from champions where task = $task"
DECIDED = (
    "select p.model_id, p.decided_by from promotions p join models m using (model_id)"
    " where m.task = $task and p.verdict = 'promoted' order by p.decided_at, p.model_id desc"
)
READS = (
    "select ceil(coalesce(avg(n_reads), 0)) from test_post_reads"
    " where task = $task and ($posts is null or post_id in (select unnest($posts)))"
)
UNSCORED = "select count(*) from unscored_posts where model_id = $model"


@dataclass(frozen=True, slots=True)
class Standing:
    """The champion of a task, and the run that put it in place."""

    model_id: str
    promoted_at: datetime
    decided_by: str
    why: str
    origin_run_id: str


def deciding(store: Store, task: str) -> AbstractContextManager[None]:
    """One process at a time decides who stands for a task; it may have to score the test first. Raises LeaseHeld."""
    return lease(store.places, f"champion-{task}")


def in_place(moment: Moment, task: str) -> Standing | None:
    """Null where no model of the task was ever promoted."""
    rows = moment.table(IN_PLACE, task=task).to_pylist()
    return Standing(**rows[0]) if rows else None


def line(moment: Moment, task: str) -> list[str]:
    """The models that stood and were not rolled back, the one in place last."""
    rows = moment.table(DECIDED, task=task)
    return line_of(zip(rows["model_id"].to_pylist(), rows["decided_by"].to_pylist(), strict=True))


def line_of(decisions: Iterable[tuple[str, str]]) -> list[str]:
    """(model, decided by) in their order: a promotion goes on top, a rollback takes off what is above its model."""
    found: list[str] = []
    for model_id, decided_by in decisions:
        if decided_by == "rollback" and model_id in found[:-1]:
            found.pop()
            while found[-1] != model_id:
                found.pop()
        else:
            found.append(model_id)
    return found


def task_of_models(moment: Moment, task: str | None) -> str | None:
    """The task that is named, or the only one that has models; null where it has none. Raises MsaError."""
    tasks = moment.table("select distinct task from models order by task")["task"].to_pylist()
    if task is None and len(tasks) > 1:
        raise MsaError(f"Models of several tasks: {', '.join(tasks)}. Name one: --task {tasks[0]}")
    return task if task in tasks else tasks[0] if tasks and task is None else None


def meant(store: Store, moment: Moment, model: str, task: str | None) -> ScoredModel:
    """The named model, or the latest of its task. Raises MsaError where it is not said which task, or where the model
    predicts no labels.
    """
    of = task_of_models(moment, task) if model == LATEST else task
    found = model_named(store, moment, model, of or task)
    if not found.labels:
        raise MsaError(f"{found.model_id} predicts scores, not labels; only models of labels can be compared yet")
    return found


def n_test_reads(moment: Moment, task: str, post_ids: list[str] | None = None) -> int:
    """How often the test of a task, or these posts of it, was read: the mean over posts, rounded up. The same reading
    again counts once, and what came to the test later was not read before.
    """
    return int(moment.value(READS, task=task, posts=post_ids))


def decided_at(before: Standing | None) -> datetime:
    """Now, and in any case after the champion in place was promoted, whatever the clocks say."""
    return after(before.promoted_at if before else None)


def put_in_place(run: Run, model_id: str, *, before: Standing | None, decided_by: str, why: str, n_reads: int) -> None:
    """Commits a promotion without a reading of the test."""
    champion_id = before.model_id if before else None
    row = Promotion(model_id, decided_at(before), champion_id, PROMOTED, decided_by, why, "{}", n_reads, None, None)
    with run:
        run.write("promotions", [row])


def say_standing(store: Store, model_id: str, *words: str) -> None:
    """Says these words, those that are not empty, and what is to be done before the model can speak for its task."""
    for each in (*words, unscored(store, model_id), weightless(store, model_id)):
        if each:
            say(each)


def unscored(store: Store, model_id: str) -> str:
    """What is missing where a model now speaks for its task; empty where nothing is."""
    with store.moment() as moment:
        n_posts = int(moment.value(UNSCORED, model=model_id))
    return f"{n_posts:,} posts have no prediction of {model_id} yet: msa score --model {model_id}" if n_posts else ""


def weightless(store: Store, model_id: str) -> str:
    """What is to be done where a model's checkpoint is gone; empty where it is here."""
    if (store.places.models / model_id / "config.json").is_file():
        return ""
    return f"the weights of {model_id} are not in {store.places.models}, so nothing new can be scored: msa restore"
