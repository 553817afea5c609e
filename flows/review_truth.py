"""Posts whose label is known, mixed into a round so that reviewers can be measured; they look like any other."""

from collections.abc import Mapping
from typing import Any

from msa_core.records import GroundTruth
from warehouse import Moment, Store, digest

SHOWN = (
    "from review_posts where task = $task and post_id in (select post_id from ground_truth) "
    "and post_id not in (select post_id from review_tasks where project = $project or post_id in "
    "(select post_id from task_answers where is_open)) "
    "and post_id not in (select unnest($chosen)) order by md5(post_id) limit $n"
)
REASON = "ground-truth"


def keep(store: Store, truth: Mapping[str, str]) -> None:
    """Facts, so that the measure of a reviewer can be traced."""
    rows = [GroundTruth(post_id, label) for post_id, label in sorted(truth.items())]
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
    moment: Moment, chosen: list[dict[str, Any]], *, task: str, project: str, share: float
) -> list[dict[str, Any]]:
    """`share` of the round are known posts, in place of its last ones, spread over the order of the rest."""
    n = round(share * len(chosen))
    ids = [row["post_id"] for row in chosen]
    known = moment.table(SHOWN, task=task, project=project, chosen=ids, n=n).to_pylist() if n else []
    kept = chosen[: len(chosen) - len(known)]
    if not kept:
        return chosen
    for number, row in enumerate(known):
        beside = kept[number * len(kept) // len(known)]
        row |= {"priority": beside["priority"], "reasons": [REASON]}
    return sorted([*kept, *known], key=lambda row: -row["priority"])
