"""Claim: with 1,000,000 predictions in the store, stories of 24 posts at once take ≤ 50 ms each; one alone takes more.

    python benchmarks/why.py [--predictions 1000000] [--times 15] [--keep FOLDER]

200,000 posts of 5 models, each post with two annotations, a cluster, a place, a row in every snapshot and a doubt. The
first line is what `msa why` of one post pays: it opens the store and reads every fact that speaks of posts. Its floor
is that reading alone: DuckDB, opened anew, asked for the rows of the post in the files of each.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from flows.why import stories, why
from warehouse import Moment, Store, declarations

N_MODELS, POSTS_A_RUN, N_AT_ONCE = 5, 50_000, 24
LABELS = np.array(["negative", "neutral", "positive"])
STAMP = pa.timestamp("us", tz="UTC")


def commit(store: Store, verb: str, name: str, **tables: pa.Table) -> None:
    """One run of these rows."""
    run = store.begin(verb, parameters={"name": name}, inputs=[], version=1)
    assert run is not None
    with run:
        for table, rows in tables.items():
            run.write(table, rows)


def posts(ids: list[str]) -> pa.Table:
    """A text each, in the order of their ids."""
    return rows_of(
        ids, source="bench", source_id=[each.split(":")[1] for each in ids], task="sentiment", text="so it goes",
        text_sha256="0" * 64, text_path="x", text_bytes=pa.nulls(len(ids), pa.binary()), encoding="utf-8", n_images=0,
        official_split=None, is_official_unlabelled=False, published_at=pa.nulls(len(ids), STAMP),
    )  # fmt: skip


def annotations(ids: list[str], random: np.random.Generator) -> pa.Table:
    """Two annotators of the dump, each on the whole post."""
    twice = [each for each in ids for _ in range(2)]
    names = [f"annotation-{each}-{place % 2}" for place, each in enumerate(twice)]
    nothing = dict.fromkeys(("comment", "model_id_shown", "project", "supersedes"))
    found = rows_of(
        twice, annotation_id=names, annotator=["one", "two"] * len(ids), modality="both",
        label=np.repeat(drawn(random, len(ids)), 2),
        score=pa.nulls(len(twice), pa.float64()), status="given", origin="dump",
        lead_time_s=pa.nulls(len(twice), pa.float64()), annotated_at=pa.nulls(len(twice), STAMP),
        task_id=pa.nulls(len(twice), pa.int64()), server_id=pa.nulls(len(twice), pa.int64()), **nothing,
    )  # fmt: skip
    return found


def predictions(ids: list[str], model_id: str, random: np.random.Generator) -> pa.Table:
    """As `msa score` writes them."""
    probs = random.dirichlet((1.0, 1.0, 1.0), len(ids)).astype(np.float32)
    lists = pa.ListArray.from_arrays(pa.array(np.arange(0, probs.size + 1, 3, dtype=np.int32)), pa.array(probs.ravel()))
    nothing = dict.fromkeys(("score", "score_sd"), pa.nulls(len(ids), pa.float32()))
    return rows_of(
        ids, model_id=model_id, fold=pa.nulls(len(ids), pa.int32()), probs=lists, label=LABELS[probs.argmax(1)],
        confidence=probs.max(1), text_probs=lists, image_probs=lists, is_out_of_fold=True, caption_id=None, **nothing,
    )  # fmt: skip


def frozen(ids: list[str], number: int, random: np.random.Generator) -> pa.Table:
    """Rows of a snapshot."""
    return rows_of(
        ids, snapshot_id=f"snapshot-{number}", task="sentiment", label=drawn(random, len(ids)), weight=1.0,
        score=pa.nulls(len(ids), pa.float64()), split="train", fold=pa.array([0] * len(ids), pa.int32()),
        caption_id=None, label_policy="literature", label_origin="dump",
    )  # fmt: skip


def model(number: int) -> pa.Table:
    """Of the snapshot of that number."""
    return pa.table(
        {
            "model_id": [f"clara-{number}"], "preset": ["clara"], "task": ["sentiment"], "labels": [LABELS.tolist()],
            "config": ["{}"], "parent_model_id": pa.nulls(1, pa.string()), "snapshot_id": [f"snapshot-{number}"],
            "n_parameters": [2], "n_trainable": [1], "metrics": ["{}"], "checkpoint_sha256": ["0" * 64],
            "temperature": [1.0],
        }
    )  # fmt: skip


def rows_of(ids: list[str], **columns: object) -> pa.Table:
    """A table of these posts; a plain value stands in every row."""
    plain = (str, bool, float, int, type(None))
    made = {
        name: pa.array([value] * len(ids), pa.string() if value is None else None)
        if isinstance(value, plain)
        else value
        for name, value in columns.items()
    }
    return pa.table({"post_id": ids, **made})


def drawn(random: np.random.Generator, n: int) -> np.ndarray[Any, Any]:
    """Labels by chance."""
    return LABELS[random.integers(0, 3, n)]


def fill(store: Store, n_posts: int) -> None:
    """Everything that a loop would have written about them, in runs as large as `msa score` makes them."""
    every = [f"bench:{number:09d}" for number in range(n_posts)]
    pieces = [every[start : start + POSTS_A_RUN] for start in range(0, n_posts, POSTS_A_RUN)]
    for place, ids in enumerate(pieces):
        random = np.random.default_rng(place)
        commit(store, "ingest", f"{place}", posts=posts(ids), annotations=annotations(ids, random))
        clusters = rows_of(ids, cluster_id=[f"cluster-{each}" for each in ids], why="none")
        splits = rows_of(ids, split="train", fold=pa.array([0] * len(ids), pa.int32()), official=False)
        commit(store, "split", f"{place}", clusters=clusters, splits=splits)
    for number in range(N_MODELS):
        random = np.random.default_rng(100 + number)
        commit(store, "train", f"{number}", models=model(number), snapshots=frozen(every, number, random))
        for place, ids in enumerate(pieces):
            commit(store, "score", f"{number} {place}", predictions=predictions(ids, f"clara-{number}", random))
        doubts = rows_of(every[number::N_MODELS], model_id=f"clara-{number}", reason="entropy", strength=0.9)
        commit(store, "mine", f"{number}", doubts=doubts)


def milliseconds(ask: Callable[[], object], times: int) -> float:
    """The median of several askings."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def plain(store: Store, post_ids: list[str]) -> None:
    """The rows of these posts in the files of every fact that a story reads."""
    among = ", ".join(f"'{each}'" for each in post_ids)
    told = declarations.views()["post_events"].reads
    with duckdb.connect() as connection:
        for fact in declarations.facts().values():
            if fact.name in told and any(column.name == "post_id" for column in fact.columns):
                files = f"read_parquet('{store.places.glob(fact.name)}')"
                connection.execute(f"from {files} where post_id in ({among})").to_arrow_table()


