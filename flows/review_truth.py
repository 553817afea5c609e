"""Posts whose label is known, mixed into a round so that reviewers can be measured; they look like any other."""

from collections.abc import Iterable, Mapping
from typing import Any

from flows.training_set import labels_of
from labelstudio.errors import ReviewError
from msa_core.records import GroundTruth
from warehouse import Moment, Store, digest

SHOWN = (
    "from review_posts where task = $task and post_id in (select post_id from ground_truth) "
    "and post_id not in (select post_id from review_tasks where project = $project or post_id in "
    "(select post_id from task_answers where is_open)) "
    "and post_id not in (select unnest($chosen)) order by md5(post_id) limit $n"
)
TASKS = "select post_id, task from posts where post_id in (select unnest($ids))"
REASON = "ground-truth"


def keep(store: Store, truth: Mapping[str, str]) -> int:
    """Facts, so that the measure of a reviewer can be traced. How many posts of the truth the store does not have: of
    these nothing is kept. Raises ReviewError where a label is none of its post's task.
    """
    with store.moment() as moment:
        task_of = {row["post_id"]: row["task"] for row in moment.table(TASKS, ids=list(truth)).to_pylist()}
        for task in sorted(set(task_of.values())):
            given = [label for post_id, label in truth.items() if task_of.get(post_id) == task]
            refuse_other_labels(given, task, labels_of(moment, task))
    rows = [GroundTruth(post_id, truth[post_id]) for post_id in sorted(task_of)]
    _commit(store, rows)
    return len(truth) - len(rows)


def refuse_other_labels(given: Iterable[str], task: str, labels: Iterable[str]) -> None:
    """Raises ReviewError that lists the task's labels: by another word every right answer would count as wrong."""
    known = tuple(labels)
    other = sorted(set(given) - set(known))
    if other:
        listed = ", ".join(known) or "none, it asks for a number"
        raise ReviewError(f"{', '.join(map(repr, other[:5]))}: no labels of the task {task!r}. Its labels: {listed}")


def _commit(store: Store, rows: list[GroundTruth]) -> None:
    with store.moment() as moment:
        standing = {GroundTruth(**row) for row in moment.table("select post_id, label from ground_truth").to_pylist()}
        earlier = moment.inputs("ground_truth")
    said = digest([[row.post_id, row.label] for row in rows])
    if set(rows) <= standing:
        return
    run = store.begin("review-truth", parameters={}, inputs=[f"truth-{said}", *earlier], version=1)
    if run is not None:
        with run:
            run.write("ground_truth", rows)


def mixed(
    moment: Moment, chosen: list[dict[str, Any]], *, task: str, project: str, share: float, away: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """`share` of the round are known posts, in place of its last ones, spread over the order of the rest. `away`: posts
    that are on their way to a server.
    """
    n = round(share * len(chosen))
    ids = [*away, *(row["post_id"] for row in chosen)]
    known = moment.table(SHOWN, task=task, project=project, chosen=ids, n=n).to_pylist() if n else []
    kept = chosen[: len(chosen) - len(known)]
    if not kept:
        return chosen
    for number, row in enumerate(known):
        beside = kept[number * len(kept) // len(known)]
        row |= {"priority": beside["priority"], "reasons": [REASON]}
    return sorted([*kept, *known], key=lambda row: -row["priority"])
