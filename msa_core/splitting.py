"""Where a post stays for ever: train, val, test or pool, and its fold. Clusters are placed, posts follow.

In this order, for each post that has no place yet:

1. An official test without labels is `pool` and has no fold; its twins elsewhere are sealed (`test`): they would
   reveal its labels.
2. An official split is kept.
3. A post whose cluster has a place takes the most sealed one that the cluster touches: test, val, train, pool.
4. A cluster without any label or score is `pool`.
5. Any other cluster falls by the hash of its id, source by source and label by label (all scores are one label), so
   that each split holds its share of each; what stands is counted in, so that shares hold in a store that grows.

Folds follow the cluster too, except in test: the emptiest fold of its source, label and split (ties: of its split).
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msa_core.records import Split

SEALED_FIRST = ("test", "val", "train", "pool")


@dataclass(frozen=True, slots=True)
class Member:
    """A post as a member of its cluster; `label` is null where there is none, or a score instead."""

    post_id: str
    cluster_id: str
    source: str
    label: str | None
    official_split: str | None = None
    is_official_unlabelled: bool = False
    is_scored: bool = False


@dataclass(frozen=True, slots=True)
class Shares:
    """Weights, whatever their sum: 80/10/10 is .8/.1/.1; train 1, the others 0, is an evaluation store."""

    train: float = 0.8
    val: float = 0.1
    test: float = 0.1

    def of(self, split: str) -> float:
        """The share of the whole."""
        weights = {"train": self.train, "val": self.val, "test": self.test}
        return weights[split] / sum(weights.values())


Stratum = tuple[str, str]  # source and label of a cluster; the label is "" where it has none
EVERY: Stratum = ("", "")
SCORED = "a score"
Placed = dict[str, tuple[str, bool]]  # cluster or post: (split, official)


def place(
    members: Sequence[Member], existing: Mapping[str, Split], *, shares: Shares, n_folds: int, seed: int
) -> list[Split]:
    """One row for each member without one, ordered by post_id; `existing` is by post_id and never changes."""
    together = _by_cluster(members)
    splits = _kept(members, existing)
    touched = {cluster_id: _most_sealed(of, splits) for cluster_id, of in together.items()}
    placed = {cluster_id: split for cluster_id, split in touched.items() if split}
    strata = {cluster_id: _stratum(of) for cluster_id, of in together.items()}
    untouched = [cluster_id for cluster_id in together if cluster_id not in placed]
    placed |= {cluster_id: "pool" for cluster_id in untouched if not strata[cluster_id][1]}
    standing = _standing(together, strata, splits | _following(members, splits, placed))
    for stratum, cluster_ids in _grouped(untouched, strata).items():
        if stratum[1]:
            ordered = sorted(cluster_ids, key=lambda cluster_id: _chance(cluster_id, seed))
            sizes = [len(together[cluster_id]) for cluster_id in ordered]
            placed |= dict(zip(ordered, _cut(sizes, standing[stratum], shares), strict=True))
    splits |= _following(members, splits, placed)
    folds = _folds(together, strata, splits, existing, n_folds=n_folds, seed=seed)
    new = sorted((member for member in members if member.post_id not in existing), key=lambda member: member.post_id)
    return [_row(member, splits[member.post_id], folds.get(member.cluster_id)) for member in new]


def bridging(members: Sequence[Member], existing: Mapping[str, Split], rows: Sequence[Split]) -> list[str]:
    """Posts of `rows` that had to stand apart from a twin that is placed already, ordered: such twins now leak."""
    cluster_of = {member.post_id: member.cluster_id for member in members}
    stands: dict[str, set[str]] = defaultdict(set)
    for post_id, split in existing.items():
        stands[cluster_of[post_id]].add(split.split)
    return sorted(row.post_id for row in rows if not row.official and stands[cluster_of[row.post_id]] - {row.split})


def _by_cluster(members: Iterable[Member]) -> dict[str, list[Member]]:
    together: dict[str, list[Member]] = defaultdict(list)
    for member in sorted(members, key=lambda member: member.post_id):
        together[member.cluster_id].append(member)
    return dict(together)


def _kept(members: Iterable[Member], existing: Mapping[str, Split]) -> Placed:
    """By post_id, what is settled before any cluster is looked at: what stands, and what is official."""
    settled: Placed = {}
    for member in members:
        if member.post_id in existing:
            settled[member.post_id] = (existing[member.post_id].split, existing[member.post_id].official)
        elif member.is_official_unlabelled:
            settled[member.post_id] = ("pool", True)
        elif member.official_split:
            settled[member.post_id] = (member.official_split, True)
    return settled


def _most_sealed(of: Sequence[Member], splits: Placed) -> str | None:
    """None where nothing of the cluster is settled. An official unlabelled test seals like a test."""
    touched = {
        "test" if member.is_official_unlabelled else splits[member.post_id][0]
        for member in of
        if member.post_id in splits
    }
    return next((split for split in SEALED_FIRST if split in touched), None)


def _stratum(of: Sequence[Member]) -> Stratum:
    """The source of the cluster's smallest post, and its most frequent label (ties: the alphabet's first)."""
    labels = Counter(member.label for member in of if member.label is not None)
    if labels:
        return of[0].source, min(labels, key=lambda label: (-labels[label], label))
    return of[0].source, SCORED if any(member.is_scored for member in of) else ""


def _following(members: Iterable[Member], splits: Placed, placed: Mapping[str, str]) -> Placed:
    return {
        member.post_id: (placed[member.cluster_id], False)
        for member in members
        if member.post_id not in splits and member.cluster_id in placed
    }


def _standing(
    together: Mapping[str, Sequence[Member]], strata: Mapping[str, Stratum], splits: Placed
) -> dict[Stratum, Counter[str]]:
    """Posts that are placed already, by stratum and split; official ones are no one's choice and do not count."""
    standing: dict[Stratum, Counter[str]] = defaultdict(Counter)
    for cluster_id, of in together.items():
        settled = (splits[member.post_id] for member in of if member.post_id in splits)
        standing[strata[cluster_id]].update(split for split, is_official in settled if not is_official)
    return standing


