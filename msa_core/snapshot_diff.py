"""What changed from one training set to another, post by post, each change with its reason."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass

from msa_core.records import SnapshotDrop, SnapshotRow

ADDED, DROPPED, RELABELLED = "added", "dropped", "relabelled"
NEW_POST, NEWLY_LABELLED, NO_LONGER = "new-post", "newly-labelled", "no-longer-dropped"
NO_LABEL, OTHER_SOURCE = "no-label", "other-source"
REVIEW, POLICY, DUMP = "review", "policy", "dump"


@dataclass(frozen=True, slots=True)
class Change:
    """`reason`: of an added post new-post, newly-labelled, policy, other-source or no-longer-dropped; of a dropped one
    why it was left out, or no-label, policy or other-source; of a relabelled one whose word changed: review, policy or
    dump. A label is null on the side that lacks it.
    """

    post_id: str
    change: str
    reason: str
    label_before: str | None
    label_after: str | None


@dataclass(frozen=True, slots=True)
class Side:
    """A training set as a comparison reads it: its source (`all` for every one), rows and reasons by post_id, and the
    policies that gave the dump's labels.
    """

    source: str
    rows: Mapping[str, SnapshotRow]
    drops: Mapping[str, str]
    policies: frozenset[str]

    @staticmethod
    def of(source: str, rows: Iterable[SnapshotRow], drops: Iterable[SnapshotDrop]) -> "Side":
        """Of rows in any order, and what was left out."""
        by_post, reason_of = {row.post_id: row for row in rows}, {drop.post_id: drop.reason for drop in drops}
        policies = frozenset(row.label_policy for row in by_post.values() if row.label_origin == DUMP)
        return Side(source, by_post, reason_of, policies)

    def reaches(self, post_id: str) -> bool:
        """Whether the post is of its source; an id is `<source>:<id there>`."""
        return self.source in ("all", post_id.partition(":")[0])

    def lacks(self, row: SnapshotRow, otherwise: str) -> str:
        """Why a post of another set is in neither its rows nor its drops."""
        if not self.reaches(row.post_id):
            return OTHER_SOURCE
        is_of_policy = row.label_origin == DUMP and bool(self.policies) and row.label_policy not in self.policies
        return POLICY if is_of_policy else otherwise


def changes(before: Side, after: Side, known: Container[str]) -> list[Change]:
    """By post_id. `known`: posts that stood in the store when the first set was frozen."""
    found = [_added(before, row, known) for post_id, row in after.rows.items() if post_id not in before.rows]
    found += [_dropped(row, after) for post_id, row in before.rows.items() if post_id not in after.rows]
    pairs = [(row, after.rows[post_id]) for post_id, row in before.rows.items() if post_id in after.rows]
    found += [_relabelled(*pair) for pair in pairs if pair[0].label != pair[1].label]
    return sorted(found, key=lambda change: change.post_id)


def n_unlike(before: Side, after: Side, column: str) -> int:
    """Posts of both sets that differ in a column: `weight` or `caption_id`."""
    both = before.rows.keys() & after.rows.keys()
    return sum(getattr(before.rows[post_id], column) != getattr(after.rows[post_id], column) for post_id in both)


def moves(found: Sequence[Change]) -> list[tuple[str, str, int]]:
    """From which label to which, and how many; `-` where the post is not in that set."""
    counts = Counter((change.label_before or "-", change.label_after or "-") for change in found)
    return [(before, after, counts[before, after]) for before, after in sorted(counts)]


def reasons(found: Sequence[Change]) -> list[tuple[str, str, int]]:
    """Change, reason, how many."""
    counts = Counter((change.change, change.reason) for change in found)
    return [(change, reason, counts[change, reason]) for change, reason in sorted(counts)]


def _added(before: Side, row: SnapshotRow, known: Container[str]) -> Change:
    reason = before.lacks(row, NEWLY_LABELLED) if row.post_id in known else NEW_POST
    return Change(row.post_id, ADDED, NO_LONGER if row.post_id in before.drops else reason, None, row.label)


def _dropped(row: SnapshotRow, after: Side) -> Change:
    return Change(row.post_id, DROPPED, after.drops.get(row.post_id) or after.lacks(row, NO_LABEL), row.label, None)


def _relabelled(one: SnapshotRow, other: SnapshotRow) -> Change:
    """Reviewers' words come before the dump's: where either label is theirs, it was they who changed it."""
    is_reviewed = "review" in (one.label_origin, other.label_origin)
    reason = REVIEW if is_reviewed else POLICY if one.label_policy != other.label_policy else DUMP
    return Change(one.post_id, RELABELLED, reason, one.label, other.label)
