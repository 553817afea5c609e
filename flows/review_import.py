"""`msa review import`: take the answers of a JSON export of Label Studio, by the same rules as a pull."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.review_export import OFFLINE
from flows.review_names import names_of
from flows.review_pull import Pulled, inputs_of, lines, told_of, write
from flows.review_reading import Known, compared, known
from flows.reviewing import Subject, known_subject, slug_of
from labelstudio.errors import ReviewError
from labelstudio.listing import ServerTask, tasks_of
from labelstudio.whose import check_name, not_of
from warehouse import Moment, Store, lease

SERVED = (
    "select min(project) from review_tasks join review_projects using (project) where step > 0 "
    "and post_id in (select unnest($ids)) "
    "and post_id not in (select post_id from review_tasks where project = $project)"
)


def import_answers(store: Store, path: Path, *, project: str = OFFLINE, reviewer: str | None = None) -> Pulled:
    """Answers that the store has already are not taken twice; those that a later file corrects are new rows; what a
    file lacks is not withdrawn. `reviewer` (default: the project) tells apart people who each have their own server.
    Raises ReviewError where the file is no export or not that reviewer's, or where its project is on a server: what
    people say there would count a second time, as said by others.
    """
    whose = project if reviewer is None else reviewer
    check_name(whose)
    listing = tasks_of(path.read_bytes())
    with lease(store.places, f"review-{slug_of(project)}"), store.moment() as moment:
        about = known_subject(moment, project=project, task=None)
        _refuse_served(moment, about, path, listing)
        before = known(moment, project)
        _refuse_anothers(path, whose, listing, before)
        found = compared(replace(about, server=whose), listing, moment, before, is_part=True)
        told = told_of(project, found)
        names = names_of(moment, found, None, pseudonyms=True)
        if not (found.of.annotations or found.quarantined):
            return told
        asked = {"project": project, "task": about.task}
        run = store.begin("review-import", parameters=asked, inputs=inputs_of(about.step, found), version=1)
        if run is not None:
            write(run, found, names)
        return replace(told, run_id=run.run_id if run else None)


def _refuse_served(moment: Moment, about: Subject, path: Path, listing: Sequence[ServerTask]) -> None:
    ids = sorted({task.post_id for task in listing if task.post_id})
    title = about.title if about.step else moment.value(SERVED, ids=ids, project=about.title)
    if title is not None:
        raise ReviewError(
            f"{path}: nothing was taken. Its posts are on a server, in {title!r}: msa review pull --project {title!r}"
        )


def _refuse_anothers(path: Path, whose: str, listing: Sequence[ServerTask], before: Known) -> None:
    n_strange = sum(1 for _ in not_of(whose, listing, before.heads))
    if n_strange:
        raise ReviewError(
            f"{path}: {n_strange} of its answers bear ids that the store knows of {whose!r} as other answers. Nothing "
            "was taken. Where it is another person's file, say whose: --reviewer NAME; where it is an older one of the "
            "same person, the newer one was taken already."
        )


def command(
    path: Annotated[Path, typer.Argument(help="A JSON export of the answered project.")],
    *,
    store: StoreOption = DEFAULT_STORE,
    project: Annotated[str, typer.Option(help="Name under which the posts went out.")] = OFFLINE,
    reviewer: Annotated[
        str | None, typer.Option(help="Whose file it is, where several people each have a server. [project]")
    ] = None,
) -> None:
    """Print how many answers came, were corrected, were withdrawn, could not be read."""
    for line in lines(import_answers(open_store(store), path, project=project, reviewer=reviewer)):
        say(line)
