"""Claim: push ≥ 0.8 of the plain import, again ≤ 5 %; pull ≤ 1.2 × the plain export, idle: two requests at most.

    python benchmarks/review.py [--posts 10000] [--rounds 3]

A real Label Studio on this machine. The peer imports the same tasks with the same predictions by one call of the SDK,
into a project of its own, and exports it by one call of the SDK. The server makes the answers from the predictions.
"""

import argparse
import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import httpx
import numpy as np
from label_studio_sdk import LabelStudio
from PIL import Image as Picture

from flows.review_choice import choosing
from flows.review_pull import pull
from flows.review_push import Asked, push
from flows.review_round import task_post
from labelstudio.screen import screen
from labelstudio.server import running
from labelstudio.tasks import as_task
from msa_core.records import Doubt, Image, Model, Post, PostImage, Prediction, Split
from warehouse import Store

LABELS = ("negative", "neutral", "positive")


def filled(root: Path, n: int) -> Store:
    """A store whose queue holds `n` posts with an image each."""
    store = Store.init(root)
    run = store.begin("ingest", parameters={"source": "made", "format": "table"}, inputs=[], version=1)
    assert run is not None
    probs = np.random.default_rng(7).dirichlet((1.0, 1.0, 1.0), n)
    with run:
        run.write("posts", [post(number) for number in range(n)])
        run.write("images", [image(root, number) for number in range(n)])
        run.write("post_images", [PostImage(name(number), 0, sha256_of(root, number)) for number in range(n)])
        run.write("splits", [Split(name(number), "pool", 0, False) for number in range(n)])
        model = Model(
            "clara-made", "clara", "sentiment", LABELS, "{}", None, "snapshot-made", 1, 1, "{}", "0" * 64, 1.0
        )
        run.write("models", [model])
        run.write("predictions", [prediction(number, probs[number]) for number in range(n)])
        run.write("doubts", [Doubt(name(i), "clara-made", "entropy", float(probs[i].min())) for i in range(n)])
        run.count("held", n)
    return store


def name(number: int) -> str:
    """The post's id."""
    return f"made:{number:06}"


def post(number: int) -> Post:
    """A text of the length of a tweet."""
    text = f"Post {number}: " + "what a day this is, said nobody, " * 3
    return Post(
        name(number),
        "made",
        f"{number:06}",
        "sentiment",
        text,
        f"{number:064x}",
        "t",
        None,
        "utf-8",
        1,
        None,
        False,
        None,
    )


def sha256_of(root: Path, number: int) -> str:
    """Of the image's bytes, as it were: each round has images of its own, so that each exports them."""
    return sha256(f"{root}/{number}".encode()).hexdigest()


