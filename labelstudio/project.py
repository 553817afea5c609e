"""The project of a review queue on the server: found by its title, made once, and marked with each store's step."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files as package_files
from typing import Any

from label_studio_sdk.core.api_error import ApiError

from labelstudio.connection import ONCE, Connection
from labelstudio.errors import ProjectGone, ReviewError, ScreenChanged
from labelstudio.pictures import FOLDER
from labelstudio.screen import missing_names, screen

STEP = re.compile(r"\n?\(msa-loop step (\d+)(?: of store ([0-9a-f]+))?; please keep this line\)")
NAMELESS = ""  # the store of a mark from before marks named theirs
FULL_PAGE = 30  # projects a page
BY_SCORE = "Uncertainty sampling"  # ascending score of the project's model version: our priority
SKIPPED = "IGNORE_SKIPPED"  # a skip is an answer, there as here: the task is shown to nobody else in its place


@dataclass(frozen=True, slots=True)
class Screen:
    """What reviewers choose from, and whether they see what the model thinks: hidden, ask or shown."""

    labels: tuple[str, ...]
    low: float | None = None
    high: float | None = None
    opinion: str = "hidden"

    def xml(self) -> str:
        """The labelling configuration."""
        return screen(self.labels, low=self.low, high=self.high, opinion=self.opinion)


@dataclass(frozen=True, slots=True)
class Project:
    """`steps`: how far each store was when it last wrote here, by its id. `skipped`: what becomes of skipped tasks."""

    project_id: int
    title: str
    steps: Mapping[str, int]
    n_tasks: int
    n_answers: int
    model_version: str
    overlap: int
    label_config: str
    description: str
    skipped: str = SKIPPED

    def step(self, store_id: str) -> int:
        """Of one store; behind that store's own, the server's data are older. A mark without a store is anybody's."""
        return self.steps.get(store_id, self.steps.get(NAMELESS, 0))


def find(connection: Connection, title: str) -> Project | None:
    """None where no project bears the title. Raises ReviewError where several do."""
    with connection.asking("list the projects"):
        pager = connection.client.projects.list(title=title)
        listed = pager.items or []
        found = [each for each in (listed if len(listed) < FULL_PAGE else pager) if each.title == title]
    if len(found) > 1:
        ids = ", ".join(str(each.id) for each in found)
        raise ReviewError(f"Several projects on {connection.url} are called {title!r} (ids {ids}). Rename all but one.")
    return _project(found[0]) if found else None


def get(connection: Connection, project: Project) -> Project:
    """As it stands now. Raises ProjectGone."""
    with connection.asking(f"read the project {project.title!r}"):
        return _project(connection.client.projects.get(id=project.project_id))


def create(connection: Connection, title: str, of: Screen, *, overlap: int) -> Project:
    """A new project, with our screen and guidelines, in the order of our scores."""
    with connection.asking(f"make the project {title!r}"):
        made = connection.client.projects.create(
            title=title,
            label_config=of.xml(),
            expert_instruction=package_files("labelstudio").joinpath("guidelines.md").read_text(encoding="utf-8"),
            sampling=BY_SCORE,
            maximum_annotations=overlap,
            skip_queue=SKIPPED,
            show_collab_predictions=False,  # a choice made beforehand is unmade by its own key; words say the opinion
            request_options=ONCE,
        )
    return _project(made)


def check(project: Project, of: Screen) -> None:
    """Raises ScreenChanged where answers could not be read."""
    missing = missing_names(project.label_config, of.labels)
    if of.opinion != "hidden" and "$opinion" not in project.label_config:
        raise ScreenChanged(
            f"The labelling screen of project {project.title!r} has no place for the model's opinion. Choose "
            "--opinion hidden, or another --project"
        )
    if missing:
        raise ScreenChanged(
            f"The labelling screen of project {project.title!r} lacks {', '.join(missing)}, so that answers cannot be "
            "read. Put our screen back with: msa review push --restore-screen"
        )


def restore_screen(connection: Connection, project: Project, of: Screen) -> None:
    """Our screen again. Raises ReviewError where the server refuses, since answers already use another one."""
    with connection.asking("put the labelling screen back"):
        connection.client.projects.update(id=project.project_id, label_config=of.xml(), request_options=ONCE)


def adjust(connection: Connection, project: Project, **changes: Any) -> None:
    """Fields of the project that are ours: sampling, maximum_annotations, model_version, skip_queue."""
    with connection.asking(f"change the project {project.title!r}"):
        connection.client.projects.update(id=project.project_id, request_options=ONCE, **changes)


def mark(connection: Connection, project: Project, store_id: str, step: int, **changes: str) -> None:
    """Leave the store's step on the server: an older database will say an older step. The description is read afresh:
    marks of other stores stay as they are now; one that names no store becomes this store's.
    """
    standing = get(connection, project).description
    others = STEP.sub(lambda line: "" if (line[2] or NAMELESS) in (NAMELESS, store_id) else line[0], standing)
    whose = f" of store {store_id}" if store_id else ""
    told = f"{others}\n(msa-loop step {step}{whose}; please keep this line)".lstrip("\n")
    adjust(connection, project, description=told, **changes)


def gone(title: str, url: str) -> ProjectGone:
    """The store knows the project, the server does not."""
    return ProjectGone(
        f"No project {title!r} on {url}, though the store has tasks there. If it was deleted, make it again with the "
        "open tasks: msa review reconcile --repair. If it was renamed, give it its name back."
    )


def reviewers(connection: Connection) -> dict[int, str]:
    """E-mail by user id."""
    with connection.asking("list the users"):
        return {user.id: user.email or user.username or str(user.id) for user in connection.client.users.list()}


def serve_files(connection: Connection, project: Project) -> None:
    """Local files are served only where an import storage covers their folder. Raises ReviewError with the remedy."""
    if connection.files is None:
        return
    folder = connection.files / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    storages = connection.client.import_storage.local
    with connection.asking("list the storages"):
        if any(storage.path == str(folder) for storage in storages.list(project=project.project_id)):
            return
    try:
        storages.create(
            project=project.project_id,
            path=str(folder),
            title="images of posts",
            use_blob_urls=True,
            request_options=ONCE,
        )
    except ApiError as error:
        raise ReviewError(
            f"The server does not serve {folder} ({error.status_code}). Start it with "
            f"LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT={connection.files}, or unset that variable here: images then "
            "travel within the tasks."
        ) from error


def _project(found: Any) -> Project:
    description = found.description or ""
    return Project(
        project_id=found.id,
        title=found.title,
        steps={store_id or NAMELESS: int(step) for step, store_id in STEP.findall(description)},
        n_tasks=found.task_number or 0,
        n_answers=(found.total_annotations_number or 0) + (found.skipped_annotations_number or 0),
        model_version=found.model_version or "",
        overlap=found.maximum_annotations or 1,
        label_config=found.label_config or "",
        description=description,
        skipped=found.skip_queue or "",
    )
