"""`msa diff`: what changed from one snapshot to another: added, dropped, relabelled, by reason and by label."""

import json
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from flows.standing_snapshots import card_of, now_like, snapshot_named, thawed
from flows.training_set import TrainingSet
from msa_core.errors import MsaError
from msa_core.snapshot_diff import ADDED, DROPPED, RELABELLED, Change, Side, changes, moves, n_unlike, reasons
from warehouse import Moment, Store

NOW = "now"
KNOWN_THEN = (
    "select post_id from posts p join run_history came on came.run_id = p.origin_run_id"
    " where $run_id is null or came.finished_at <= (select started_at from run_history where run_id = $run_id)"
)


@dataclass(frozen=True, slots=True)
class Diff:
    """`changes` are of posts, by post_id. `n_same` posts stand in both with one label; of the posts of both
    `n_reweighted` have another weight and `n_recaptioned` another caption.
    """

    one: str
    other: str
    n_added: int
    n_dropped: int
    n_relabelled: int
    n_same: int
    n_reweighted: int
    n_recaptioned: int
    changes: tuple[Change, ...]


def diff(store: Store, *, one: str, other: str = NOW, task: str | None = None) -> Diff:
    """Each side is a snapshot's id or its beginning, `champion` (what it learned from) or `now`: what a snapshot chosen
    as the other side was would hold now, under the label policy in force. Raises MsaError.
    """
    with store.moment() as moment:
        names = [each if each == NOW else snapshot_named(store, moment, each, task) for each in (one, other)]
        like = next((each for each in names if each != NOW), None)
        if like is None:
            raise MsaError("Now and now are the same. Name a snapshot, or champion: msa diff champion now")
        before, after = (now_like(moment, like) if each == NOW else thawed(moment, each) for each in names)
        if before.about.task != after.about.task:
            raise MsaError(
                f"{names[0]} is of {before.about.task}, {names[1]} of {after.about.task}: nothing to compare"
            )
        known = _known(moment, None if names[0] == NOW else names[0])
    return _compared(before, after, known)


def command(
    one: Annotated[str, typer.Argument(help="A snapshot's id or its beginning, champion, or now.")],
    other: Annotated[str, typer.Argument(help="The same.")] = NOW,
    store: StoreOption = DEFAULT_STORE,
    task: Annotated[str | None, typer.Option(help="Of which task the champion is meant.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Every changed post, as JSON.")] = False,
) -> None:
    """Print what changed by reason and from label to label; with --json post by post."""
    found = diff(open_store(store), one=one, other=other, task=task)
    if as_json:
        say(json.dumps(asdict(found), indent=2, ensure_ascii=False))
        return
    counts = (
        f"{found.n_added} added, {found.n_dropped} dropped, {found.n_relabelled} relabelled, {found.n_same} as before"
    )
    say(f"{found.one} → {found.other}: {counts}")
    for n_posts, what in ((found.n_reweighted, "weigh otherwise"), (found.n_recaptioned, "have another caption")):
        if n_posts:
            say(f"{n_posts} posts of both {what}")
    if found.changes:
        show("why", ("change", "reason", "posts"), reasons(found.changes))
        show("labels", ("from", "to", "posts"), moves(found.changes))


def _known(moment: Moment, snapshot_id: str | None) -> set[str]:
    """The posts that stood in the store before a snapshot's run; without one those of now."""
    run_id = None if snapshot_id is None else card_of(moment, snapshot_id)["run_id"]
    return set(moment.table(KNOWN_THEN, run_id=run_id)["post_id"].to_pylist())


def _compared(before: TrainingSet, after: TrainingSet, known: set[str]) -> Diff:
    one, other = (Side.of(each.about.source, each.rows, each.drops) for each in (before, after))
    found = changes(one, other, known)
    n_of: dict[str, Any] = {name: sum(each.change == name for each in found) for name in (ADDED, DROPPED, RELABELLED)}
    return Diff(
        one=before.snapshot_id,
        other=after.snapshot_id,
        n_added=n_of[ADDED],
        n_dropped=n_of[DROPPED],
        n_relabelled=n_of[RELABELLED],
        n_same=len(before.rows) - n_of[DROPPED] - n_of[RELABELLED],
        n_reweighted=n_unlike(one, other, "weight"),
        n_recaptioned=n_unlike(one, other, "caption_id"),
        changes=tuple(found),
    )
