"""`pull` by schedule: the reviewers' answers and their consensus; each finished round is told once, as an event."""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path

from prefect import task
from prefect.states import State

from flows.patience import PATIENT
from flows.scheduled.punctual import punctual
from flows.scheduled.told import Step, conclude, each, step
from labelstudio.errors import NoServer
from warehouse import Store

PROJECTS = "select project from review_projects where step > 0 order by project"
FINISHED = "select project, round, n_posts from finished_rounds where not is_told order by project, round"

Asking = Callable[..., Step]


def unless_nobody_serves(verb: str) -> Callable[[Asking], Asking]:
    """The store's own Label Studio need not run: then nothing new was said, and nothing failed. One that is named by
    LABEL_STUDIO_URL must answer.
    """

    def made(work: Asking) -> Asking:
        @wraps(work)
        def ask(store: str, project: str, *told: bool) -> Step:
            try:
                return work(store, project, *told)
            except NoServer as error:
                if os.environ.get("LABEL_STUDIO_URL"):
                    raise
                return Step(verb, project, (), f"nobody to ask: {error}")

        return ask

    return made


@task(name="pull", **PATIENT)
@unless_nobody_serves("pull")
def take_answers(store: str, project: str, pseudonyms: bool) -> Step:
    """New, corrected and withdrawn answers."""
    from flows.review_pull import lines, pull

    done = pull(Store.open(Path(store)), project=project, pseudonyms=pseudonyms)
    return step("pull", project, done.run_id, "; ".join(lines(done)))


@task(name="settle", **PATIENT)
@unless_nobody_serves("settle")
def agree(store: str, project: str) -> Step:
    """What reviewers mean together; one more person is asked where that is not settled, as `msa review settle` asks
    that is told neither --at-least nor --most.
    """
    from flows.review_settle import settle

    done = settle(Store.open(Path(store)), project=project)
    words = f"{done.n_posts:,} reviewed posts; {done.n_asked:,} are not settled and wait for another person"
    return Step("settle", project, (), words)


@task(name="round-finished", **PATIENT)
def announce(store: str, project: str, name: str, n_posts: int) -> Step:
    """The event goes out before the store says that it did: told again after a kill between the two, never not at all.
    Who listens decides by the store whether there is anything to do.
    """
    from flows.automations import emit_round_finished

    at = Store.open(Path(store))
    about = {"project": project, "round": name}
    run = at.begin("round-finished", parameters=about, inputs=[], version=1)
    if run is not None:
        emit_round_finished(at, project=project, name=name, n_posts=n_posts)
        with run:
            run.count("posts", n_posts)
    return step("round-finished", f"{project} {name}", run.run_id if run else None, f"{n_posts:,} posts are judged")


@punctual("pull", timeout_s=3600)
def pull_flow(store: str, *, pseudonyms: bool = False, late_after_s: float | None = None) -> State:
    """Take the reviewers' answers, settle what they mean together, and tell each round that is finished. A post whose
    label has a posterior below 0.9, or to which nobody gave one, waits for another person, three in all: always so by
    schedule. Who works alone keeps getting new posts meanwhile; what they said counts.

    Args:
        store: Folder of the store.
        pseudonyms: Keep no reviewer's name.
        late_after_s: A scheduled run that begins later than this many seconds is skipped.
    """
    at = Store.open(Path(store))
    with at.moment() as moment:
        projects = moment.table(PROJECTS)["project"].to_pylist()
    states = each(take_answers, [(store, name, pseudonyms) for name in projects])
    states += each(agree, [(store, name) for name in projects])
    with at.moment() as moment:
        rounds = moment.table(FINISHED)
    finished = zip(*(column.to_pylist() for column in rounds.columns), strict=True)
    return conclude("pull", states + each(announce, [(store, *told) for told in finished]))