def asked(moment: Moment, relation: str, post_id: str) -> object:
    """The rows of a relation that speak of the post."""
    return moment.table(f"from {relation} where post_id = $post_id", post_id=post_id)


def main() -> None:
    """Print one line a question."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--predictions", type=int, default=1_000_000)
    parser.add_argument("--times", type=int, default=15, help="a question is asked")
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    n_posts, times = options.predictions // N_MODELS, options.times
    with tempfile.TemporaryDirectory() as folder:
        root = options.keep or Path(folder) / "store"
        is_filled = (root / "msa.duckdb").exists()
        store = Store.init(root)
        if not is_filled:
            fill(store, n_posts)
        every = [f"bench:{number:09d}" for number in range(0, n_posts, n_posts // N_AT_ONCE)][:N_AT_ONCE]
        middle = every[len(every) // 2]
        print(f"{options.predictions} predictions of {n_posts} posts; medians of {times}")
        print("question\tms a post")
        print(f"msa why, store opened, one post\t{milliseconds(lambda: why(store, post_id=middle), times):.0f}")
        print(f"floor: its rows in every fact, DuckDB alone\t{milliseconds(lambda: plain(store, [middle]), times):.0f}")
        print(f"{len(every)} posts at once\t{milliseconds(lambda: stories(store, every), times) / len(every):.1f}")
        print(f"their floor\t{milliseconds(lambda: plain(store, every), times) / len(every):.1f}")
        with store.moment() as moment:
            for relation in ("predictions", "post_events", "labels", "lineage"):
                asked(moment, relation, middle)
                taken = milliseconds(lambda name=relation: asked(moment, name, middle), times)  # type: ignore[misc]
                print(f"from {relation} where post_id = …\t{taken:.0f}")


if __name__ == "__main__":
    main()
