"""`msa split`: cluster near-duplicates over all sources, then place each post that has no place yet, for ever."""

import math
from dataclasses import asdict, dataclass
from typing import Annotated

import numpy as np
import pyarrow.compute as pc
import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from msa_core.duplicates import Pictures, clusters
from msa_core.errors import MsaError
from msa_core.records import Cluster, Split
from msa_core.splitting import Member, Shares, bridging, place
from warehouse import Moment, Store, lease

DEFAULT_FOLDS = 5
READS = ("posts", "post_images", "images", "annotations", "clusters", "splits")
COUNTS = "select split, label, sum(n) as posts, sum(n_official) as official from split_counts group by all order by all"


@dataclass(frozen=True, slots=True)
class SplitDone:
    """`run_id` is null where nothing was new. `bridging` posts stand apart from a twin."""

    run_id: str | None
    n_placed: int
    n_clusters_changed: int
    bridging: tuple[str, ...]


def split(
    store: Store,
    *,
    train: float = 0.8,
    val: float | None = None,
    test: float = 0.1,
    folds: int | None = None,
    seed: int = 0,
) -> SplitDone:
    """Posts that have a split keep it, whatever is asked now. Folds are as many as the store has (a new one: 5). One
    process at a time, since two that place new posts at different moments could part twins. Raises LeaseHeld.
    """
    if val is None:
        val = 0.0 if folds and test == 0 else 0.1
    with lease(store.places, "split"):
        return _placed(store, _shares(train, val, test), folds, seed)


def _placed(store: Store, shares: Shares, folds: int | None, seed: int) -> SplitDone:
    nothing = SplitDone(None, 0, 0, ())
    with store.moment() as moment:
        if not moment.value("select count(*) from unplaced_posts"):
            return nothing
        n_folds = _n_folds(moment, folds)
        policy = moment.value("select label_policy from policy_in_force")
        asked = asdict(shares) | {"folds": n_folds, "seed": seed, "label_policy": policy}
        run = store.begin("split", parameters=asked, inputs=moment.inputs(*READS), version=1)
        if run is None:
            return nothing
        found = _clusters(moment)
        members, existing = _members(moment, found), _existing(moment)
        changed = _changed(moment, found)
    rows = place(members, existing, shares=shares, n_folds=n_folds, seed=seed)
    bridges = bridging(members, existing, rows)
    with run:
        run.write("clusters", changed)
        run.write("splits", rows)
        run.count("bridging", len(bridges))
    return SplitDone(run.run_id, len(rows), len(changed), tuple(bridges))


def command(
    store: StoreOption = DEFAULT_STORE,
    train: Annotated[float, typer.Option(min=0, help="Weight of train among train, val and test.")] = 0.8,
    val: Annotated[
        float | None, typer.Option(min=0, help="Weight of val: 0.1, or 0 in an evaluation store.", show_default=False)
    ] = None,
    test: Annotated[
        float, typer.Option(min=0, help="Weight of test; 0 with --folds K makes an evaluation store.")
    ] = 0.1,
    folds: Annotated[int | None, typer.Option(min=2, help="Folds; as the store has them, else 5.")] = None,
    seed: Annotated[int, typer.Option(help="Chooses which clusters fall where.")] = 0,
) -> None:
    """Print posts by split and label, leaks, and posts that bridge splits."""
    opened = open_store(store)
    done = split(opened, train=train, val=val, test=test, folds=folds, seed=seed)
    if done.run_id is None:
        say("nothing to do: every post has its place")
    else:
        say(f"{done.run_id}: {done.n_placed} posts placed, {done.n_clusters_changed} rows of clusters")
    if done.bridging:
        show(
            'bridging posts, apart from a twin that stood before (see: msa sql "from leaks")',
            ["post_id"],
            zip(done.bridging),
        )
    _print_counts(opened)


def _shares(train: float, val: float, test: float) -> Shares:
    if min(train, val, test) < 0 or not 0 < train + val + test < math.inf:
        raise MsaError(
            f"No shares {train}/{val}/{test}. Give weights of 0 or more, not all 0: --train .8 --val .1 --test .1"
        )
    return Shares(train, val, test)


def _n_folds(moment: Moment, asked: int | None) -> int:
    """A post keeps its fold for ever, so the first split decides how many there are."""
    decided = moment.value("select max(folds) from split_runs")
    if asked is not None and decided is not None and asked != decided:
        raise MsaError(
            f"This store has {decided} folds, and posts keep theirs. Leave out --folds, or use another store."
        )
    return decided or asked or DEFAULT_FOLDS


def _clusters(moment: Moment) -> list[Cluster]:
    """Of every post, by post_id."""
    posts = moment.table("select post_id, text from posts order by post_id")
    pictures = moment.table("select post_id, image_sha256, dhash from pictures order by post_id, position")
    places = pc.index_in(pictures["post_id"], posts["post_id"]).to_numpy().astype(np.int64)
    shown = Pictures(places, pictures["image_sha256"].to_pylist(), pictures["dhash"].to_numpy().astype(np.uint64))
    return clusters(posts["post_id"].to_pylist(), posts["text"].to_pylist(), shown)


def _members(moment: Moment, found: list[Cluster]) -> list[Member]:
    rows = moment.table("from post_labels order by post_id")
    told = ("source", "label", "official_split", "is_official_unlabelled", "is_scored")
    columns = [rows[name].to_pylist() for name in told]
    return [
        Member(cluster.post_id, cluster.cluster_id, *row)
        for cluster, row in zip(found, zip(*columns, strict=True), strict=True)
    ]


def _existing(moment: Moment) -> dict[str, Split]:
    rows = moment.table("select post_id, split, fold, official from splits")
    return {row[0]: Split(*row) for row in zip(*(column.to_pylist() for column in rows.columns), strict=True)}


def _changed(moment: Moment, found: list[Cluster]) -> list[Cluster]:
    """Rows that say something new; the latest version of a cluster's row counts."""
    rows = moment.table("select post_id, cluster_id, why from clusters")
    known = set(zip(*(column.to_pylist() for column in rows.columns), strict=True))
    return [cluster for cluster in found if (cluster.post_id, cluster.cluster_id, cluster.why) not in known]


def _print_counts(store: Store) -> None:
    with store.moment() as moment:
        counts = moment.table(COUNTS)
        leaks = moment.table("select kind, count(*) as pairs from leaks group by kind order by kind")
        twins = moment.value("select count(*) from clusters where why <> 'none'")
    show("splits", counts.column_names, zip(*(column.to_pylist() for column in counts.columns), strict=True))
    say(f"{twins} posts have near-duplicates")
    if leaks.num_rows:
        show("leaks", leaks.column_names, zip(*(column.to_pylist() for column in leaks.columns), strict=True))
