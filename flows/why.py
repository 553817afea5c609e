"""`msa why POST_ID`: the story of one post: how it came, who and what judged it, why it was queued, where it went."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from msa_core.errors import MsaError
from warehouse import Store

STORY = "from post_events where post_id = $post_id order by happened_at, step, who, what"
LABEL = "select label, label_origin, label_policy from labels where post_id = $post_id"
LIKE = "select post_id from posts where source_id = $post_id or post_id ilike $post_id || '%' order by post_id limit 5"
SHOWN = ("when", "what happened", "who", "what", "run")


@dataclass(frozen=True, slots=True)
class Event:
    """`run_id`: the run that wrote it; `code_version`: the code that ran."""

    happened_at: datetime
    event: str
    who: str
    what: str
    run_id: str
    code_version: str


@dataclass(frozen=True, slots=True)
class Story:
    """`label` in force, null where there is none, and where that comes from."""

    post_id: str
    text: str | None
    label: str | None
    label_from: str
    events: tuple[Event, ...]


def why(store: Store, *, post_id: str) -> Story:
    """Raises MsaError that names ids like it."""
    with store.moment() as moment:
        posts = moment.table("select text from posts where post_id = $post_id", post_id=post_id).to_pylist()
        if not posts:
            near = moment.table(LIKE, post_id=post_id)["post_id"].to_pylist()
            words = f"Did you mean {', '.join(near)}?" if near else "List them with: msa sql 'from posts'"
            raise MsaError(f"No post {post_id!r} in {store.places.root}; ids are SOURCE:ID. {words}")
        labels = moment.table(LABEL, post_id=post_id).to_pylist()
        rows = moment.table(STORY, post_id=post_id).to_pylist()
    label = labels[0] if labels else {"label": None, "label_origin": "nobody", "label_policy": ""}
    told_by = f"{label['label_origin']} {label['label_policy']}".strip()
    return Story(post_id, posts[0]["text"], label["label"], told_by, tuple(map(_event, rows)))


def command(
    post_id: Annotated[str, typer.Argument(help="SOURCE:ID.")],
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Print the post, its label in force, and every event with its run."""
    story = why(open_store(store), post_id=post_id)
    say(f"{story.post_id}: {story.label or 'no label'} ({story.label_from})")
    say((story.text or "(no text)").replace("\n", " "))
    rows = [(_minute(each.happened_at), each.event, each.who, each.what, each.run_id) for each in story.events]
    show("its story", SHOWN, rows)


def _event(row: dict[str, Any]) -> Event:
    return Event(*(row[name] for name in ("happened_at", "event", "who", "what", "run_id", "code_version")))


def _minute(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
