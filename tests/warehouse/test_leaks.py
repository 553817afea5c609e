"""Whose doing a leak is: the dump's, a bridging post's, or ours."""

from dataclasses import replace

from msa_core.records import Cluster, Split
from tests.warehouse.conftest import Fill, a_post, an_answer
from warehouse import Store


def kinds(store: Store) -> dict[tuple[str, str], str]:
    with store.moment() as moment:
        rows = moment.table("select post_id, twin_post_id, kind from leaks").to_pylist()
    return {(row["post_id"][5:], row["twin_post_id"][5:]): row["kind"] for row in rows}


def in_cluster(name: str, *ids: str) -> list[Cluster]:
    return [Cluster(f"mvsa:{each}", f"cluster-{name}", "text") for each in ids]


def placed(*, official: bool = False, **splits: str) -> list[Split]:
    return [Split(f"mvsa:{each}", split, None, official) for each, split in splits.items()]


def test_twins_that_one_run_put_on_two_sides_are_our_leak(store: Store, fill: Fill):
    fill(1, posts=[a_post("a"), a_post("b")], clusters=in_cluster("a", "a", "b"), splits=placed(a="train", b="test"))
    assert kinds(store) == {("a", "b"): "ours"}


def test_twins_of_an_official_split_are_the_dumps_leak(store: Store, fill: Fill):
    splits = placed(official=True, a="train", b="val")
    fill(1, posts=[a_post("a"), a_post("b")], clusters=in_cluster("a", "a", "b"), splits=splits)
    assert kinds(store) == {("a", "b"): "official"}


def test_a_post_that_bridges_two_splits_is_reported_and_not_our_fault(store: Store, fill: Fill):
    alone = [*in_cluster("a", "a"), *in_cluster("b", "b")]
    fill(1, posts=[a_post("a"), a_post("b")], clusters=alone, splits=placed(a="train", b="test"))
    assert kinds(store) == {}
    fill(2, posts=[a_post("c")], clusters=in_cluster("a", "a", "b", "c"), splits=placed(c="test"))
    assert kinds(store) == {("a", "b"): "bridged", ("a", "c"): "bridged"}


def test_a_later_twin_put_on_another_side_is_our_leak(store: Store, fill: Fill):
    fill(1, posts=[a_post("a")], clusters=in_cluster("a", "a"), splits=placed(a="test"))
    fill(2, posts=[a_post("b")], clusters=in_cluster("a", "b"), splits=placed(b="train"))
    assert kinds(store) == {("b", "a"): "ours"}


def test_a_label_that_reveals_an_official_unlabelled_post_is_reported(store: Store, fill: Fill):
    fill(
        1,
        posts=[a_post("a"), replace(a_post("b"), is_official_unlabelled=True)],
        annotations=[an_answer("mvsa:a", "mvsa", "both", "positive")],
        clusters=in_cluster("a", "a", "b"),
        splits=placed(a="test", b="pool"),
    )
    assert kinds(store) == {("a", "b"): "reveals"}


def test_a_twin_sealed_for_a_withheld_label_is_not_our_leak(store: Store, fill: Fill):
    fill(1, posts=[a_post("a")], clusters=in_cluster("a", "a"), splits=placed(a="train"))
    fill(
        2,
        posts=[a_post("b"), replace(a_post("c"), is_official_unlabelled=True)],
        clusters=in_cluster("a", "b", "c"),
        splits=[*placed(b="test"), *placed(official=True, c="pool")],
    )
    assert kinds(store) == {("a", "b"): "reveals"}
