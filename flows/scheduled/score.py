"""`score` by schedule: new posts are placed, then scored by the model that speaks for each task."""

from pathlib import Path

from prefect import task
from prefect.states import State

from flows.patience import PATIENT
from flows.scheduled.punctual import punctual
from flows.scheduled.told import NOTHING, Step, conclude, each, step
from warehouse import Store

SHARES = (
    "select train, val, test, seed from split_runs where train is not null order by finished_at desc, run_id limit 1"
)
STANDING = "select model_id, task from standing_models order by task"


@task(name="split", **PATIENT)
def place(store: str) -> Step:
    """Posts that have no split yet, in the shares that were asked for last: until then nobody knows whether they are
    twins of what a model learned.
    """
    from flows.split import split

    at = Store.open(Path(store))
    with at.moment() as moment:
        before = moment.table(SHARES).to_pylist()
    done = split(at, **before[0]) if before else split(at)
    return step("split", "", done.run_id, f"{done.n_placed:,} posts placed")


@task(name="score", **PATIENT)
def score_new(store: str, model_id: str) -> Step:
    """Posts that the model has not scored yet."""
    from flows.score import score

    done = score(Store.open(Path(store)), model=model_id)
    words = f"{done.n_posts:,} posts scored" if done.run_ids else NOTHING
    return Step("score", model_id, done.run_ids, words)


def standing(store: str) -> list[tuple[str, str]]:
    """The champion of each task and the task; the model trained last where none was ever promoted."""
    with Store.open(Path(store)).moment() as moment:
        found = moment.table(STANDING)
    return list(zip(found["model_id"].to_pylist(), found["task"].to_pylist(), strict=True))


@punctual("score", timeout_s=4 * 3600)
def score_flow(store: str, *, late_after_s: float | None = None) -> State:
    """Place new posts, and predict every one that the champion of its task has not scored yet.

    Args:
        store: Folder of the store.
        late_after_s: A scheduled run that begins later than this many seconds is skipped.
    """
    states = each(place, [(store,)])
    return conclude("score", states + each(score_new, [(store, model_id) for model_id, _ in standing(store)]))
