"""`msa gate`: challenger against champion on the same sealed test: promoted, refused or undecided, with figures."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from flows.options import DEFAULT_STORE, ReadingsOption, StoreOption, open_store
from flows.output import show
from flows.readings import BUDGET, FEWEST, Terms, decision
from flows.scored_models import CHAMPION, LATEST, ScoredModel, model_named
from flows.succession import Standing, deciding, in_place, meant, n_test_reads, put_in_place, say_standing
from msa_core.comparison import OVERALL
from msa_core.errors import GateError
from warehouse import Moment, Store
from warehouse.run import run_identity

DECIDED = "select verdict, why, figures, n_test_reads from promotions where origin_run_id = $run_id"
REACHED = "select value from evaluations where model_id = $model and split = 'val' and name = 'weighted_f1'"
SHOWN = ("figure", "challenger", "champion", "difference", "low", "high")
RULE = 2  # 1: a point difference in calibration refused, and only the challenger's sources were judged


@dataclass(frozen=True, slots=True)
class Gated:
    """`run_id` is null where the same was decided before. `champion_id` is what the challenger was compared with, null
    where with nothing; `standing_id` is the champion now. `figures` is JSON. `warning`: of the readings of the test.
    """

    run_id: str | None
    model_id: str
    champion_id: str | None
    standing_id: str
    verdict: str
    why: str
    figures: str
    n_test_reads: int
    warning: str = ""


def gate(
    store: Store,
    *,
    model: str = LATEST,
    champion: str = CHAMPION,
    task: str | None = None,
    source: str | None = None,
    margin: float | None = None,
    test_read_budget: int = BUDGET,
    fewest: int = FEWEST,
) -> Gated:
    """Scores what either has not scored, compares, and promotes where the test shows a gain and no loss. A task's first
    model is put in place without a reading. One process at a time decides for a task. Raises GateError.
    """
    with store.moment() as moment:
        of = meant(store, moment, model, task)
    with deciding(store, of.task):
        with store.moment() as moment:
            before = in_place(moment, of.task)
            other = _compared(store, moment, of, champion, before)
        if before is None:
            first = _first(store, other)
            if other.model_id == of.model_id:
                return first
        elif other.model_id == of.model_id:
            return _unmoved(store, of, before)
        return _judged(store, of, other, Terms(source, margin, test_read_budget, fewest))


def command(  # noqa: PLR0917 (a command's options are its arguments)
    store: StoreOption = DEFAULT_STORE,
    model: Annotated[str, typer.Option(help="The challenger: a model's id, or latest.")] = LATEST,
    champion: Annotated[
        str, typer.Option(help="A model's id, to be sure which one, or to name the first champion.")
    ] = CHAMPION,
    task: Annotated[str | None, typer.Option(help="Of which task the latest model is meant.")] = None,
    source: Annotated[str | None, typer.Option(help="Test posts of this source; else of either model's.")] = None,
    margin: Annotated[float, typer.Option(min=0, max=0.1, help="F1 that a label may lose.")] = 0.05,
    test_read_budget: ReadingsOption = BUDGET,
    fewest: Annotated[int, typer.Option(min=1, help="Test posts without which nothing is told.")] = FEWEST,
) -> None:
    """Print the figures, the verdict in words, and which model stands."""
    opened = open_store(store)
    done = gate(
        opened, model=model, champion=champion, task=task, source=source, margin=margin,
        test_read_budget=test_read_budget, fewest=fewest,
    )  # fmt: skip
    rows = list(_rows(json.loads(done.figures)))
    if rows:
        show(f"{done.model_id} against {done.champion_id}", SHOWN, rows)
    say_gated(opened, done)


def say_gated(store: Store, done: Gated) -> None:
    """The verdict in words, and which model stands."""
    stands = f"{done.standing_id} is the champion; the test was read {done.n_test_reads} time(s)"
    say_standing(store, done.standing_id, ("" if done.run_id else "nothing to do: ") + done.why, stands, done.warning)


def _compared(store: Store, moment: Moment, of: ScoredModel, champion: str, before: Standing | None) -> ScoredModel:
    """The champion; where there is none yet, the model that is named for it, or the challenger itself."""
    if before is None:
        return of if champion == CHAMPION else model_named(store, moment, champion, of.task)
    if champion not in (CHAMPION, before.model_id):
        raise GateError(f"{champion} is not the champion of {of.task}: {before.model_id} is. Leave --champion out")
    return model_named(store, moment, before.model_id)


def _first(store: Store, of: ScoredModel) -> Gated:
    """Put in place without a reading; what validation says of it is said."""
    with store.moment() as moment:
        reached, commonest = (moment.value(REACHED, model=f"{by}{of.model_id}") for by in ("", "majority@"))
        n_reads = n_test_reads(moment, of.task)
    why = f"promoted: the first model of {of.task}, without a reading of the test; {_known(reached, commonest)}"
    asked = {"model_id": of.model_id, "champion_id": None, "split": None}
    run = store.begin("gate", parameters=asked, inputs=[of.origin_run_id], version=1)
    if run is not None:
        put_in_place(run, of.model_id, before=None, decided_by="first", why=why, n_reads=n_reads)
    return Gated(run.run_id if run else None, of.model_id, None, of.model_id, "promoted", why, "{}", n_reads)


def _known(reached: float | None, commonest: float | None) -> str:
    if reached is None:
        return "nothing is known of it on validation: msa evaluate --baselines"
    if commonest is None:
        return f"weighted F1 on validation {reached:.3f}"
    place = "above" if reached > commonest else "NOT above"
    return f"weighted F1 on validation {reached:.3f}, {place} {commonest:.3f} of always saying the commonest label"


def _unmoved(store: Store, of: ScoredModel, before: Standing) -> Gated:
    """The challenger is the champion."""
    with store.moment() as moment:
        n_reads = n_test_reads(moment, of.task)
    why = f"{of.model_id} is the champion already ({before.decided_by}: {before.why}); a challenger: msa retrain"
    return Gated(None, of.model_id, None, of.model_id, "promoted", why, "{}", n_reads)


def _judged(store: Store, of: ScoredModel, other: ScoredModel, terms: Terms) -> Gated:
    """A reading of the test, unless the same was read before."""
    from flows.latency import latencies
    from flows.sealed_test import sealed_test

    test = sealed_test(store, of, other, source=terms.source, fewest=terms.fewest)
    asked, inputs = terms.parameters(of, other), [of.origin_run_id, other.origin_run_id, test.digest()]
    run = store.begin("gate", parameters=asked, inputs=inputs, version=RULE)
    with store.moment() as moment:
        if run is None:
            return _decided(moment, of, other, run_identity("gate", asked, inputs, algorithm=RULE, attempt=0))
        n_reads = n_test_reads(moment, of.task, test.post_ids) + 1
        terms.afford(of.task, n_reads)
        before = in_place(moment, of.task)
        took = latencies(store, moment, of, other, test.post_ids)
    row = decision(of, other, test, terms, before=before, took_ms=took, n_reads=n_reads)
    with run:
        run.write("promotions", [row])
    stands = of if row.verdict == "promoted" else other
    said = (row.verdict, row.why, row.figures, n_reads, terms.warning(of.task, n_reads))
    return Gated(run.run_id, of.model_id, other.model_id, stands.model_id, *said)


def _decided(moment: Moment, of: ScoredModel, other: ScoredModel, run_id: str) -> Gated:
    """What the same reading came to before; where its model was promoted and rolled back, the champion stays."""
    (row,) = moment.table(DECIDED, run_id=run_id).to_pylist()
    is_back = row["verdict"] == "promoted"
    why = f"{row['why']}; {other.model_id} was put back in place since" if is_back else row["why"]
    said = (row["verdict"], why, row["figures"], row["n_test_reads"])
    return Gated(None, of.model_id, other.model_id, other.model_id, *said)


def _rows(figures: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Of the table that is shown."""
    for name in OVERALL if figures else ():
        found = figures[name]
        yield (name, *(found[part] for part in SHOWN[1:]))
    for found in figures.get("labels", ()):
        reached = found["champion"] + found["difference"]
        rest = (found[part] for part in ("champion", "difference", "low", "high"))
        yield (f"F1 of {found['label']}, {found['standing']}", reached, *rest)
