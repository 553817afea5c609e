"""Splits: sealed, stable, and in their shares."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from msa_core.records import Split
from msa_core.splitting import SEALED_FIRST, Member, Shares, bridging, place

EIGHTY = Shares(0.8, 0.1, 0.1)


def alone(number: int, label: str | None = "positive", source: str = "s") -> Member:
    return Member(f"{source}:{number:05d}", f"cluster-{source}{number}", source, label)


def placed(members, existing=None, *, shares=EIGHTY, n_folds=5, seed=0) -> dict[str, Split]:
    rows = place(members, existing or {}, shares=shares, n_folds=n_folds, seed=seed)
    return {row.post_id: row for row in rows}


def standing(post_id: str, split: str, fold: int | None = None) -> dict[str, Split]:
    return {post_id: Split(post_id, split, fold, False)}


members_of_any_kind = st.lists(
    st.builds(
        Member,
        st.integers(0, 10**6).map("s:{:07d}".format),
        st.integers(0, 40).map("cluster-{}".format),
        st.sampled_from(["s", "t"]),
        st.sampled_from(["negative", "neutral", "positive", None]),
        st.sampled_from([None, None, None, "train", "val", "test"]),
        st.sampled_from([False, False, False, True]),
    ),
    max_size=60,
    unique_by=lambda member: member.post_id,
)


@pytest.mark.parametrize("n", [100, 1000, 1237])
def test_each_label_gets_its_shares(n):
    members = [alone(k, label=("positive", "negative", "neutral")[min(k % 10 // 4, 2)]) for k in range(n)]
    rows = placed(members)
    for label in ("positive", "negative", "neutral"):
        of = [rows[member.post_id].split for member in members if member.label == label]
        for split in ("train", "val", "test"):
            assert abs(Counter(of)[split] - EIGHTY.of(split) * len(of)) <= 1


def test_shares_hold_when_the_store_grows_piece_by_piece():
    members, existing = [], {}
    for piece in range(20):
        members += [alone(piece * 50 + k) for k in range(50)]
        existing |= placed(members, existing)
    counts = Counter(row.split for row in existing.values())
    assert (counts["train"], counts["val"], counts["test"]) == (800, 100, 100)


@given(members_of_any_kind, st.integers(0, 60), st.integers(0, 5))
def test_no_post_ever_moves_whatever_is_added_and_whatever_shares_are_asked(members, cut, seed):
    before = placed(members[:cut])
    after = placed(members, before, shares=Shares(0.1, 0.1, 0.8), n_folds=3, seed=seed)
    assert not before.keys() & after.keys()
    assert before.keys() | after.keys() == {member.post_id for member in members}


@given(members_of_any_kind)
def test_a_cluster_without_official_posts_is_never_divided(members):
    rows = placed(members)
    free = {}
    official = {m.cluster_id for m in members if m.official_split or m.is_official_unlabelled}
    for member in members:
        if member.cluster_id not in official:
            free.setdefault(member.cluster_id, set()).add((rows[member.post_id].split, rows[member.post_id].fold))
    assert all(len(places) == 1 for places in free.values())


@given(members_of_any_kind)
def test_nothing_is_less_sealed_than_a_twin_unless_the_dump_said_so(members):
    rows = placed(members)
    seal = SEALED_FIRST.index
    for member in members:
        if rows[member.post_id].official:
            continue
        for twin in members:
            if twin.cluster_id == member.cluster_id:
                twins = "test" if twin.is_official_unlabelled else rows[twin.post_id].split
                assert seal(rows[member.post_id].split) <= seal(twins)


@given(members_of_any_kind)
def test_what_the_dump_said_is_kept(members):
    rows = placed(members)
    for member in members:
        row = rows[member.post_id]
        if member.is_official_unlabelled:
            assert (row.split, row.fold, row.official) == ("pool", None, True)
        elif member.official_split:
            assert (row.split, row.official) == (member.official_split, True)
        else:
            assert not row.official


@given(members_of_any_kind)
def test_every_post_has_a_fold_but_those_in_test(members):
    rows = placed(members)
    for member in members:
        row = rows[member.post_id]
        assert (row.fold is None) == (row.split == "test" or member.is_official_unlabelled)
        assert row.fold is None or 0 <= row.fold < 5


@given(members_of_any_kind, st.randoms())
def test_the_order_of_the_posts_does_not_matter(members, random):
    turned = list(members)
    random.shuffle(turned)
    assert placed(turned) == placed(members)


@pytest.mark.parametrize(
    ("touched", "expected"),
    [(("test", "train"), "test"), (("val", "train"), "val"), (("train", "pool"), "train"), (("pool",), "pool")],
)
def test_a_post_that_bridges_takes_the_most_sealed_split_it_touches(touched, expected):
    old = [replace(alone(k), cluster_id="cluster-x") for k in range(len(touched))]
    existing = {m.post_id: Split(m.post_id, split, None, False) for m, split in zip(old, touched, strict=True)}
    new = replace(alone(9), cluster_id="cluster-x")
    rows = placed([*old, new], existing)
    assert rows[new.post_id].split == expected
    assert bridging([*old, new], existing, list(rows.values())) == ([new.post_id] if len(touched) > 1 else [])


def test_a_twin_joins_its_fold():
    old, new = (replace(alone(k), cluster_id="cluster-x") for k in (0, 1))
    assert placed([old, new], standing(old.post_id, "train", 3))[new.post_id].fold == 3


def test_posts_without_any_label_are_the_pool_and_a_labelled_twin_takes_them_along():
    members = [
        alone(0, label=None),
        replace(alone(1, label=None), cluster_id="cluster-x"),
        replace(alone(2), cluster_id="cluster-x"),
    ]
    rows = placed(members, shares=Shares(1, 0, 0))
    assert [rows[member.post_id].split for member in members] == ["pool", "train", "train"]


def test_posts_that_bear_scores_are_shared_out_like_those_of_one_label():
    members = [replace(alone(k, label=None), is_scored=True) for k in range(100)]
    members += [replace(alone(100, label=None), cluster_id=members[0].cluster_id), alone(101, label=None)]
    rows = placed(members)
    assert Counter(rows[member.post_id].split for member in members[:100]) == {"train": 80, "val": 10, "test": 10}
    assert [rows[member.post_id].split for member in members[100:]] == [rows[members[0].post_id].split, "pool"]


def test_a_labelled_twin_of_an_official_unlabelled_test_is_sealed():
    withheld = replace(alone(0, label=None, source="course"), is_official_unlabelled=True, cluster_id="cluster-x")
    reveals = replace(alone(1), cluster_id="cluster-x")
    rows = placed([withheld, reveals], shares=Shares(1, 0, 0))
    assert rows[withheld.post_id] == Split(withheld.post_id, "pool", None, True)
    assert rows[reveals.post_id] == Split(reveals.post_id, "test", None, False)


def test_a_post_that_is_sealed_beside_a_twin_in_train_is_reported():
    withheld = replace(alone(0, label=None, source="course"), is_official_unlabelled=True, cluster_id="cluster-x")
    old, new = (replace(alone(k), cluster_id="cluster-x") for k in (1, 2))
    existing = standing(old.post_id, "train", 0)
    rows = placed([withheld, old, new], existing)
    assert rows[new.post_id].split == "test"
    assert bridging([withheld, old, new], existing, list(rows.values())) == [new.post_id]


def test_an_official_train_post_stays_in_train_beside_a_twin_in_test():
    sealed = replace(alone(0), official_split="test", cluster_id="cluster-x")
    train = replace(alone(1), official_split="train", cluster_id="cluster-x")
    free = replace(alone(2), cluster_id="cluster-x")
    rows = placed([sealed, train, free])
    assert [rows[member.post_id].split for member in (sealed, train, free)] == ["test", "train", "test"]


def test_official_splits_of_one_source_do_not_bend_the_shares_of_another():
    official = [replace(alone(k, source="official"), official_split="train") for k in range(500)]
    rows = placed(official + [alone(k) for k in range(100)])
    counts = Counter(row.split for row in rows.values() if not row.official)
    assert (counts["train"], counts["val"], counts["test"]) == (80, 10, 10)


def test_an_evaluation_store_has_folds_of_all_posts_balanced_by_label():
    members = [alone(k, label="positive" if k % 3 else "negative") for k in range(300)]
    rows = placed(members, shares=Shares(1, 0, 0))
    assert {row.split for row in rows.values()} == {"train"}
    folds = Counter((rows[member.post_id].fold, member.label) for member in members)
    assert set(folds.values()) == {20, 40}


def test_weights_need_not_sum_to_one():
    assert [Shares(8, 1, 1).of(split) for split in ("train", "val", "test")] == [0.8, 0.1, 0.1]


def test_another_seed_places_other_posts():
    members = [alone(k) for k in range(200)]
    first, second = (
        {post for post, row in placed(members, seed=seed).items() if row.split == "test"} for seed in (0, 1)
    )
    assert len(first) == len(second) == 20
    assert first != second