def _grouped(cluster_ids: Iterable[str], strata: Mapping[str, Stratum]) -> dict[Stratum, list[str]]:
    grouped: dict[Stratum, list[str]] = defaultdict(list)
    for cluster_id in cluster_ids:
        grouped[strata[cluster_id]].append(cluster_id)
    return grouped


def _chance(cluster_id: str, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}:{cluster_id}".encode()).digest()


def _cut(sizes: Sequence[int], standing: Mapping[str, int], shares: Shares) -> list[str]:
    """A split for each cluster in turn: test, then val, then train, each until what it lacks is filled.

    A cluster belongs where its middle falls, so that a big one overshoots by half of itself at most.
    """
    total = sum(sizes) + sum(standing.get(split, 0) for split in SEALED_FIRST[:3])
    lacks = {split: max(0.0, shares.of(split) * total - standing.get(split, 0)) for split in SEALED_FIRST[:3]}
    scale = sum(sizes) / sum(lacks.values())
    to_test, to_val = lacks["test"] * scale, (lacks["test"] + lacks["val"]) * scale
    found, end = [], 0
    for size in sizes:
        middle, end = end + size / 2, end + size
        found.append("test" if middle < to_test else "val" if middle < to_val else "train")
    return found


def _folds(
    together: Mapping[str, Sequence[Member]],
    strata: Mapping[str, Stratum],
    splits: Placed,
    existing: Mapping[str, Split],
    *,
    n_folds: int,
    seed: int,
) -> dict[str, int]:
    """A fold for each cluster: the one that its posts have, else the emptiest of its stratum and split."""
    folds = _folds_that_stand(together, existing)
    held: dict[tuple[Stratum, str], Counter[int]] = defaultdict(Counter)
    new = sorted(together.keys() - folds.keys(), key=lambda cluster_id: _chance(cluster_id, seed))
    for cluster_id in [*folds, *new]:
        size, split = len(together[cluster_id]), splits[together[cluster_id][0].post_id][0]
        counts, whole = held[strata[cluster_id], split], held[EVERY, split]
        if cluster_id not in folds:
            folds[cluster_id] = _emptiest(n_folds, counts, whole)
        counts[folds[cluster_id]] += size
        whole[folds[cluster_id]] += size
    return folds


def _folds_that_stand(together: Mapping[str, Sequence[Member]], existing: Mapping[str, Split]) -> dict[str, int]:
    """The smallest where a bridge has joined several."""
    folds: dict[str, int] = {}
    for cluster_id, of in together.items():
        known = [existing[member.post_id].fold for member in of if member.post_id in existing]
        if kept := [fold for fold in known if fold is not None]:
            folds[cluster_id] = min(kept)
    return folds


def _emptiest(n_folds: int, counts: Counter[int], whole: Counter[int]) -> int:
    return min(range(n_folds), key=lambda fold: (counts[fold], whole[fold], fold))


def _row(member: Member, split: tuple[str, bool], fold: int | None) -> Split:
    has_fold = split[0] != "test" and not member.is_official_unlabelled
    return Split(member.post_id, split[0], fold if has_fold else None, split[1])