def image(root: Path, number: int) -> Image:
    """A small JPEG."""
    written = io.BytesIO()
    Picture.new("RGB", (64, 64), (number % 255, 120, number // 255 % 255)).save(written, "JPEG")
    return Image(sha256_of(root, number), written.getvalue(), 64, 64, "JPEG", "RGB", written.tell(), number)


def prediction(number: int, probs: np.ndarray) -> Prediction:
    """Out of fold, so that the post may be queued."""
    best = int(probs.argmax())
    listed = tuple(float(p) for p in probs)
    return Prediction(
        name(number), "clara-made", 0, listed, LABELS[best], listed[best], None, None, None, None, True, None
    )


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def tasks_of(store: Store) -> list[dict[str, object]]:
    """What our push sends, in the form of the SDK's import."""
    with choosing(store, "sentiment") as choice:
        rows = choice.next(source=None, n=10**9)
    return [as_task(task_post(row, "0001", ("/data/local-files/?d=msa/x.jpg",), 1), opinion="shown") for row in rows]


class Arena:
    """One store and one project of ours, and one project of the peer, on one server."""

    def __init__(self, folder: Path, n: int, client: LabelStudio) -> None:
        self.store, self.client, self.n = filled(folder / "store", n), client, n
        self.title = f"ours-{folder.name}"
        self.plain = client.projects.create(title=f"plain-{folder.name}", label_config=screen(LABELS, opinion="shown"))
        self.tasks = tasks_of(self.store)

    def push(self) -> None:
        """Ours."""
        push(self.store, asked=Asked(None, self.n, 1, "shown"), project=self.title)

    def plain_import(self) -> None:
        """The peer's."""
        self.client.projects.import_tasks(id=self.plain.id, request=self.tasks)

    def answer(self) -> None:
        """The server makes an annotation of each prediction, in both projects."""
        mine = next(each for each in self.client.projects.list(title=self.title))
        for project in (mine, self.plain):
            self.client.actions.create(
                id="predictions_to_annotations", project=project.id, selected_items={"all": True}
            )

    def pull(self) -> None:
        """Ours."""
        pull(self.store, project=self.title)

    def plain_export(self) -> None:
        """The peer's."""
        self.client.projects.exports.as_json(self.plain.id)

    def check(self) -> None:
        """Every post was answered, and every answer came."""
        with self.store.moment() as moment:
            found = moment.value("select count(distinct post_id) from answers where project = $t", t=self.title)
        assert found == self.n, f"{found} of {self.n} answers came"


def one_round(arena: Arena, *, is_ours_first: bool) -> dict[str, float]:
    """Push, push again, answer, pull, pull again; the peer's import and export before or after ours."""
    order = 1 if is_ours_first else -1
    found = {}
    for what, work in [("push", arena.push), ("import", arena.plain_import)][::order]:
        found[what] = timed(work)
    found["again"] = timed(arena.push)
    arena.answer()
    for what, work in [("pull", arena.pull), ("export", arena.plain_export)][::order]:
        found[what] = timed(work)
    arena.check()
    return found | {"requests": counted(arena.pull)}


def counted(work: Callable[[], object]) -> int:
    """Requests that leave this process."""
    n = 0
    send = httpx.Client.send

    def counting(self: httpx.Client, *arguments: object, **options: object) -> httpx.Response:
        nonlocal n
        n += 1
        return send(self, *arguments, **options)  # type: ignore[arg-type]

    httpx.Client.send = counting  # type: ignore[method-assign,assignment]
    try:
        work()
    finally:
        httpx.Client.send = send  # type: ignore[method-assign]
    return n


def show(rounds: list[dict[str, float]], n: int) -> None:
    """Medians and ratios."""
    middle = {key: statistics.median(each[key] for each in rounds) for key in rounds[0]}
    lines = (
        ("push, tasks/s", n / middle["push"], n / middle["import"], middle["import"] / middle["push"], "at least 0.8"),
        ("push again, s", middle["again"], middle["push"], middle["again"] / middle["push"], "at most 0.05"),
        ("pull, s", middle["pull"], middle["export"], middle["pull"] / middle["export"], "at most 1.2"),
    )
    print(f"{'':16}{'ours':>10}{'peer':>10}{'ratio':>8}")
    for what, ours, peer, ratio, asked in lines:
        print(f"{what:16}{ours:10.2f}{peer:10.2f}{ratio:8.3f}  asked: {asked}")
    print(f"pull with nothing new: {middle['requests']:.0f} requests; asked: one or two")


def main() -> None:
    """Print each round, then medians and ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as root, running(Path(root) / "server") as server:
        os.environ |= {
            "LABEL_STUDIO_URL": server.url,
            "LABEL_STUDIO_API_KEY": server.token,
            "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(server.files),
        }
        client = LabelStudio(base_url=server.url, api_key=server.token, timeout=600)
        rounds = []
        for number in range(asked.rounds):
            arena = Arena(Path(root) / f"round-{number}", asked.posts, client)
            rounds.append(one_round(arena, is_ours_first=number % 2 == 0))
            print({key: round(value, 2) for key, value in rounds[-1].items()}, flush=True)
    show(rounds, asked.posts)


if __name__ == "__main__":
    main()
