"""`msa retrain`: a challenger when labels, drift, captions or time justify it, and the gate's verdict on it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import typer

from flows.captions_read import AUTO, Captions
from flows.challenger import CHAMPION, Challenge, Start, begun, labels_of_now, start_of, trained, unfinished
from flows.gate import Gated, gate, say_gated
from flows.justification import ENOUGH, Enough, is_overtaken, justification
from flows.options import (
    DEFAULT_STORE,
    AtLeastOption,
    DaysOption,
    FewestOption,
    ReadingsOption,
    ShareOption,
    StoreOption,
    open_store,
)
from flows.output import say
from flows.progress import progress
from flows.readings import BUDGET, FEWEST, Terms
from flows.scored_models import LATEST, model_named
from flows.snapshot import CAPTIONS_HELP
from flows.succession import in_place, n_test_reads, task_of_models
from flows.train import TOWERS_HELP
from flows.training_set import labels_of
from msa_core.errors import GateError
from warehouse import Store

FOLDS = 5
JUDGED = (
    "select p.model_id || ' learned from these very labels and was ' || p.verdict from promotions p"
    " join models m using (model_id) where p.champion_id = $champion and p.decided_by = 'gate'"
    " and m.snapshot_id = $snapshot_id and m.parent_model_id is not distinct from $parent"
    " order by p.decided_at desc limit 1"
)
START_HELP = "champion: from its weights where they fit; scratch: from none."


@dataclass(frozen=True, slots=True)
class Retrained:
    """`model_id` and what follows are null where nothing was done; `why` it was, or was not."""

    model_id: str | None
    why: str
    gated: Gated | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """When and how a challenger is made and judged."""

    enough: Enough
    terms: Terms
    start: str
    epochs: int | None
    is_forced: bool
    captions: Captions
    on_done: Callable[[int], None] | None


def retrain(
    store: Store,
    *,
    source: str | None = None,
    task: str | None = None,
    at_least: int = ENOUGH.at_least,
    share: float = ENOUGH.share,
    days: float | None = None,
    start: str = CHAMPION,
    towers: str = "auto",
    folds: int = FOLDS,
    epochs: int | None = None,
    margin: float | None = None,
    test_read_budget: int = BUDGET,
    fewest: int = FEWEST,
    force: bool = False,
    captions: str = AUTO,
    force_captions: bool = False,
    on_done: Callable[[int], None] | None = None,
) -> Retrained:
    """The champion's settings on the labels of now; `source`, `towers` and `folds` are of the first model of all. One
    that was judged on these very labels is not made again, unless by `force`. `captions` are chosen anew, as in `msa
    train`. Killed anywhere, the same command goes on from there, on the labels that it began with, unless enough have
    changed since for another. Raises TrainingError, GateError, LeaseHeld.
    """
    enough, terms = Enough(at_least, share, days), Terms(None, margin, test_read_budget, fewest)
    read = Captions(captions, is_forced=force_captions)
    with store.moment() as moment:
        of = task_of_models(moment, task)
        before = None if of is None else in_place(moment, of)
        made = None if of is None else model_named(store, moment, LATEST, of).model_id
    if before is not None:
        return _challenged(store, before.model_id, str(of), Asked(enough, terms, start, epochs, force, read, on_done))
    if made is None:
        from flows.train import train

        made = train(
            store, source=source, task=task, towers=towers, folds=folds, epochs=epochs, captions=read, on_done=on_done
        ).model_id
    return _judged(store, made, terms, f"no model stood before {made}")


def command(  # noqa: PLR0917 (a command's options are its arguments)
    store: StoreOption = DEFAULT_STORE,
    source: Annotated[str | None, typer.Option(help="Of the first model: the source whose labels train.")] = None,
    task: Annotated[str | None, typer.Option(help="Whose champion, where there are several.")] = None,
    at_least: AtLeastOption = ENOUGH.at_least,
    share: ShareOption = ENOUGH.share,
    days: DaysOption = None,
    start: Annotated[str, typer.Option(help=START_HELP)] = CHAMPION,
    towers: Annotated[str, typer.Option(help=f"Of the first model: {TOWERS_HELP}")] = "auto",
    folds: Annotated[int, typer.Option(min=0, help="Of the first model: fold models; 0 for none.")] = FOLDS,
    epochs: Annotated[int | None, typer.Option(min=1, help="At most so many; else as the champion was asked.")] = None,
    margin: Annotated[float | None, typer.Option(min=0, max=0.1, help="F1 that a label may lose. [0.05]")] = None,
    test_read_budget: ReadingsOption = BUDGET,
    fewest: FewestOption = FEWEST,
    force: Annotated[bool, typer.Option("--force", help="Also where nothing justifies it.")] = False,
    captions: Annotated[str, typer.Option(help=CAPTIONS_HELP)] = AUTO,
    force_captions: Annotated[bool, typer.Option("--force-captions", help="Also captions of unshown worth.")] = False,
) -> None:
    """Print why a challenger was made or not, the verdict on it, and which model stands."""
    opened = open_store(store)
    with progress("retrain", total=None) as on_done:
        done = retrain(
            opened, source=source, task=task, at_least=at_least, share=share, days=days, start=start, towers=towers,
            folds=folds, epochs=epochs, margin=margin, test_read_budget=test_read_budget, fewest=fewest, force=force,
            captions=captions, force_captions=force_captions, on_done=on_done,
        )  # fmt: skip
    say(done.why)
    if done.gated is not None:
        say_gated(opened, done.gated)


def _challenged(store: Store, champion_id: str, task: str, asked: Asked) -> Retrained:
    """Nothing where nothing justifies it, where the same was judged before, or where the test cannot be read."""
    begin = start_of(store, champion_id, asked.start, asked.captions)
    before = _gone_on_with(store, champion_id, begin, asked)
    if before is not None:
        _readable(store, champion_id, task, asked.terms)
        return _made(store, before, asked, f"begun before and not judged, on {before.snapshot_id}")
    found = justification(store, champion_id, asked.enough, asked.captions)
    if not (found.is_justified or asked.is_forced):
        return Retrained(None, f"nothing to do: {found.why}")
    with store.moment() as moment:
        now = labels_of_now(moment, champion_id, begin.captions)
        judged = moment.value(JUDGED, champion=champion_id, snapshot_id=now.snapshot_id, parent=begin.parent)
    if judged and not asked.is_forced:
        return Retrained(None, f"nothing to do: {judged}; {found.why}")
    _readable(store, champion_id, task, asked.terms, is_again=judged is not None)
    challenge = begun(store, champion_id, begin.parent, asked.epochs, captions=begin.captions)
    return _made(store, challenge, asked, "; ".join(filter(None, (found.why, begin.words))))


def _gone_on_with(store: Store, champion_id: str, begin: Start, asked: Asked) -> Challenge | None:
    """What the same command began before and did not end."""
    if asked.is_forced:
        return None
    found = unfinished(store, champion_id, begin.parent, asked.epochs, captions=begin.captions)
    return None if found is None or is_overtaken(store, found.snapshot_id, asked.enough) else found


def _readable(store: Store, champion_id: str, task: str, terms: Terms, *, is_again: bool = False) -> None:
    """Raises GateError, before anything is trained, where the test could not be read or would tell nothing, or where a
    label went that the champion knows.
    """
    from flows.sealed_test import judging_posts, too_few

    with store.moment() as moment:
        known, now = model_named(store, moment, champion_id).labels, labels_of(moment, task)
        posts = judging_posts(moment, champion_id)
        n_reads = n_test_reads(moment, task, posts)
    if gone := sorted({*known} - {*now}):
        raise GateError(
            f"No post of {task} is labelled {', '.join(gone)} any more, which the champion {champion_id} knows: a "
            "challenger could not be compared with it. To decide yourself: msa train, then msa promote --override"
        )
    if not is_again:
        terms.afford(task, n_reads + 1)
    if len(posts) < terms.fewest:
        raise too_few(len(posts), terms.fewest)


def _made(store: Store, challenge: Challenge, asked: Asked, why: str) -> Retrained:
    """Trained where it does not stand yet, and judged."""
    made = trained(store, challenge, asked.on_done)
    if made == challenge.champion_id:
        return Retrained(None, f"nothing to do: the same labels and settings make {made} again; {why}")
    return _judged(store, made, asked.terms, why)


def _judged(store: Store, model_id: str, terms: Terms, why: str) -> Retrained:
    """Scored out of fold, evaluated on what is not sealed, and through the gate."""
    from flows.evaluate import evaluate, unsealed_split
    from flows.score import score

    score(store, model=model_id)
    split = unsealed_split(store, model_id)
    if split is not None:
        evaluate(store, model=model_id, split=split, baselines=True)
    found = gate(store, model=model_id, margin=terms.margin, test_read_budget=terms.budget, fewest=terms.fewest)
    return Retrained(model_id, why, found)
