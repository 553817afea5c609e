"""`report` by schedule: the page, a link to it, and the figures of the models over time as a picture."""

import base64
import re
from datetime import datetime
from pathlib import Path

from prefect import task
from prefect.artifacts import create_image_artifact, create_link_artifact
from prefect.states import State

from flows.patience import PATIENT
from flows.scheduled.punctual import punctual
from flows.scheduled.told import Step, conclude, each
from warehouse import Store

EMPTY = "empty-store"
TASKS = "select distinct task from posts order by task"
FIGURES = "from progress where task = $task and split = 'val' and name = 'weighted_f1' order by trained_at, model_id"


@task(name="report", **PATIENT)
def write_page(store: str, name: str | None, output: str, pages_url: str | None) -> Step:
    """The page of a task (None: of a store that holds no post yet), and a link that a browser can follow: of `msa
    serve`, where that is what runs us.
    """
    from flows.report import report

    of = name or EMPTY
    path = Path(output).absolute() / f"{_slug(of)}.html"
    report(Store.open(Path(store)), output=path, task=name)
    link = f"{pages_url}/{path.name}" if pages_url else path.as_uri()
    create_link_artifact(link, link_text=f"the report on {of}", key="msa-report", description=str(path))
    return Step("report", of, (), str(path))


@task(name="picture", **PATIENT)
def draw(store: str, name: str, output: str, pages_url: str | None) -> Step:
    """Weighted F1 of each model on validation, oldest first. Where nobody serves the folder of pages, the picture
    travels inside the artifact.
    """
    from msa_core.page.picture import progress_picture

    with Store.open(Path(store)).moment() as moment:
        rows = moment.table(FIGURES, task=name).to_pylist()
    if not rows:
        return Step("picture", name, (), "no figures yet: msa retrain, or msa train and msa evaluate")
    drawn = progress_picture(
        [(_short(row["model_id"], row["trained_at"]), row["value"], row["low"], row["high"]) for row in rows],
        title=f"{name}: weighted F1 on validation",
    )
    url = f"data:image/png;base64,{base64.b64encode(drawn).decode()}"
    if pages_url:
        path = Path(output) / f"{_slug(name)}-progress.png"
        path.write_bytes(drawn)
        url = f"{pages_url}/{path.name}"
    create_image_artifact(url, key="msa-progress", description=f"{name}: weighted F1 on validation, oldest model first")
    return Step("picture", name, (), f"{len(rows)} models")


@punctual("report", timeout_s=3600)
def report_flow(store: str, *, output: str, pages_url: str | None = None, late_after_s: float | None = None) -> State:
    """Write the page of each task, at any stage, link it, and draw the figures of the models over time.

    Args:
        store: Folder of the store.
        output: Folder that the pages are written into, one a task.
        pages_url: Address under which that folder is served, where it is; else the link is a file's.
        late_after_s: A scheduled run that begins later than this many seconds is skipped.
    """
    with Store.open(Path(store)).moment() as moment:
        tasks = moment.table(TASKS)["task"].to_pylist()
    states = each(write_page, [(store, name, output, pages_url) for name in tasks or [None]])
    return conclude("report", states + each(draw, [(store, name, output, pages_url) for name in tasks]))


def _slug(name: str) -> str:
    return re.sub(r"[^\w.-]+", "-", name)


def _short(model_id: str, trained_at: datetime | None) -> str:
    return f"{model_id[-6:]}\n{trained_at:%m-%d %H:%M}" if trained_at else model_id[-6:]
