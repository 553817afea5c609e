"""`retrain` by schedule or event: look for drift, then train a challenger where it is justified, and gate it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from prefect import task
from prefect.states import State

from flows.patience import PATIENT
from flows.scheduled.punctual import punctual
from flows.scheduled.score import standing
from flows.scheduled.told import Step, conclude, each, step
from warehouse import Store

Starts = Literal["champion", "scratch"]
TRAINABLE = "select distinct task from trainable_posts order by task"


@task(name="drift", **PATIENT)
def look_for_drift(store: str, name: str) -> Step:
    """How new posts differ from those that the champion learned from."""
    from flows.drift import drift

    done = drift(Store.open(Path(store)), task=name)
    return step("drift", name, done.run_id, f"{'drifted' if done.is_drifted else 'no drift'}: {done.why}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """When a challenger is justified, and how it begins."""

    at_least: int
    share: float
    days: float | None
    start: str
    towers: str
    force: bool


@task(name="retrain", **PATIENT)
def challenge(store: str, name: str, wanted: Wanted) -> Step:
    """A challenger, and the gate's word on it; or why there is none."""
    from flows.retrain import retrain

    done = retrain(Store.open(Path(store)), task=name, **asdict(wanted))
    if done.model_id is None:
        return Step("retrain", name, (), f"not justified: {done.why}")
    said = done.gated.why if done.gated else "no verdict"
    return Step("retrain", name, (done.model_id,), f"{said}; trained since {done.why}")


@punctual("retrain", timeout_s=24 * 3600)
def retrain_flow(
    store: str,
    *,
    at_least: int = 50,
    share: float = 0.05,
    days: float | None = None,
    start: Starts = "champion",
    towers: str = "auto",
    force: bool = False,
    late_after_s: float | None = None,
) -> State:
    """Train a challenger of each task where new labels, drift or time justify it, and send it through the gate.

    The first model of a task is its champion.

    Args:
        store: Folder of the store.
        at_least: So many labels must be new or changed since the champion's snapshot.
        share: Or so large a part of its labels.
        days: Or the champion is so many days old.
        start: From the champion's weights, or from scratch.
        towers: pretrained, tiny or small (random ones, offline), or auto, which is pretrained where they can be had.
        force: Train whether justified or not.
        late_after_s: A scheduled run that begins later than this many seconds is skipped.
    """
    states = each(look_for_drift, [(store, name) for _, name in standing(store)])
    wanted = Wanted(at_least, share, days, start, towers, force)
    return conclude("retrain", states + each(challenge, [(store, name, wanted) for name in _tasks(store)]))


def _tasks(store: str) -> list[str]:
    """Those with labels to learn from: the first model of a task is trained, too."""
    with Store.open(Path(store)).moment() as moment:
        names: list[str] = moment.table(TRAINABLE)["task"].to_pylist()
    return names
