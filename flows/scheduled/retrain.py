"""`retrain` by schedule or event: place posts, look for drift, train a challenger where it is justified, gate it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from prefect import task
from prefect.states import State

from flows.captions_read import AUTO
from flows.patience import PATIENT
from flows.readings import BUDGET, FEWEST
from flows.scheduled.punctual import punctual
from flows.scheduled.score import place, standing
from flows.scheduled.told import Step, conclude, each, step
from warehouse import Store

Starts = Literal["champion", "scratch"]
FOLDS = 5
TRAINABLE = "select distinct task, source from trainable_posts order by task, source"


@task(name="drift", **PATIENT)
def look_for_drift(store: str, name: str) -> Step:
    """How new posts differ from those that the champion learned from."""
    from flows.drift import drift

    done = drift(Store.open(Path(store)), task=name)
    return step("drift", name, done.run_id, f"{'drifted' if done.is_drifted else 'no drift'}: {done.why}")


@dataclass(frozen=True, slots=True)
class Wanted:
    """When a challenger is justified, how it begins, how it is judged; and what the first model of all is."""

    at_least: int
    share: float
    days: float | None
    start: str
    towers: str
    folds: int
    epochs: int | None
    fewest: int
    test_read_budget: int
    force: bool
    captions: str = AUTO
    force_captions: bool = False


@task(name="retrain", **PATIENT)
def challenge(store: str, name: str, source: str | None, wanted: Wanted) -> Step:
    """A challenger, and the gate's word on it; or why there is none."""
    from flows.retrain import retrain

    done = retrain(Store.open(Path(store)), task=name, source=source, **asdict(wanted))
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
    source: str | None = None,
    towers: str = "auto",
    folds: int = FOLDS,
    epochs: int | None = None,
    fewest: int = FEWEST,
    test_read_budget: int = BUDGET,
    force: bool = False,
    captions: str = AUTO,
    force_captions: bool = False,
    late_after_s: float | None = None,
) -> State:
    """Train a challenger of each task where new labels, drift or time justify it, and send it through the gate.

    The first model of a task is its champion.

    Args:
        store: Folder of the store.
        at_least: So many labels must be new or changed since the champion's snapshot.
        share: Or so large a part of its labels.
        days: Or so many days went by since the champion was trained or a challenger judged.
        start: From the champion's weights, or from scratch.
        source: Of a first model: the source whose labels train, or all. Needed once, where several sources have labels.
        towers: Of a first model: pretrained, tiny or small (random ones, offline), or auto, which is pretrained where
            they can be had.
        folds: Of a first model: fold models, so that train posts are scored and mined, too; 0 for none.
        epochs: At most so many; else as the champion was asked.
        fewest: So many test posts are needed, or nothing is told.
        test_read_budget: So many readings may a test post bear.
        force: Train whether justified or not.
        captions: auto reads those that have shown their worth to these towers; none; or a kind, or a captioner's name.
        force_captions: Also captions that have not shown it.
        late_after_s: A scheduled run that begins later than this many seconds is skipped.
    """
    states = each(place, [(store,)])
    states += each(look_for_drift, [(store, name) for _, name in standing(store)])
    of_first, of_gate, read = (towers, folds, epochs), (fewest, test_read_budget, force), (captions, force_captions)
    wanted = Wanted(at_least, share, days, start, *of_first, *of_gate, *read)
    return conclude("retrain", states + each(challenge, [(store, *of, wanted) for of in with_sources(store, source)]))


def with_sources(store: str, source: str | None) -> list[tuple[str, str | None]]:
    """Tasks with labels to learn from (the first model of a task is trained, too), each with what it is told of the
    source: that is of one task, and the others do without it; an unknown one is refused where it would be learned.
    """
    with Store.open(Path(store)).moment() as moment:
        found = moment.table(TRAINABLE)
    known = list(zip(found["task"].to_pylist(), found["source"].to_pylist(), strict=True))
    having = {name for name, of in known if of == source}
    return [(name, source if name in having or not having else None) for name in sorted({name for name, _ in known})]
