"""`msa split` on a store: placed for ever, sealed, and quiet when nothing is new."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.audit import audit
from flows.cli import app
from flows.ingest import ingest as take_in
from flows.split import split
from flows.train import train
from msa_core.dumps import Columns
from msa_core.errors import MsaError, TrainingError
from msa_core.records import Annotation, Image, Post, PostImage
from tests.msa_core.dump_files import write
from warehouse import Store

WORDS = [
    "amber",
    "birch",
    "cedar",
    "dusk",
    "ember",
    "fjord",
    "grove",
    "haze",
    "inlet",
    "jade",
    "kelp",
    "lagoon",
    "meadow",
    "night",
    "ocean",
    "pine",
]


def words(number: int) -> str:
    """A long text of its own for every number."""
    return " ".join(WORDS[number // 16**digit % 16] for digit in range(4)) + f" number {number}"


def a_post(
    number: int, source: str, text: str | None, *, official: str | None = None, unlabelled: bool = False
) -> Post:
    post_id, text = f"{source}:{number:04d}", text or words(number)
    return Post(
        post_id, source, f"{number:04d}", "sentiment", text, None, None, None, "utf-8", 0, official, unlabelled, None
    )


def label(post_id: str, value: str) -> Annotation:
    return Annotation(
        f"annotation-{post_id}", post_id, "dump", "both", value, None, "given", None, "dump",
        None, None, None, None, None, None, None,
    )  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.init(tmp_path / "store")


def commit(store: Store, posts: list[Post], labels: list[str | None], images: dict[str, int] | None = None) -> None:
    """Posts and their labels (None: no label), as one run; `images`: a hash by post_id."""
    run = store.begin("ingest", parameters={"posts": [post.post_id for post in posts]}, inputs=[], version=1)
    given = zip(posts, labels, strict=True)
    files = {post_id: f"{dhash:064x}" for post_id, dhash in (images or {}).items()}
    with run:
        run.write("posts", posts)
        run.write("annotations", [label(post.post_id, value) for post, value in given if value])
        run.write("images", [Image(files[p], b"", 9, 8, "JPEG", "RGB", 1, h) for p, h in (images or {}).items()])
        run.write("post_images", [PostImage(post_id, 0, sha) for post_id, sha in files.items()])
        run.count("held", len(posts))


@pytest.fixture
def ingest(store: Store) -> Callable[..., None]:
    return partial(commit, store)


def hundred(ingest, source: str = "s", start: int = 0) -> None:
    posts = [a_post(number, source, None) for number in range(start, start + 100)]
    ingest(posts, ["positive" if number % 2 else "negative" for number in range(100)])


def splits(store: Store) -> dict[str, tuple]:
    with store.moment() as moment:
        rows = moment.table("select post_id, split, fold, official from splits")
    return {row[0]: row[1:] for row in zip(*(column.to_pylist() for column in rows.columns), strict=True)}


def value(store: Store, sql: str):
    with store.moment() as moment:
        return moment.value(sql)


def test_every_post_gets_a_place_and_a_cluster(store, ingest):
    hundred(ingest)
    done = split(store)
    assert (done.n_placed, done.n_clusters_changed, done.bridging) == (100, 100, ())
    assert value(store, "select count(*) from splits where split = 'train'") == 80
    assert (
        value(
            store, "select count(*) from splits join labels using (post_id) where split = 'test' and label = 'negative'"
        )
        == 5
    )
    assert value(store, "select count(*) from leaks") == 0


def test_nothing_new_commits_no_run(store, ingest):
    hundred(ingest)
    split(store)
    n_runs = value(store, "select count(*) from runs")
    assert split(store, train=0.1, test=0.8, seed=9).run_id is None
    assert value(store, "select count(*) from runs") == n_runs


def test_other_shares_on_a_grown_store_move_no_post(store, ingest):
    hundred(ingest)
    split(store)
    before = splits(store)
    hundred(ingest, start=100)
    done = split(store, train=0.2, val=0.2, test=0.6)
    after = splits(store)
    assert done.n_placed == 100
    assert {post_id: after[post_id] for post_id in before} == before
    n_test, n_val = (value(store, f"select count(*) from splits where split = '{name}'") for name in ("test", "val"))
    # test lacks 110 of 200, val 30, train nothing: the new hundred is shared out 110 to 30
    assert (n_test, n_val) == (pytest.approx(10 + 78.6, abs=2), pytest.approx(10 + 21.4, abs=2))


def test_two_stores_hold_the_same_bytes(tmp_path):
    bytes_of = []
    for name in ("one", "two"):
        made = Store.init(tmp_path / name)
        hundred(partial(commit, made))
        split(made, seed=3)
        files = sorted(made.places.facts.glob("*/run_id=split-*/*.parquet"))
        bytes_of.append(
            {path.relative_to(made.places.facts): path.read_bytes() for path in files if "runs" not in path.parts}
        )
    assert len(bytes_of[0]) == 2
    assert bytes_of[0] == bytes_of[1]


def test_twins_of_any_source_share_a_split_and_bridges_are_sealed_and_reported(store, ingest):
    hundred(ingest)
    split(store)
    placed = splits(store)
    in_test, in_train = (min(p for p, row in placed.items() if row[0] == name) for name in ("test", "train"))
    ingest([a_post(1, "other", "RT @x: " + words(int(in_test[2:])))], ["positive"])
    assert split(store).bridging == ()
    assert splits(store)["other:0001"][0] == "test"
    picture = 0x9A3C55E10F7722D4
    ingest([a_post(2, "other", words(int(in_train[2:])))], ["positive"], {in_test: picture, "other:0002": picture ^ 1})
    assert split(store).bridging == ("other:0002",)
    assert splits(store)["other:0002"][0] == "test"
    assert splits(store)[in_train] == placed[in_train]
    assert (
        value(store, f"select count(distinct cluster_id) from clusters where post_id in ('{in_test}', '{in_train}')")
        == 1
    )


def test_official_splits_are_kept_and_what_would_reveal_a_withheld_label_is_sealed(store, ingest):
    hundred(ingest)
    course = [
        a_post(1, "course", words(0), unlabelled=True, official="test"),
        a_post(2, "course", words(900), official="train"),
        a_post(3, "course", words(901), official="test"),
    ]
    ingest(course, [None, "positive", "negative"])
    split(store)
    placed = splits(store)
    assert placed["course:0001"] == ("pool", None, True)
    assert placed["course:0002"][::2] == ("train", True)
    assert placed["course:0003"] == ("test", None, True)
    assert placed["s:0000"] == ("test", None, False)


def test_posts_without_a_label_are_the_pool(store, ingest):
    ingest([a_post(number, "s", None) for number in range(10)], [None] * 10)
    split(store)
    assert {row[0] for row in splits(store).values()} == {"pool"}


def test_posts_with_scores_are_shared_out_and_wait_for_a_model_that_learns_from_scores(store, tmp_path):
    rows = "".join(f"{number},{words(number)},{number / 10 - 1}\n" for number in range(20))
    table = write(tmp_path, {"scores.csv": "id,text,label\n" + rows}) / "scores.csv"
    how = {"format": "table", "task": "sentiment-score", "columns": Columns(images=()), "allow_missing": ("image",)}
    assert take_in(store, path=table, source="own", **how).n_annotations == 20
    split(store)
    assert Counter(row[0] for row in splits(store).values()) == {"train": 16, "val": 2, "test": 2}
    for task in (None, "sentiment-score"):
        with pytest.raises(TrainingError, match="sentiment-score bear scores, no labels, and no model here learns"):
            train(store, preset="clara", task=task)
    assert [finding for finding in audit(store) if finding.n_broken] == []


def test_an_evaluation_store_holds_folds_of_all_posts(store, ingest):
    hundred(ingest)
    split(store, test=0, val=0, folds=4)
    rows = splits(store).values()
    assert {row[0] for row in rows} == {"train"}
    assert sorted(row[1] for row in rows) == sorted([0, 1, 2, 3] * 25)


def test_folds_cannot_be_renumbered(store, ingest):
    hundred(ingest)
    split(store, folds=4)
    hundred(ingest, start=100)
    with pytest.raises(MsaError, match="4 folds"):
        split(store, folds=5)
    split(store)
    assert value(store, "select max(fold) from splits") == 3


@pytest.mark.parametrize("shares", [(0, 0, 0), (float("inf"), 1, 1), (1e308, 1e308, 0)])
def test_shares_that_share_nothing_are_refused(store, shares):
    with pytest.raises(MsaError, match="weights"):
        split(store, **dict(zip(("train", "val", "test"), shares, strict=True)))


def test_the_command_says_what_is_where(store, ingest):
    hundred(ingest)
    arguments = ["split", "--store", str(store.places.root)]
    first, again = CliRunner().invoke(app, arguments), CliRunner().invoke(app, arguments)
    assert first.exit_code == again.exit_code == 0, first.output
    assert "train\tpositive\t40\t0" in first.output
    assert "nothing to do" in again.output
