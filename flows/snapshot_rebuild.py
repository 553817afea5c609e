"""A snapshot made once more from exactly the facts that its run read, however the store has grown since."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flows.standing_snapshots import snapshot_named, thawed
from flows.training_set import READS, READS_OF_CAPTIONS, Curation, Subject, TrainingSet, curation, freeze
from msa_core.errors import MsaError
from warehouse import Moment, Store

MADE_BY = (
    "select h.* from facts.snapshots s join run_history h on h.run_id = s.origin_run_id"
    " where s.snapshot_id = $snapshot_id order by h.verb = 'snapshot' desc, h.finished_at, h.run_id limit 1"
)
OTHERS = (
    "select run_id from run_history where verb not in ('compact', 'force') and run_id not in (select unnest($inputs))"
)


@dataclass(frozen=True, slots=True)
class Verified:
    """`n_different` counts posts whose rows, or whose reasons to be left out, are not the same."""

    snapshot_id: str
    rebuilt_id: str
    is_equal: bool
    n_posts: int
    n_different: int
    n_inputs: int


def verify(store: Store, name: str) -> Verified:
    """Raises MsaError where what its run read is not in the store any more, or was never recorded."""
    with store.moment() as moment:
        snapshot_id = snapshot_named(store, moment, name)
        stands = thawed(moment, snapshot_id)
        run = moment.table(MADE_BY, snapshot_id=snapshot_id).to_pylist()[0]
        inputs = json.loads(run["inputs"])
        others = _others(moment, inputs)
    if run["verb"] != "snapshot":
        raise MsaError(
            f"{snapshot_id} was frozen within {run['run_id']}, by a version that did not record what it read. "
            "Freeze it anew in a new store, or freeze one that can be rebuilt: msa snapshot"
        )
    again = rebuilt(store, stands.about, json.loads(run["parameters"]), inputs, others)
    n_different = len(_changed(stands.rows, again.rows) | _changed(stands.drops, again.drops))
    is_equal = again.snapshot_id == snapshot_id and not n_different
    return Verified(snapshot_id, again.snapshot_id, is_equal, len(stands.rows), n_different, len(inputs))


def rebuilt(
    store: Store, about: Subject, parameters: dict[str, Any], inputs: list[str], others: Sequence[str]
) -> TrainingSet:
    """What a snapshot of these parameters freezes where only `inputs` were committed; `others` are the runs to look
    past. Raises MsaError where an input is gone.
    """
    with store.moment(hiding=others) as then:
        late = sorted({*_others(then, inputs)} - {*others})
        if not late:
            return _frozen(then, about, parameters, inputs)
    return rebuilt(store, about, parameters, inputs, [*others, *late])  # a run was committed just now


def _frozen(then: Moment, about: Subject, parameters: dict[str, Any], inputs: list[str]) -> TrainingSet:
    reads = (*READS, *(READS_OF_CAPTIONS if parameters["captions"] else ()))
    gone = sorted({*inputs} - {run_id for table in reads for run_id in _origins(then, table)})
    if gone:
        raise MsaError(
            f"It cannot be rebuilt: it read {', '.join(gone)}, whose rows were replaced by --force and swept since"
        )
    settings = {name: parameters[name] for name in Curation.__slots__}
    return freeze(then, replace(about, source=parameters["source"]), curation(then, **settings))


def _others(moment: Moment, inputs: list[str]) -> list[str]:
    """Runs that it did not read; compactions stay, since they hold the rows of runs that it did."""
    return list(moment.table(OTHERS, inputs=inputs)["run_id"].to_pylist())


def _origins(then: Moment, table: str) -> list[str]:
    """The runs whose rows are there: a sweep takes the rows of a run that was replaced, not its commit."""
    found = then.table(f"select distinct origin_run_id from facts.{table}")  # noqa: S608
    return list(found["origin_run_id"].to_pylist())


def _changed(one: Sequence[Any], other: Sequence[Any]) -> set[str]:
    """Posts whose records are not the same, whatever snapshot they are of."""
    sides = [{replace(record, snapshot_id="") for record in side} for side in (one, other)]
    return {record.post_id for record in sides[0] ^ sides[1]}
