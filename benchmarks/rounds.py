"""Five rounds of the loop on real posts with planted wrong labels, by the scheduled flows, killed once in each of them.

    python benchmarks/rounds.py [--rounds 5] [--noise 0.2] [--reviews 100] [--picture rounds.png]

Two stores live through the same: one undisturbed, and one whose worker is killed (SIGKILL) at a random moment of each
round; the next scheduled run goes on from there. Real parts: a Prefect server that the flows report to, and a Label
Studio of each store's own, in which two simulated reviewers take turns: each answers what is open by the truth, and
errs in one answer of twenty. Each round is what the deployments do: ingest, pull, retrain (with the gate), score,
curate (split, mine, caption, push); the first model is trained by hand: tiny towers, two folds, six epochs.

Printed: wrong labels that are left, weighted F1, what the gate said; and what the two stores do not agree on.
"""

import argparse
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from planted_dump import SOURCE, Planted, planted
from rounds_page import Round, draw, rounds_of, table
from store_difference import unequal_files, unequal_rows

from flows.prefect_settings import QUIET
from flows.review_simulate import Persona, simulate
from flows.reviewing import server_folder
from labelstudio.server import running
from warehouse import Store
from warehouse.audit import audit

SHARED = Path(os.environ.get("MSA_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
REAL = SHARED / "mvsa_single"
REVIEWERS = ("one", "two")
DESCRIPTION = """
format = "table"
source = "{source}"
task = "sentiment"
[columns]
split = "split"
"""
WORK = """
import sys
from pathlib import Path
from flows.retrain import retrain
from flows.scheduled.curate import curate_flow
from flows.scheduled.ingest import ingest_flow
from flows.scheduled.pull import pull_flow
from flows.scheduled.retrain import retrain_flow
from flows.scheduled.score import score_flow
from warehouse import Store

store, inbox, is_first, n = sys.argv[1], sys.argv[2], sys.argv[3] == "first", int(sys.argv[4])
ingest_flow(store, inbox=inbox)
if is_first:
    curate_flow(store, captioner="pixels", review_batch=n)
    retrain(Store.open(Path(store)), towers="tiny", folds=2, epochs=6)
else:
    pull_flow(store)
    retrain_flow(store, at_least=1)
score_flow(store)
curate_flow(store, captioner="pixels", review_batch=n)
"""


@dataclass(frozen=True, slots=True)
class World:
    """What both stores live in: the dump, who reviews, and how long a round is."""

    dump: Planted
    inbox: Path
    n_rounds: int
    n_reviews: int
    seed: int


def lived(store: Store, world: World, lasts: Sequence[float] | None, log: Path) -> list[float]:
    """Seconds of each round. `lasts`: how long each was where nobody disturbed it; then each is killed once."""
    chance, seconds = random.Random(world.seed), []
    with running(server_folder(store)):
        for number in range(world.n_rounds + 1):
            if number:
                reviewer = Persona(REVIEWERS[number % 2], 0.05, 8.0, world.seed)
                simulate(store, truth=world.dump.truth, persona=reviewer, task="sentiment")
            if lasts is not None:
                killed_at = chance.uniform(0.05, 0.95) * lasts[number]
                was_at_work = worked(store, world, number, log, killed_after_s=killed_at)
                print(f"  round {number}: {'killed' if was_at_work else 'done'} after {killed_at:.1f} s", flush=True)
            started = time.monotonic()
            worked(store, world, number, log)
            seconds.append(time.monotonic() - started)
            print(f"  round {number}: {seconds[-1]:.0f} s", flush=True)
    return seconds


def worked(store: Store, world: World, number: int, log: Path, *, killed_after_s: float | None = None) -> bool:
    """One round by a process of its own; whether it was killed in the middle of its work."""
    arguments = [str(store.places.root), str(world.inbox), "first" if number == 0 else "later", str(world.n_reviews)]
    with log.open("ab") as file:
        worker = subprocess.Popen(
            [sys.executable, "-c", WORK, *arguments], stdout=file, stderr=file, start_new_session=True
        )
        try:
            code = worker.wait(killed_after_s)
        except subprocess.TimeoutExpired:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()
            return True
    if code:
        raise SystemExit(f"round {number} failed: {log.read_text(encoding='utf-8')[-3000:]}")
    return False


@contextmanager
def prefect_server(home: Path) -> Iterator[None]:
    """A Prefect server on 127.0.0.1, for this process's children."""
    port = _free_port()
    os.environ |= {**QUIET, "PREFECT_HOME": str(home), "PREFECT_LOGGING_LEVEL": "WARNING"}
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (home.parent / "prefect.log").open("ab") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
    os.environ["PREFECT_API_URL"] = f"http://127.0.0.1:{port}/api"
    try:
        _wait_for(os.environ["PREFECT_API_URL"] + "/health")
        yield
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def _free_port() -> int:
    with socket.socket() as asked:
        asked.bind(("127.0.0.1", 0))
        return int(asked.getsockname()[1])


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            if httpx.get(url, timeout=1).is_success:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise SystemExit("the Prefect server does not answer")


def compared(one: Store, other: Store) -> int:
    """Prints what the stores do not agree on; how many things."""
    n_files, unequal = unequal_files(one.places.root, other.places.root)
    print(f"\n{n_files} files of deterministic verbs, {len(unequal)} differ")
    for path in unequal:
        print(f"  {path}")
    rows = unequal_rows(one.places.root, other.places.root)
    for name, (n, less, more) in rows.items():
        if n or more:
            print(f"  {name:18} {n:7,} rows, {less} only undisturbed, {more} only killed")
    n_unequal = sum(less + more for _, less, more in rows.values())
    for name, store in (("undisturbed", one), ("killed", other)):
        with store.moment() as moment:
            broken = [f"{each.relation}: {each.promise}" for each in audit(moment) if each.n_broken]
        print(f"audit of the {name} store: {broken or 'clean'}")
        n_unequal += len(broken)
    return n_unequal + len(unequal)


def shown(rounds: Sequence[Round], picture: Path) -> None:
    """The table, and the one-page picture."""
    for line in table(rounds):
        print(line)
    draw(rounds, picture)
    print(f"picture: {picture}")


def main() -> None:
    """Exit 1 where the stores differ."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--noise", type=float, default=0.2)
    parser.add_argument("--reviews", type=int, default=100)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--picture", type=Path, default=Path("rounds.png"))
    asked = parser.parse_args()
    if not REAL.exists():
        raise SystemExit(f"No real posts: {REAL}. Set MSA_SHARED_DATA to the folder that holds mvsa_single")
    with tempfile.TemporaryDirectory() as folder, prefect_server(Path(folder) / "prefect"):
        root = Path(folder)
        (root / "inbox").mkdir()
        dump = planted(REAL, root, noise=asked.noise, seed=asked.seed)
        dump.folder.rename(root / "inbox" / SOURCE)
        (root / "inbox" / f"{SOURCE}.toml").write_text(DESCRIPTION.format(source=SOURCE), encoding="utf-8")
        world = World(dump, root / "inbox", asked.rounds, asked.reviews, asked.seed)
        print(f"{len(dump.truth)} posts, {len(dump.wrong)} of train and val with a wrong label; undisturbed:")
        calm, killed = Store.init(root / "undisturbed"), Store.init(root / "killed")
        lasts = lived(calm, world, None, root / "undisturbed.log")
        print("killed once a round:")
        lived(killed, world, lasts, root / "killed.log")
        shown(rounds_of(calm, dump), asked.picture)
        n_unequal = compared(calm, killed)
    raise SystemExit(1 if n_unequal else 0)


if __name__ == "__main__":
    main()
