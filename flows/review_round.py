"""A round of posts on its way to the reviewers: intended, landed, committed. The next start finishes a killed one"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

from flows.review_pictures import put_back
from flows.reviewing import Desk
from labelstudio.errors import ReviewError
from labelstudio.importing import delete, doubled, import_tasks, open_again, settled
from labelstudio.listing import all_tasks
from labelstudio.project import adjust, serve_files
from labelstudio.tasks import TaskPost
from msa_core.records import ReviewTask
from warehouse import Moment, Places, digest
from warehouse.journal import Journal

JOURNAL = "review-push"
NEXT = "select coalesce(max(try_cast(round as integer)), 0) + 1 from review_tasks where project = $title"


@dataclass(frozen=True, slots=True)
class Round:
    """`landed`: the task of each post that is known to be on the server. `project`: where it was intended for; empty
    where it goes in one step, or where an older version intended it.
    """

    name: str
    task: str
    opinion: str
    posts: tuple[TaskPost, ...]
    landed: dict[str, int] = field(default_factory=dict)
    project: str = ""

    def waiting(self) -> list[TaskPost]:
        """Posts that nobody has told to have landed."""
        return [post for post in self.posts if post.post_id not in self.landed]


def push_journal(places: Places, slug: str) -> Journal:
    """What is on its way to a project, until it is committed; each project has its own."""
    return Journal(places, JOURNAL, slug)


def next_round(moment: Moment, title: str) -> str:
    """The name of the round that comes next in a project: 0001, 0002 …"""
    return f"{moment.value(NEXT, title=title):04}"


def refuse_what_would_lose(desk: Desk, journal: Journal) -> None:
    """Raises ReviewError where a push was cut off, or where the server's data are older than the store: its step would
    be marked as the store's, and a pull would then take what the server forgot for withdrawn.
    """
    if any(True for _ in journal.read()):
        raise ReviewError("A push was cut off. Let it finish first: msa review push (the same command again)")
    refuse_older(desk)


def refuse_older(desk: Desk) -> None:
    """Raises ReviewError where the server's data are older than the store."""
    if desk.is_older:
        raise ReviewError(
            f"The data of {desk.about.title!r} on the server are older than the store. First: msa review pull"
        )


def intend(journal: Journal, of: Round) -> None:
    """Before anything is sent: what will be sent, whole."""
    names = [each.name for each in fields(TaskPost)]
    posts = [{name: getattr(post, name) for name in names} for post in of.posts]
    said = {"intended": of.name, "project": of.project, "task": of.task, "opinion": of.opinion}
    journal.append(said | {"posts": posts})


def intended(journal: Journal) -> Round | None:
    """The round that an earlier process began and did not finish."""
    found: Round | None = None
    for line in journal.read():
        if "intended" in line:
            posts = tuple(map(_post, line["posts"]))
            found = Round(line["intended"], line["task"], line["opinion"], posts, project=line.get("project", ""))
        elif found is not None:
            found.landed.update(line["landed"])
    return found


def look_for(desk: Desk, of: Round, journal: Journal) -> Round:
    """What a dead process had sent, found on the server by its post_id and round, once the server is at rest."""
    settled(desk.connection, desk.target)
    mine = {post.post_id: post.round for post in of.posts}
    listed = [task for task in all_tasks(desk.connection, desk.target) if task.post_id in mine]
    gone = set(doubled(listed))
    delete(desk.connection, desk.target, sorted(gone))
    found = {str(t.post_id): t.task_id for t in listed if t.round == mine[str(t.post_id)] and t.task_id not in gone}
    journal.append({"landed": found})
    return replace(of, landed=found)


def carry_out(
    desk: Desk, of: Round, moment: Moment, journal: Journal, on_done: Callable[[int], None] | None = None
) -> str | None:
    """Send what has not landed, then commit the round: each post for as many people as it is to have, also where
    that is not the project's number. The run's id; None where it was committed before.
    """

    def ready(posts: Sequence[TaskPost]) -> None:
        put_back(moment, desk.connection, (address for post in posts for address in post.images))

    def landed(found: dict[str, int]) -> None:
        journal.append({"landed": found})
        of.landed.update(found)
        if on_done:
            on_done(len(found))

    serve_files(desk.connection, desk.target)
    import_tasks(desk.connection, desk.target, of.waiting(), opinion=of.opinion, ready=ready, landed=landed)
    for post in of.posts:
        if post.overlap != desk.target.overlap:
            open_again(desk.connection, of.landed[post.post_id], overlap=post.overlap)
    return commit(desk, of, journal, model_version=of.posts[0].model_id)


def commit(desk: Desk, of: Round, journal: Journal, **changes: str) -> str | None:
    """Make the round visible, mark the server with the step and these changes, and forget the journal."""
    run = desk.store.begin(
        "review-push",
        parameters={"project": desk.about.title, "task": of.task, "round": of.name, "opinion": of.opinion},
        inputs=[f"posts-{digest([[post.post_id, post.model_id, post.priority, post.overlap] for post in of.posts])}"],
        version=1,
    )
    if run is not None:
        desk.mark(**changes)
        with run:
            run.write("review_tasks", rows_of(desk.about.title, of))
    elif changes:
        adjust(desk.connection, desk.target, **changes)
    journal.fold()
    return run.run_id if run else None


def task_post(row: dict[str, Any], name: str, images: tuple[str, ...], overlap: int) -> TaskPost:
    """A row of `review_posts`, as it goes into a round."""
    return TaskPost(
        post_id=row["post_id"],
        round=name,
        text=row["text"],
        images=images,
        caption=row["caption"],
        reasons=tuple(row["reasons"]),
        note="",
        priority=row["priority"],
        overlap=overlap,
        model_id=row["model_id"],
        labels=tuple(row["labels"]),
        probs=tuple(row["probs"]),
    )


def rows_of(title: str, of: Round) -> Sequence[ReviewTask]:
    """The facts of a round, by post_id; a task id is null where the round is a file."""
    now = datetime.now(UTC)
    return [
        ReviewTask(
            post_id=post.post_id,
            project=title,
            round=post.round,
            task_id=of.landed.get(post.post_id),
            reasons=post.reasons,
            priority=post.priority,
            overlap=post.overlap,
            expected_gain=None,
            expected_s=None,
            propensity=None,
            pushed_at=now,
        )
        for post in sorted(of.posts, key=lambda post: post.post_id)
    ]


def _post(line: dict[str, Any]) -> TaskPost:
    lists = ("images", "reasons", "labels", "probs")
    values: dict[str, Any] = {name: tuple(value) if name in lists else value for name, value in line.items()}
    return TaskPost(**values)
