"""Why a post is in one training set and not in another, or bears another label there."""

import pytest

from msa_core.records import SnapshotDrop, SnapshotRow
from msa_core.snapshot_diff import Side, changes, moves, n_unlike, reasons


def row(name: str, label: str = "positive", *, origin: str = "dump", policy: str = "literature", weight: float = 1.0):
    return SnapshotRow("s", name, "sentiment", label, None, weight, "train", 0, None, policy, origin)


def side(*rows: SnapshotRow, source: str = "s", **drops: str) -> Side:
    return Side.of(source, rows, [SnapshotDrop("s", f"s:{name}", reason) for name, reason in drops.items()])


def why(before: Side, after: Side, known: tuple[str, ...] = ("s:a",)) -> list[tuple[str, str]]:
    return [(change.change, change.reason) for change in changes(before, after, known)]


STRICT = row("s:z", policy="strict")


@pytest.mark.parametrize(
    ("before", "after", "known", "expected"),
    [
        (side(), side(row("s:a")), (), ("added", "new-post")),
        (side(), side(row("s:a")), ("s:a",), ("added", "newly-labelled")),
        (side(a="leak"), side(row("s:a")), ("s:a",), ("added", "no-longer-dropped")),
        (side(source="other"), side(row("s:a"), source="all"), ("s:a",), ("added", "other-source")),
        (side(STRICT), side(STRICT, row("s:a")), ("s:a",), ("added", "policy")),
        (side(row("s:a")), side(), (), ("dropped", "no-label")),
        (side(row("s:a")), side(a="broken"), (), ("dropped", "broken")),
        (side(row("s:a")), side(source="other"), (), ("dropped", "other-source")),
        (side(STRICT, row("s:a")), side(STRICT), (), ("dropped", "policy")),
        (side(row("s:a")), side(row("s:a", "negative", origin="review")), (), ("relabelled", "review")),
        (side(row("s:a", origin="review")), side(row("s:a", "negative")), (), ("relabelled", "review")),
        (side(row("s:a")), side(row("s:a", "negative", policy="strict")), (), ("relabelled", "policy")),
        (side(row("s:a")), side(row("s:a", "negative")), (), ("relabelled", "dump")),
    ],
)
def test_each_change_has_its_reason(before: Side, after: Side, known: tuple[str, ...], expected: tuple[str, str]):
    assert why(before, after, known) == [expected]


def test_the_same_set_has_not_changed():
    assert why(side(row("s:a"), row("s:b")), side(row("s:b"), row("s:a"))) == []


def test_changes_are_counted_by_reason_and_from_label_to_label():
    before = side(row("s:a"), row("s:b"), row("s:c"))
    after = side(row("s:a", "negative", origin="review"), row("s:c"), row("s:d"), b="duplicate")
    found = changes(before, after, ())
    assert reasons(found) == [("added", "new-post", 1), ("dropped", "duplicate", 1), ("relabelled", "review", 1)]
    assert moves(found) == [("-", "positive", 1), ("positive", "-", 1), ("positive", "negative", 1)]


def test_another_weight_is_counted_apart():
    assert n_unlike(side(row("s:a"), row("s:b")), side(row("s:a", weight=0.5), row("s:c")), "weight") == 1
