"""Claim: 10 million predictions in 20 runs: one post ≤ 50 ms, the 1,000 least certain ≤ 1 s; a reader sees each commit.

    python benchmarks/sql.py [--predictions 10000000]

The floor is the same question to one plain Parquet file of the same rows, without commits or views.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from warehouse import Store

N_RUNS = 20
LEAST_CERTAIN = "select post_id, confidence from {source} order by confidence, post_id limit 1000"
ONE_POST = "select * from {source} where post_id = '{post_id}'"
COUNT = "select count(*) from {source}"


def rows(start: int, n: int, seed: int) -> pa.Table:
    """Predictions of `n` posts in the order of their ids, as `msa score` writes them."""
    generator = np.random.default_rng(seed)
    probs = generator.dirichlet((1.0, 1.0, 1.0), n).astype(np.float32)
    best = probs.argmax(axis=1)
    flat = pa.array(probs.reshape(-1))
    listed = pa.ListArray.from_arrays(pa.array(np.arange(0, 3 * n + 1, 3, dtype=np.int32)), flat)
    nothing = pa.nulls(n)
    return pa.table(
        {
            "post_id": [f"mvsa:{number:09d}" for number in range(start, start + n)],
            "model_id": pa.repeat("clara-0000", n),
            "fold": nothing,
            "probs": listed,
            "label": pa.array(["negative", "neutral", "positive"]).take(pa.array(best)),
            "confidence": probs.max(axis=1),
            "text_probs": listed,
            "image_probs": listed,
            "score": nothing,
            "score_sd": nothing,
            "is_out_of_fold": pa.repeat(True, n),
            "caption_id": nothing,
        }
    )


def fill(store: Store, n: int, reader: duckdb.DuckDBPyConnection) -> int:
    """Commit the runs under the eyes of an open reader; how many commits it saw at once."""
    seen = 0
    for number in range(N_RUNS):
        run = store.begin("score", parameters={"number": number}, inputs=[], version=1)
        assert run is not None
        with run:
            run.write("predictions", rows(number * (n // N_RUNS), n // N_RUNS, number))
        seen += reader.sql(COUNT.format(source="predictions")).fetchall() == [((number + 1) * (n // N_RUNS),)]
    return seen


def median_ms(reader: duckdb.DuckDBPyConnection, sql: str, times: int = 7) -> float:
    """The median of several askings, after one to warm up."""
    reader.sql(sql).fetchall()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        reader.sql(sql).fetchall()
        taken.append(1000 * (time.perf_counter() - start))
    return statistics.median(taken)


def main() -> None:
    """Print one line a question."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--predictions", type=int, default=10_000_000)
    n = parser.parse_args().predictions
    with tempfile.TemporaryDirectory() as folder:
        store = Store.init(Path(folder) / "store")
        with duckdb.connect(str(store.places.catalog), read_only=True) as reader:
            print(f"a reader that stayed open saw {fill(store, n, reader)} of {N_RUNS} commits at once")
            plain = Path(folder) / "plain.parquet"
            with duckdb.connect() as writer:
                files = f"{store.places.facts}/predictions/*/*.parquet"
                writer.sql(f"copy (from read_parquet('{files}') order by post_id) to '{plain}'")
            print(f"{n} predictions in {N_RUNS} runs, medians of 7")
            print("question\tstore ms\tone plain file ms\tratio")
            middle = f"mvsa:{n // 2:09d}"
            for name, sql in (("count", COUNT), ("one post by id", ONE_POST), ("1,000 least certain", LEAST_CERTAIN)):
                ours = median_ms(reader, sql.format(source="predictions", post_id=middle))
                floor = median_ms(reader, sql.format(source=f"'{plain}'", post_id=middle))
                print(f"{name}\t{ours:.0f}\t{floor:.0f}\t{ours / floor:.2f}")


if __name__ == "__main__":
    main()
