"""`msa promote MODEL --override WHY`: a person's word against the gate's; it is recorded with its reason."""

from dataclasses import dataclass
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.succession import deciding, in_place, meant, n_test_reads, put_in_place, say_standing, unscored, weightless
from msa_core.errors import GateError, MissingWeights
from warehouse import Store


@dataclass(frozen=True, slots=True)
class Promoted:
    """`run_id` is null where the model stood already; `champion_id` stood before; `missing`: what is to be scored."""

    run_id: str | None
    model_id: str
    champion_id: str | None
    missing: str


def promote(store: Store, *, model: str, override: str, task: str | None = None) -> Promoted:
    """Puts a model in place without a reading of the test. Raises GateError without a reason, and MissingWeights where
    its checkpoint is gone, as `msa gc --models-older-than` takes it.
    """
    why = " ".join(override.split())
    if not why:
        raise GateError(f'Say why {model} is put in place without the gate: --override "why". It is recorded')
    with store.moment() as moment:
        of = meant(store, moment, model, task)
    with deciding(store, of.task):
        with store.moment() as moment:
            before, n_reads = in_place(moment, of.task), n_test_reads(moment, of.task)
        if before and before.model_id == of.model_id:
            return Promoted(None, of.model_id, of.model_id, unscored(store, of.model_id))
        if gone := weightless(store, of.model_id):
            raise MissingWeights(f"{of.model_id} was not put in place: {gone}, or promote a model that has its weights")
        inputs = [of.origin_run_id, *([before.origin_run_id] if before else [])]
        run = store.begin("promote", parameters={"model_id": of.model_id, "why": why}, inputs=inputs, version=1)
        if run is not None:
            put_in_place(run, of.model_id, before=before, decided_by="override", why=why, n_reads=n_reads)
    champion_id = before.model_id if before else None
    return Promoted(run.run_id if run else None, of.model_id, champion_id, unscored(store, of.model_id))


def command(
    model: Annotated[str, typer.Argument(help="A model's id, or latest.")],
    store: StoreOption = DEFAULT_STORE,
    override: Annotated[str, typer.Option(help="Why, in words; it is recorded for ever.")] = "",
    task: Annotated[str | None, typer.Option(help="Of which task the latest model is meant.")] = None,
) -> None:
    """Print which model stands now, and what is to be scored."""
    opened = open_store(store)
    done = promote(opened, model=model, override=override, task=task)
    before = f", after {done.champion_id}" if done.champion_id else ""
    is_old = f"nothing to do: {done.model_id} is the champion"
    say_standing(opened, done.model_id, f"{done.model_id} is the champion now{before}" if done.run_id else is_old)
