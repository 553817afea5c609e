"""`curate` by schedule: split, mine, caption and push; without a captioner or reviewers it says so and goes on."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from prefect import task
from prefect.states import State

from flows.caption_options import Paying, paying_of
from flows.patience import PATIENT, SPENDING
from flows.review_push import USUAL, Asked, push
from flows.scheduled.punctual import punctual
from flows.scheduled.score import place, standing
from flows.scheduled.spending import UNPAID, unwatched
from flows.scheduled.told import NOTHING, Step, conclude, each, step
from msa_core.errors import CaptionError
from warehouse import Store

Captioners = Literal["auto", "openai", "pixels", "none"]
Opinions = Literal["hidden", "ask", "shown"]
SHOWN = "select opinion from review_projects where project = $project"
SCORED = "select 1 from predictions where model_id = $model_id limit 1"


@task(name="mine", **PATIENT)
def doubt(store: str, model_id: str) -> Step:
    """New doubts of a model; one that has scored nothing yet has none."""
    from flows.mine import mine

    at = Store.open(Path(store))
    with at.moment() as moment:
        if not moment.value(SCORED, model_id=model_id):
            return step("mine", model_id, None)
    done = mine(at, model=model_id)
    return step("mine", model_id, done.run_id, f"{sum(n for _, n in done.n_by_reason):,} doubts")


@task(name="caption", **SPENDING)
def describe(store: str, captioner: str, paying: Paying) -> Step:
    """Images of hard posts, each bought once. No captioner is no failure. What fails is not tried again by this run,
    since each try would have the whole budget.
    """
    from flows.caption import caption, told_of
    from flows.caption_ledger import Scope
    from flows.captioners import Asked

    asked, words = unwatched(captioner, paying)
    try:
        done = caption(Store.open(Path(store)), asked=Asked(asked), scope=Scope(), paying=paying)
    except CaptionError as error:
        return Step("caption", captioner, (), f"no captions: {error}")
    if done is None:
        return Step("caption", captioner, (), "no captioner is wanted")
    told = [*told_of(done), *([words] if words is UNPAID else [])]
    return Step("caption", done.captioner, (done.run_id,) if done.run_id else (), "; ".join(told))


@task(name="push", **PATIENT)
def hand_over(store: str, name: str, asked: Asked) -> Step:
    """The queue's next posts of a task to the reviewers. No Label Studio is no failure."""
    from labelstudio.errors import NoServer

    at = Store.open(Path(store))
    try:
        done = push(at, task=name, asked=asked_of(at, name, asked))
    except NoServer as error:
        return Step("push", name, (), f"nobody to judge: {error}")
    words = f"{done.n_pushed:,} posts pushed, {done.n_updated:,} updated; {done.n_unanswered:,} wait for a first answer"
    return Step("push", name, done.run_ids, words if done.run_ids else NOTHING)


def asked_of(store: Store, name: str, asked: Asked) -> Asked:
    """What the project of a task is filled with: one that posts were pushed to keeps its overlap, and the opinion of
    its last push, whatever the schedule says.
    """
    with store.moment() as moment:
        shown = moment.value(SHOWN, project=f"msa-{name}")
    return replace(asked, opinion=shown, overlap=None) if shown else asked


@punctual("curate", timeout_s=12 * 3600)
def curate_flow(
    store: str,
    *,
    captioner: Captioners = "auto",
    budget_usd: float | None = None,
    prompt_price: float | None = None,
    completion_price: float | None = None,
    opinion: Opinions = "hidden",
    overlap: int | None = None,
    review_batch: int = USUAL.batch,
    late_after_s: float | None = None,
) -> State:
    """Place new posts, find those that are worth a person's minute, describe their images, hand them to reviewers.

    Args:
        store: Folder of the store.
        captioner: Who describes images. auto: the endpoint of MSA_VLM_BASE_URL where there is one and a budget_usd,
            else measured pixels. openai: the endpoint, without budget_usd without a bound.
        budget_usd: US dollars that one run may spend on captions; it wants both prices.
        prompt_price: US dollars a million tokens of prompts.
        completion_price: US dollars a million tokens of answers.
        opinion: What reviewers of a new project see of the model: nothing, a closed panel (ask), or its answer (shown).
            A project that posts were pushed to keeps the opinion of its last push.
        overlap: How many people judge each post of a new project, else one. A project that posts were pushed to keeps
            its own.
        review_batch: At most so many posts of a task wait for a first answer.
        late_after_s: A scheduled run that begins later than this many seconds is skipped.
    """
    paying, asked = paying_of(prompt_price, completion_price, budget_usd), Asked(None, review_batch, overlap, opinion)
    models = standing(store)
    states = each(place, [(store,)])
    states += each(doubt, [(store, model_id) for model_id, _ in models])
    states += each(describe, [(store, captioner, paying)])
    states += each(hand_over, [(store, name, asked) for _, name in models])
    return conclude("curate", states)
