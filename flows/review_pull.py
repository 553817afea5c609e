"""`msa review pull`: take the reviewers' answers, each once; what cannot be read is kept aside with a reason."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.review_names import names_of, told_apart
from flows.review_reading import LOST, WITHDRAWN, Known, Reading, known, read
from flows.reviewing import Desk, ProjectOption, TaskOption, connected, known_subject, served
from msa_core.records import AnnotatorName
from warehouse import Run, Store, digest, lease


@dataclass(frozen=True, slots=True)
class Pulled:
    """`run_id` is null where the server said nothing new. `n_kept`: answers that it lost and the store keeps."""

    run_id: str | None
    title: str
    n_new: int
    n_changed: int
    n_deleted: int
    n_quarantined: int
    n_kept: int


def pull(
    store: Store,
    *,
    project: str | None = None,
    task: str | None = None,
    full: bool = False,
    pseudonyms: bool = False,
    server: str | None = None,
) -> Pulled:
    """Corrections and withdrawals are new rows; the last word counts and the history stays. `server`: a name that tells
    the people of this server from those of another; the project keeps it. One process at a time.
    """
    connection = connected(store)
    with store.moment() as moment:
        about = known_subject(moment, project=project, task=task)
    with lease(store.places, f"review-{about.slug}"), store.moment() as moment:
        about = known_subject(moment, project=about.title, task=None)
        target = served(connection, about)
        before = known(moment, about.title)
        desk = Desk(store, connection, target, told_apart(about, before, server))
        found = read(desk, moment, before, full=full)
        return _commit(desk, before, found, names_of(moment, found, desk, pseudonyms=pseudonyms))


def _commit(desk: Desk, before: Known, found: Reading, names: list[AnnotatorName]) -> Pulled:
    told = told_of(desk.about.title, found)
    n_unmatched = desk.target.n_answers - found.n_held
    told_before = (before.cursor, before.n_unmatched, before.server)
    stands = told_before == (found.cursor, n_unmatched, desk.about.server) and not desk.is_older
    if stands and not (found.of.annotations or found.quarantined or names):
        return told
    cursor = found.cursor.astimezone(UTC).isoformat() if found.cursor else None
    asked = {"project": desk.about.title, "task": desk.about.task, "cursor": cursor, "n_unmatched": n_unmatched}
    asked |= {"server": desk.about.server} if desk.about.server is not None else {}
    run = desk.store.begin("review-pull", parameters=asked, inputs=inputs_of(desk.about.step, found), version=1)
    if run is None:
        return told
    if not desk.is_older:
        desk.mark()
    write(run, found, names)
    if desk.is_older:  # only once what the server forgot is known to be kept
        desk.mark()
    return replace(told, run_id=run.run_id)


def inputs_of(step: int, found: Reading) -> list[str]:
    """What the answers were, and after which step of the store they came; and what could not be read."""
    aside = [f"aside-{digest([row.quarantine_id for row in found.quarantined])}"] if found.quarantined else []
    return [f"step-{step}", f"answers-{digest(sorted(row.annotation_id for row in found.of.annotations))}", *aside]


def write(run: Run, found: Reading, names: list[AnnotatorName]) -> None:
    """Commit what came."""
    with run:
        run.write("annotations", sorted(found.of.annotations, key=lambda row: row.annotation_id))
        run.write("quarantine", found.quarantined)
        run.write("annotator_names", names)


def told_of(title: str, found: Reading) -> Pulled:
    """What came, before it is committed."""
    n_told = Counter(row.reason for row in found.quarantined)
    n_deleted = found.of.n_deleted + n_told[WITHDRAWN]
    n_quarantined = n_told.total() - n_told[WITHDRAWN] - n_told[LOST]
    return Pulled(None, title, found.of.n_new, found.of.n_changed, n_deleted, n_quarantined, len(found.of.kept))


def lines(done: Pulled) -> list[str]:
    """What came, for whoever runs the command."""
    counts = (done.n_new, done.n_changed, done.n_deleted, done.n_quarantined, done.n_kept)
    if not any(counts):
        return [f"{done.title}: nothing new"]
    told = [f"{done.title}: {done.n_new} new, {done.n_changed} corrected, {done.n_deleted} withdrawn"]
    if done.n_quarantined:
        told.append(f"{done.n_quarantined} could not be read; see: msa sql 'from unreadable_answers'")
    if done.n_kept:
        told.append(f"the server's data are older than the store: {done.n_kept} answers that it lost are kept here")
    return told


def command(
    *,
    store: StoreOption = DEFAULT_STORE,
    project: ProjectOption = None,
    task: TaskOption = None,
    full: Annotated[bool, typer.Option("--full", help="Read every task again, not only what changed.")] = False,
    pseudonyms: Annotated[
        bool,
        typer.Option(
            "--pseudonyms",
            help="Keep no reviewer's name. Nothing then shows where two servers' users have one id: say --server.",
        ),
    ] = False,
    server: Annotated[
        str | None,
        typer.Option(
            help="Name that tells this server's people from another's. Say it at the first pull of each further "
            "server, which has a project of its own: two servers that msa made have one e-mail. It stays."
        ),
    ] = None,
) -> None:
    """Print how many answers came, were corrected, were withdrawn, could not be read."""
    opened = open_store(store)
    done = pull(opened, project=project, task=task, full=full, pseudonyms=pseudonyms, server=server)
    for line in lines(done):
        say(line)
