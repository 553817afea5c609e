"""Nothing stops the rest: poisoned posts go through every verb or are refused; a killed snapshot is made good."""

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image as Picture

from flows.ingest import ingest
from flows.mine import mine
from flows.review_export import export
from flows.review_push import Asked
from flows.sample_dump import sample_dump
from flows.score import score
from flows.split import split
from flows.train import train
from tests.flows.killing import run
from warehouse import Store

pytestmark = pytest.mark.slow
TEXTS = {
    "9001": b"a \x00 in the middle",
    "9002": b"endless " * 1_300_000,
    "9003": b"half of a pair \xed\xa0\x80 and the other \xed\xbf\xbf",
    "9004": "\u202e backwards \ufeff\u0007 bell \U0001f9a0".encode(),
    "9005": b"'; drop table posts; -- {{ 7 * 7 }} <script>alert(1)</script> =1+1",
    "9006": b"\xff\xfe\x00\xd8",
}
LABELS = {
    "9007": "\U0001f600,positive",
    "9008": "positive,negative,neutral,positive",
    "9009": "x" * 100_000 + ",positive",
}


def jpeg(path: Path, size: tuple[int, int] = (64, 64)) -> None:
    Picture.new("RGB", size, (9, 120, 200)).save(path, "JPEG")


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 60,000 x 60,000 pixels."""

    def chunk(kind: bytes, held: bytes) -> bytes:
        return struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def poison(dump: Path) -> int:
    """How many rows the dump then holds more."""
    whole = dump / "data" / "whole.jpg"
    jpeg(whole)
    held = whole.read_bytes()
    whole.unlink()
    torn = held[:200] + bytes(reversed(held[200:-2])) + held[-2:]
    images = {"9010": bomb(), "9011": torn, "9012": b"\xff\xd8\xff\xe0" + b"\0" * 5000, "9013": b"GIF89a"}
    for name in (*TEXTS, *LABELS, *images, "9014"):
        (dump / "data" / f"{name}.txt").write_bytes(TEXTS.get(name, f"an honest text {name}".encode()))
        (dump / "data" / f"{name}.jpg").write_bytes(images.get(name, held))
    jpeg(dump / "data" / "9014.jpg", (20_000, 1))
    names = [*TEXTS, *images, "9014"]
    with (dump / "labelResultAll.txt").open("a", encoding="utf-8") as file:
        file.writelines(f"{name}\tpositive,negative\n" for name in names)
        file.writelines(f"{name}\t{label}\n" for name, label in LABELS.items())
    return len(names) + len(LABELS)


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, int]:
    """A store of honest and poisoned posts, split; and how many rows were poisoned."""
    folder = tmp_path_factory.mktemp("poisoned")
    sample_dump(folder / "dump", posts=40, seed=7)
    n_poisoned = poison(folder / "dump")
    store = Store.init(folder / "store")
    ingest(store, format="mvsa-single", path=folder / "dump", source="drawn")
    split(store)
    return store, n_poisoned


def test_a_poisoned_row_is_a_post_or_a_refusal_with_a_name(poisoned: tuple[Store, int]):
    store, n_poisoned = poisoned
    with store.moment() as moment:
        taken = moment.table("select source_id from posts where source_id like '90__'")["source_id"].to_pylist()
        refused = moment.table("select source_id, reason from rejects where source_id like '90__'").to_pylist()
    reasons = {row["source_id"]: row["reason"] for row in refused}
    assert len(set(taken) | set(reasons)) == n_poisoned
    assert {"9004", "9005", "9014"} <= set(taken)
    assert reasons["9001"] == "undecodable-text"
    assert reasons["9010"] == "image-too-large"
    assert reasons["9007"] == "unknown-label"


def test_what_came_in_is_trained_on_scored_mined_and_queued(poisoned: tuple[Store, int], tmp_path: Path):
    store, _ = poisoned
    train(store, towers="tiny", epochs=1, image_size=32, folds=2)
    score(store)
    mine(store, at_least=0.0)
    with store.moment() as moment:
        assert moment.value("select count(*) from posts anti join predictions using (post_id)") == 0
        assert moment.value("select count(*) from queue") > 0
    written = export(store, output=tmp_path / "tasks.json", asked=Asked(None, 100, 1, "hidden"))
    assert written.n_posts > 10


def frozen(root: Path) -> tuple[int, int]:
    """Rows that committed snapshots say they have, and rows that are seen."""
    said = "select coalesce(sum((n_rows ->> '$.snapshots')::bigint), 0) from runs where verb = 'snapshot'"
    seen = "select count(*) from facts.snapshots where starts_with(run_id, 'snapshot-')"
    with Store.open(root).moment() as moment:
        return moment.value(said), moment.value(seen)


def test_a_snapshot_killed_at_any_write_is_made_good_by_the_same_command(poisoned: tuple[Store, int]):
    root, n_killed = poisoned[0].places.root, 0
    before = frozen(root)[0]
    while run(["snapshot", "--duplicates", "one"], root, killed_at=n_killed) == -9:
        said, seen = frozen(root)
        assert said == seen
        n_killed += 1
    assert n_killed > 5
    assert frozen(root)[0] > before
