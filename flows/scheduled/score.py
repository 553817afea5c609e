"""`score` by schedule: new posts, by the model that speaks for each task."""

from pathlib import Path

from prefect import task
from prefect.states import State

from flows.patience import PATIENT
from flows.scheduled.punctual import punctual
from flows.scheduled.told import Step, conclude, each
from warehouse import Store

STANDING = "select model_id, task from standing_models order by task"


@task(name="score", **PATIENT)
def score_new(store: str, model_id: str) -> Step:
    """Posts that the model has not scored yet."""
    from flows.score import score

    done = score(Store.open(Path(store)), model=model_id)
    words = f"{done.n_posts:,} posts scored" if done.run_ids else "nothing to do"
    return Step("score", model_id, done.run_ids, words)


def standing(store: str) -> list[tuple[str, str]]:
    """The champion of each task and the task; the model trained last where none was ever promoted."""
    with Store.open(Path(store)).moment() as moment:
        found = moment.table(STANDING)
    return list(zip(found["model_id"].to_pylist(), found["task"].to_pylist(), strict=True))


@punctual("score", timeout_s=4 * 3600)
def score_flow(store: str, *, late_after_s: float | None = None) -> State:
    """Predict every post that the champion of its task has not scored yet.

    Args:
        store: Folder of the store.
        late_after_s: A scheduled run that begins later than this many seconds is skipped.
    """
    return conclude("score", each(score_new, ((store, model_id) for model_id, _ in standing(store))))
