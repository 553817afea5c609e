"""`msa review export`: the queue's next posts as a file of Label Studio tasks, for people without a server of ours."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from flows.review_choice import Choice, choosing
from flows.review_pictures import embedded
from flows.review_push import Asked
from flows.review_round import Round, next_round, rows_of, task_post
from flows.reviewing import Subject, TaskOption, subject
from labelstudio.errors import ReviewError
from labelstudio.tasks import as_task
from warehouse import Store, digest, lease

OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Exported:
    """`run_id` is null where the queue has nothing that is not out already."""

    run_id: str | None
    path: Path
    screen: Path
    n_posts: int


def export(store: Store, *, output: Path, asked: Asked, project: str = OFFLINE, task: str | None = None) -> Exported:
    """The tasks, images within them, and beside them the labelling screen. A post is in one open file at most."""
    with store.moment() as moment:
        about = subject(moment, project=project, task=task, opinion=asked.opinion)
    if about.step:
        raise ReviewError(f"The posts of {project!r} are on a server. Choose another --project for files.")
    with lease(store.places, f"review-{about.slug}"), choosing(store, about.task) as choice:
        of = _round(choice, about, asked)
        screen = output.with_suffix(".xml")
        if of is None:
            return Exported(None, output, screen, 0)
        _write(output, json.dumps([as_task(post, opinion=of.opinion) for post in of.posts], ensure_ascii=False))
        _write(screen, about.screen.xml())
        run = store.begin(
            "review-export",
            parameters={"project": project, "task": about.task, "round": of.name, "opinion": of.opinion},
            inputs=[f"posts-{digest([post.post_id for post in of.posts])}"],
            version=1,
        )
        if run is not None:
            with run:
                run.write("review_tasks", rows_of(project, of))
        return Exported(run.run_id if run else None, output, screen, len(of.posts))


def _round(choice: Choice, about: Subject, asked: Asked) -> Round | None:
    chosen = choice.next(source=asked.source, n=asked.batch)
    name = next_round(choice.moment, about.title)
    seen = embedded(choice.moment, chosen)
    posts = tuple(task_post(row, name, seen[row["post_id"]], asked.overlap or 1) for row in chosen)
    return Round(name, about.task, asked.opinion, posts) if posts else None


def _write(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    path.parent.mkdir(parents=True, exist_ok=True)
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)


def command(
    output: Annotated[Path, typer.Argument(help="The JSON file to write; the screen goes beside it as .xml.")],
    *,
    store: StoreOption = DEFAULT_STORE,
    project: Annotated[str, typer.Option(help="Name under which these posts are out.")] = OFFLINE,
    task: TaskOption = None,
    source: Annotated[str | None, typer.Option(help="Only posts of this source.")] = None,
    review_batch: Annotated[int, typer.Option(min=1, help="How many posts.")] = 50,
    opinion: Annotated[str, typer.Option(help="What the model thinks: hidden, ask, shown.")] = "hidden",
) -> None:
    """Print what to do with the files."""
    asked = Asked(source, review_batch, 1, opinion)
    done = export(open_store(store), output=output, asked=asked, project=project, task=task)
    if done.run_id is None:
        say("nothing to do: every post of the queue is out already")
        return
    say(f"{done.n_posts} posts in {done.path}; make a project with the screen {done.screen} and import them there")
    say(f"next, with each person's JSON export: msa review import FILE --project {project!r} --reviewer NAME")
