"""`msa why POST_ID …`: the story of a post: how it came, who and what judged it, why it was queued, where it went."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import pyarrow as pa
import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from msa_core.errors import MsaError
from warehouse import Moment, Store

EVENTS = (
    "from post_events where post_id in (select unnest($ids))"
    " order by post_id, happened_at, step, event, who, what, run_id"
)
LABELS = (
    "select post_id, label, trim(label_origin || ' ' || label_policy) as label_from, given_label,"
    " list(distinct annotator order by annotator) as annotators from label_lineage left join review_changes"
    " using (post_id, label) where post_id in (select unnest($ids)) group by all"
)
CAPTIONS = "select post_id, caption, kind from shown_captions where post_id in (select unnest($ids))"
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
    """`label` in force, null where there is none; where it comes from, and whose answers it rests on. `label_before`:
    what the dump's policy gives where reviewers say something else. `caption`: as people see it, with its kind.
    """

    post_id: str
    text: str | None
    label: str | None
    label_from: str
    label_by: tuple[str, ...]
    label_before: str | None
    caption: str | None
    caption_kind: str | None
    events: tuple[Event, ...]


def why(store: Store, *, post_id: str) -> Story:
    """Raises MsaError that names ids like it."""
    return every_story(store, [post_id])[0]


def every_story(store: Store, post_ids: Sequence[str]) -> list[Story]:
    """As they were asked for. Raises MsaError for the first post that the store does not hold."""
    found = {story.post_id: story for story in stories(store, post_ids)}
    for post_id in post_ids:
        if post_id not in found:
            raise _unknown(store, post_id)
    return [found[post_id] for post_id in post_ids]


def stories(store: Store, post_ids: Sequence[str]) -> list[Story]:
    """Of those of these posts that the store holds, by post_id. Only their rows are read, and many at once cost little
    more than one.
    """
    if not post_ids:
        return []
    with store.moment(about=post_ids) as moment:
        posts = moment.table("select post_id, text from posts order by post_id").to_pylist()
        ids = [post["post_id"] for post in posts]
        labels, captions = _by_post(moment, LABELS, ids), _by_post(moment, CAPTIONS, ids)
        events: dict[str, list[Event]] = {post_id: [] for post_id in ids}
        for row in moment.table(EVENTS, ids=ids).to_pylist():
            events[row["post_id"]].append(_event(row))
    return [_story(post, labels, captions, tuple(events[post["post_id"]])) for post in posts]


def command(
    post_ids: Annotated[list[str], typer.Argument(help="SOURCE:ID; many at once are quicker than one by one.")],
    store: StoreOption = DEFAULT_STORE,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON; of many posts, one a line.")] = False,
) -> None:
    """Print each post, its label in force, and every event with its run."""
    for story in every_story(open_store(store), post_ids):
        if as_json:
            indent = 2 if len(post_ids) == 1 else None
            say(json.dumps(asdict(story), default=str, ensure_ascii=False, indent=indent))
        else:
            _print(story)


def label_in_words(story: Story) -> str:
    """The label in force, what it replaced, and by whom."""
    if story.label is None:
        return "no label"
    before = f" instead of {story.label_before}" if story.label_before else ""
    return f"{story.label}{before} ({story.label_from}: {', '.join(story.label_by)})"


def minute(at: datetime) -> str:
    """In UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _print(story: Story) -> None:
    say(f"{story.post_id}: {label_in_words(story)}")
    say((story.text or "(no text)").replace("\n", " "))
    if story.caption:
        say(f"image: {story.caption} ({story.caption_kind})")
    rows = [(minute(each.happened_at), each.event, each.who, each.what, each.run_id) for each in story.events]
    show("its story", SHOWN, rows)


def _unknown(store: Store, post_id: str) -> MsaError:
    with store.moment() as moment:
        near = moment.table(LIKE, post_id=post_id)["post_id"].to_pylist()
    words = f"Did you mean {', '.join(near)}?" if near else "List them with: msa sql 'from posts'"
    return MsaError(f"No post {post_id!r} in {store.places.root}; ids are SOURCE:ID. {words}")


def _by_post(moment: Moment, sql: str, ids: list[str]) -> dict[str, dict[str, Any]]:
    found: pa.Table = moment.table(sql, ids=ids)
    return {row["post_id"]: row for row in found.to_pylist()}


def _story(
    post: dict[str, Any],
    labels: dict[str, dict[str, Any]],
    captions: dict[str, dict[str, Any]],
    events: tuple[Event, ...],
) -> Story:
    post_id = post["post_id"]
    label, caption = labels.get(post_id, {}), captions.get(post_id, {})
    given = label.get("given_label")
    return Story(
        post_id=post_id,
        text=post["text"],
        label=label.get("label"),
        label_from=label.get("label_from", "nobody"),
        label_by=tuple(label.get("annotators", ())),
        label_before=given if given != label.get("label") else None,
        caption=caption.get("caption"),
        caption_kind=caption.get("kind"),
        events=events,
    )


def _event(row: dict[str, Any]) -> Event:
    return Event(*(row[name] for name in ("happened_at", "event", "who", "what", "run_id", "code_version")))
