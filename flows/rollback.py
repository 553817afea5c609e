"""`msa rollback`: the champion before this one comes back; again, and the one before that."""

from dataclasses import dataclass
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.succession import deciding, in_place, line, n_test_reads, put_in_place, say_standing, unscored
from msa_core.errors import GateError
from warehouse import Moment, Store


@dataclass(frozen=True, slots=True)
class RolledBack:
    """`model_id` stands again, `champion_id` stood until now; `missing` says what is to be scored."""

    run_id: str
    model_id: str
    champion_id: str
    missing: str


def rollback(store: Store, *, task: str | None = None, why: str = "") -> RolledBack:
    """Raises GateError where no model stood before."""
    with store.moment() as moment:
        of = _task(moment, task)
    with deciding(store, of):
        with store.moment() as moment:
            before, stood, n_reads = in_place(moment, of), line(moment, of), n_test_reads(moment, of)
        if before is None or len(stood) < 2:
            raise GateError(
                f"No model of {of} stood before {before.model_id if before else 'now'}. Put another in place: "
                'msa promote MODEL --override "why"'
            )
        said = " ".join(why.split()) or f"rolled back from {before.model_id}"
        parameters = {"task": of, "from": before.model_id, "model_id": stood[-2], "why": said}
        run = store.begin("rollback", parameters=parameters, inputs=[before.origin_run_id], version=1)
        if run is None:  # cannot be: the promotion that it undoes would no longer stand
            raise GateError(f"{before.model_id} was rolled back already. Look: msa sql 'from champions'")
        put_in_place(run, stood[-2], before=before, decided_by="rollback", why=said, n_reads=n_reads)
    return RolledBack(run.run_id, stood[-2], before.model_id, unscored(store, stood[-2]))


def _task(moment: Moment, task: str | None) -> str:
    """The one that is named, or the only one that has a champion."""
    tasks = moment.table("select task from champions order by task")["task"].to_pylist()
    if not tasks or task not in (None, *tasks):
        raise GateError(f"No champion{f' of {task}' if task else ''} in this store. Put one in place: msa gate")
    if task is None and len(tasks) > 1:
        raise GateError(f"Champions of several tasks: {', '.join(tasks)}. Name one: --task {tasks[0]}")
    return task or str(tasks[0])


def command(
    store: StoreOption = DEFAULT_STORE,
    task: Annotated[str | None, typer.Option(help="Whose champion, where there are several.")] = None,
    why: Annotated[str, typer.Option(help="In words; it is recorded.")] = "",
) -> None:
    """Print which model stands again, and what is to be scored."""
    opened = open_store(store)
    done = rollback(opened, task=task, why=why)
    say_standing(opened, done.model_id, f"{done.model_id} is the champion again; {done.champion_id} stood until now")
