"""A post of several images: each is described, and its caption is what all of them say, in their order."""

import io
from pathlib import Path

import pytest
from PIL import Image as Picture

from flows.caption import caption
from flows.caption_ledger import Scope
from flows.captioners import Asked
from flows.learning import content_of_set
from flows.score import score
from flows.snapshot import snapshot
from flows.snapshot_rebuild import verify
from flows.standing_snapshots import thawed
from flows.train import train
from msa_core.records import Caption, Image, PostImage
from tests.asking import rows
from tests.flows.captioned_store import KIND, N, add_captions, post_id, split_of, store_of_posts
from tests.flows.drifting_store import commit
from tests.flows.test_captions_read import ASKED, FORCED, a_street
from warehouse import Store
from warehouse.audit import audit

ALBUM, HALF, TWICE, SEALED = 0, 5, 10, 3  # the last lies in test
FIRST = "caption-pixels-1-000-0"


def second(n: int) -> str:
    """The digest of a post's second image."""
    return f"{1000 + n:064x}"


def with_albums(root: Path) -> Store:
    """Four of the posts have a second image; one of them shows its first once more."""
    store, written = store_of_posts(root), io.BytesIO()
    Picture.new("RGB", (48, 48), (20, 30, 140)).save(written, "JPEG")
    raw, albums = written.getvalue(), (ALBUM, HALF, TWICE, SEALED)
    images = [Image(second(n), raw, 48, 48, "JPEG", "RGB", len(raw), n) for n in albums]
    places = [PostImage(post_id(n), 1, second(n)) for n in albums] + [PostImage(post_id(TWICE), 2, f"{TWICE:064x}")]
    commit(store, "ingest", "albums", images=images, post_images=places)
    return store


def described(store: Store, n: int, words: str, *, attempt: int = 0, status: str = "ok") -> None:
    """What the second image of a post shows."""
    of = (second(n), "pixels", "pixels-1", None, None, "{}", None, attempt, words, status)
    row = Caption(f"caption-second-{n}-{attempt}", *of, None if status == "ok" else "empty", None, None, None, 0.0)
    commit(store, "caption", f"{n} {attempt}", captions=[row])


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A model has learned and scored them. The second image of one post was refused."""
    store = with_albums(tmp_path_factory.mktemp("albums"))
    add_captions(store, a_street)
    for n in (ALBUM, TWICE, SEALED):
        described(store, n, f"a blue wall {n} by @john_doe")
    described(store, HALF, "", status="refused")
    train(store, captions=FORCED, **ASKED)
    score(store)
    return store


def test_every_image_of_a_post_waits_for_a_caption_in_its_order_but_for_those_of_test(tmp_path: Path):
    store = with_albums(tmp_path)
    found = rows(store, "from caption_subjects where post_id <= $last order by place", last=post_id(HALF))
    outside = [n for n in range(HALF + 1) if split_of(n) != "test"]
    assert [(row["post_id"], row["position"]) for row in found] == [
        (post_id(n), place) for n in outside for place in ((0, 1) if n in (ALBUM, HALF) else (0,))
    ]
    done = caption(store, asked=Asked("pixels"), scope=Scope("all"))
    assert done is not None
    n_open = sum(split_of(n) != "test" for n in range(N))
    assert done.n_ok == n_open + 3
    whole = rows(store, "from post_captions where n_described = 2 order by post_id")
    assert [row["post_id"] for row in whole] == [post_id(n) for n in (ALBUM, HALF, TWICE)]


def test_the_caption_of_a_post_is_that_of_its_images_in_their_order(told: Store):
    found = {row["post_id"]: row for row in rows(told, "from post_captions")}
    assert {row["kind"] for row in found.values()} == {KIND}
    album, twice, half = (found[post_id(n)] for n in (ALBUM, TWICE, HALF))
    assert album["caption_id"] == f"{FIRST}+caption-second-0-0"
    assert album["caption"].startswith("a street with 0 lamps by @")
    assert " a blue wall 0 by @" in album["caption"]
    assert twice["caption_id"] == "caption-pixels-1-010-0+caption-second-10-0"
    assert half["caption_id"] == "caption-pixels-1-005-0"
    assert post_id(SEALED) not in found


def test_a_caption_of_one_image_bears_the_id_that_it_always_bore(told: Store):
    plain = [n for n in range(N) if split_of(n) != "test" and n not in (ALBUM, TWICE)]
    found = {row["post_id"]: row["caption_id"] for row in rows(told, "from snapshots")}
    assert {post_id(n): f"caption-pixels-1-{n:03}-0" for n in plain}.items() <= found.items()


def test_a_snapshot_and_a_prediction_name_all_of_them_and_every_promise_holds(told: Store):
    for table in ("snapshots", "predictions"):
        found = rows(told, f"select caption_id from {table} where post_id = $id", id=post_id(ALBUM))
        assert found == [{"caption_id": f"{FIRST}+caption-second-0-0"}]
    assert rows(told, "from caption_texts anti join post_captions using (caption_id)") == []
    with told.moment() as moment:
        assert [finding for finding in audit(moment) if finding.n_broken] == []


def test_people_and_models_read_all_of_them(told: Store):
    for view in ("shown_captions", "snapshot_posts"):
        (row,) = rows(told, f"select caption from {view} where post_id = $id", id=post_id(ALBUM))
        assert row["caption"].startswith("a street with 0 lamps by @")
        assert " a blue wall 0 by @" in row["caption"]
    seen = rows(told, "from post_events where event = 'was described' and post_id = $id", id=post_id(ALBUM))
    assert {row["what"].rpartition(", ")[2] for row in seen} == {FIRST, "caption-second-0-0"}


def test_what_was_frozen_stays_though_an_image_is_described_anew(tmp_path: Path):
    store = with_albums(tmp_path)
    add_captions(store, a_street)
    described(store, ALBUM, "a blue wall")
    first = snapshot(store, captions=FORCED)
    described(store, ALBUM, "a sea of ink", attempt=1)
    described(store, TWICE, "a blue door")
    assert snapshot(store, captions=FORCED).snapshot_id != first.snapshot_id
    with store.moment() as moment:
        content = content_of_set(moment, thawed(moment, first.snapshot_id))
    said = dict(zip(content.post_ids, content.captions, strict=True))
    assert said[post_id(ALBUM)] == "a street with 0 lamps by @user a blue wall"
    assert said[post_id(TWICE)] == "a street with 2 lamps"
    assert verify(store, first.snapshot_id).is_equal
