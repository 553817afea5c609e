"""What every review verb asks first: which server, which project, and what its reviewers choose from."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import typer

from flows.training_set import labels_of
from labelstudio.connection import Connection
from labelstudio.errors import NoServer, ReviewError, TokenRefused
from labelstudio.project import NAMELESS, SKIPPED, Project, Screen, find, gone, mark
from labelstudio.server import known
from msa_core.tasks import TASKS
from warehouse import Moment, Store, digest

ProjectOption = Annotated[str | None, typer.Option(help="Title of the project on the server; default: msa-TASK.")]
TaskOption = Annotated[str | None, typer.Option(help="Task whose posts are reviewed; needed where there are several.")]
DOCUMENT_ROOT = "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT"


@dataclass(frozen=True, slots=True)
class Subject:
    """A project of the server and the task that its reviewers judge. `step`: review runs that the store `store_id` has
    committed there so far. `is_of_files`: its posts went out as files, and no server has them. `server`: by which name
    the people of its server are told from those of others, if any was said.
    """

    title: str
    task: str
    screen: Screen
    step: int
    store_id: str
    is_of_files: bool = False
    server: str | None = None

    @property
    def slug(self) -> str:
        """The title as a file's name."""
        return slug_of(self.title)


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a review verb works: a store, a server, the project there as it was found, and what it is about."""

    store: Store
    connection: Connection
    target: Project
    about: Subject

    @property
    def is_older(self) -> bool:
        """Whether the server lives on data from before the store's last step there."""
        return self.target.step(self.about.store_id) < self.about.step

    def mark(self, **changes: str) -> None:
        """Leave on the server the step that is about to be committed; `changes` of the project go with it, and what an
        older version or a person set otherwise: a skip is an answer.
        """
        healed = {} if self.target.skipped == SKIPPED else {"skip_queue": SKIPPED}
        mark(self.connection, self.target, self.about.store_id, self.about.step + 1, **healed, **changes)

    def after(self, *run_ids: str | None) -> "Desk":
        """The desk once these runs are committed; None was committed before."""
        n_runs = sum(run_id is not None for run_id in run_ids)
        return replace(self, about=replace(self.about, step=self.about.step + n_runs))


def slug_of(title: str) -> str:
    """A title as a file's name; two titles have two."""
    plain = re.sub(r"[^\w.-]+", "-", title)
    return f"{plain}-{digest(title)[:6]}"


def server_folder(store: Store) -> Path:
    """Where a Label Studio of the store's own keeps its data."""
    return store.places.labelstudio


def connected(store: Store) -> Connection:
    """To LABEL_STUDIO_URL, else to the store's own running server. Raises NoServer, TokenRefused with the remedy."""
    url, token = os.environ.get("LABEL_STUDIO_URL", ""), os.environ.get("LABEL_STUDIO_API_KEY", "")
    if not url:
        own = known(server_folder(store))
        if own is None:
            raise NoServer(
                "No Label Studio: set LABEL_STUDIO_URL and LABEL_STUDIO_API_KEY, or start one with: msa review server "
                f"--store {store.places.root} (make labelstudio)"
            )
        return Connection(own.url, own.token, files=own.files)
    if not token:
        raise TokenRefused(f"LABEL_STUDIO_URL is {url}, but LABEL_STUDIO_API_KEY is not set (account settings there).")
    root = os.environ.get(DOCUMENT_ROOT)
    return Connection(url, token, files=Path(root) if root else None)


def subject(moment: Moment, *, project: str | None, task: str | None, opinion: str | None = None) -> Subject:
    """The project and task that are meant. `opinion`: None for the project's own, so that who is asked again sees what
    others saw. Raises ReviewError that lists the choices.
    """
    known = {row["project"]: row for row in moment.table("from review_projects order by project").to_pylist()}
    if project in known and task is None:
        task = known[project]["task"]
    if task is None:
        tasks = moment.table("select distinct task from posts order by task")["task"].to_pylist()
        task = _only("task", tasks, "No posts in this store. Ingest a dump first: msa ingest")
    title = project or f"msa-{task}"
    found = known.get(title, {"step": 0, "server": None, "opinion": None})
    store_id = moment.value("select store_id from store_identity") or NAMELESS
    return Subject(
        title,
        task,
        _screen(moment, task, opinion or found["opinion"] or "hidden"),
        found["step"],
        store_id,
        is_of_files=title in known and not found["step"],
        server=found["server"],
    )


def known_subject(moment: Moment, *, project: str | None, task: str | None) -> Subject:
    """The project that posts were pushed to; the only one where none is named."""
    titles = moment.table("select project from review_projects order by project")["project"].to_pylist()
    if project is None and task is None:
        project = _only("project", titles, "Nothing was pushed to reviewers yet. First: msa review push")
    found = subject(moment, project=project, task=task)
    if found.title not in titles:
        listed = ", ".join(titles) or "none yet"
        raise ReviewError(f"No review project {found.title!r} in this store. Projects: {listed}")
    return found


def looked_up(connection: Connection, about: Subject) -> Project | None:
    """The project on the server, if it is there. Raises ReviewError where its posts went out as files: a project of
    that title there is another's, whose answers are not these.
    """
    if about.is_of_files:
        raise ReviewError(
            f"The posts of {about.title!r} went out as files, to no server. Take their answers by: msa review import "
            f"FILE --project {about.title!r}; for a server choose another --project"
        )
    return find(connection, about.title)


def served(connection: Connection, about: Subject) -> Project:
    """The project on the server, which the store has pushed to. Raises ProjectGone where it is not there any more."""
    found = looked_up(connection, about)
    if found is None:
        raise gone(about.title, connection.url)
    return found


def _screen(moment: Moment, task: str, opinion: str) -> Screen:
    known = TASKS.get(task)
    low, high = (known.low, known.high) if known else (None, None)
    return Screen(labels_of(moment, task), low, high, opinion)


def _only(what: str, choices: Sequence[str], none: str) -> str:
    if not choices:
        raise ReviewError(none)
    if len(choices) > 1:
        raise ReviewError(f"More than one {what}: {', '.join(choices)}. Choose: --{what} {choices[0]}")
    return choices[0]
