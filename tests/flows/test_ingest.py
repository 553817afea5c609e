"""What an ingest adds to a store, and what the next one of the same source does."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from flows.audit import audit
from flows.ingest import ingest
from flows.intake import Ingested
from msa_core.dumps import Columns
from msa_core.errors import DumpError, TaskError
from msa_core.sample_dump import write_sample_dump
from tests.msa_core.dump_files import jpeg, mvsa, write
from warehouse import Store

ROWS = {"1": "positive,neutral", "2": "neutral,neutral", "3": "negative,negative"}


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.init(tmp_path / "store")


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return mvsa(tmp_path / "dump", ROWS)


def take(store: Store, path: Path, *, source: str = "mvsa", **options: Any) -> Ingested:
    return ingest(store, **({"format": "mvsa-single", "path": path, "source": source} | options))


def ask(store: Store, sql: str) -> list[tuple[Any, ...]]:
    with store.moment() as moment:
        return [tuple(row.values()) for row in moment.table(sql).to_pylist()]


def relabel(dump: Path, source_id: str, pair: str) -> None:
    path = dump / "labelResultAll.txt"
    rows = [line.split("\t") for line in path.read_text(encoding="ascii").splitlines() if line]
    lines = [f"{name}\t{pair if name == source_id else value}\r\n" for name, value in rows]
    path.write_bytes("".join(lines).encode())


def test_a_dump_becomes_posts_images_and_annotations(store: Store, dump: Path):
    done = take(store, dump)
    assert (done.n_held, done.n_posts, done.n_images, done.n_annotations, done.rejects) == (3, 3, 3, 6, ())
    assert ask(store, "select post_id, text, n_images from posts order by 1")[0] == ("mvsa:1", "words of 1", 1)
    assert ask(store, "select label from labels order by post_id") == [("positive",), ("neutral",), ("negative",)]
    digest = hashlib.sha256(jpeg(0)).hexdigest()
    assert ask(
        store, "select bytes from image_bytes join post_images using (image_sha256) where post_id = 'mvsa:1'"
    ) == [(jpeg(0),)]
    assert ask(store, "select image_sha256 from post_images where post_id = 'mvsa:1'") == [(digest,)]
    assert [finding for finding in audit(store) if finding.n_broken] == []


def test_the_same_dump_again_has_nothing_to_do_from_any_address(store: Store, dump: Path, tmp_path: Path):
    take(store, dump)
    elsewhere = Path(shutil.copytree(dump, tmp_path / "elsewhere"))
    packed = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", dump))
    assert [take(store, path).run_id for path in (dump, elsewhere, packed)] == [None] * 3
    assert ask(store, "select count(*) from runs where verb = 'ingest'") == [(1,)]


def test_a_grown_dump_adds_only_what_is_new(store: Store, dump: Path, tmp_path: Path):
    take(store, dump)
    grown = mvsa(tmp_path / "grown", ROWS | {"4": "positive,positive"})
    done = take(store, grown)
    assert (done.n_held, done.n_posts, done.n_known, done.n_images, done.n_annotations) == (4, 1, 3, 1, 2)
    assert ask(store, "select count(*) from facts.posts") == [(4,)]
    assert [finding for finding in audit(store) if finding.n_broken] == []


def test_a_changed_label_is_a_new_annotation_and_the_last_one_counts(store: Store, dump: Path):
    take(store, dump)
    for pair, label in (("negative,neutral", "negative"), ("positive,neutral", "positive")):
        relabel(dump, "1", pair)
        write(dump, {"labelResultAll.txt": (dump / "labelResultAll.txt").read_bytes() + b"\r\n"})
        done = take(store, dump)
        assert (done.n_posts, done.n_known, done.n_annotations) == (0, 3, 1)
        assert ask(store, "select label from labels where post_id = 'mvsa:1'") == [(label,)]
    chain = ask(store, "select annotation_id, supersedes from facts.annotations where modality = 'text'")
    found = {annotation: old for annotation, old in chain if old}
    assert len(found) == 2
    assert set(found.values()) <= {annotation for annotation, _ in chain}


def test_changed_content_under_a_known_id_is_refused_and_the_old_stands(store: Store, dump: Path):
    take(store, dump)
    write(dump, {"data/1.txt": "other words", "data/2.jpg": jpeg(99)})
    done = take(store, dump)
    assert done.rejects == (("content-changed", 2),)
    assert (done.n_posts, done.n_known) == (0, 1)
    assert ask(store, "select source_id, line, detail from rejects order by line") == [
        ("1", 2, "text"),
        ("2", 3, "images"),
    ]
    assert ask(store, "select text from posts where post_id = 'mvsa:1'") == [("words of 1",)]


def test_a_row_that_is_mended_comes_in_later(store: Store, dump: Path):
    good = (dump / "data/2.jpg").read_bytes()
    write(dump, {"data/2.jpg": good[:-100]})
    assert take(store, dump).rejects == (("truncated-image", 1),)
    write(dump, {"data/2.jpg": good})
    done = take(store, dump)
    assert (done.n_posts, done.n_known, done.rejects) == (1, 2, ())


def test_every_broken_row_of_the_sample_dump_has_its_name_and_nothing_is_lost(store: Store, tmp_path: Path):
    sample = write_sample_dump(tmp_path / "sample", n_posts=40)
    done = take(store, sample.path)
    assert {str(reason): n for reason, n in done.rejects} == {
        "missing-image": 1,
        "missing-text": 1,
        "empty-text": 1,
        "empty-image": 1,
        "truncated-image": 1,
        "not-an-image": 1,
        "image-too-large": 1,
        "unknown-label": 1,
        "too-few-columns": 1,
        "duplicated-id": 1,
        "unsafe-id": 1,
        "undecodable-text": 1,
    }
    n_rows = len((sample.path / "labelResultAll.txt").read_text(encoding="ascii").splitlines()) - 1
    assert n_rows == done.n_held == done.n_posts + done.n_known + done.n_rejects
    assert done.n_posts == sample.n_posts, "the unusual images are taken"
    assert ask(store, "select n_held, n_posts, n_known, n_refused from ingests") == [(52, 40, 0, 12)]
    assert [finding for finding in audit(store) if finding.n_broken] == []


def test_an_image_of_many_posts_is_written_once(store: Store, tmp_path: Path):
    dump = mvsa(tmp_path / "dump", ROWS)
    write(dump, {f"data/{source_id}.jpg": jpeg(5) for source_id in ROWS})
    assert take(store, dump).n_images == 1
    done = take(store, dump, source="again")
    assert (done.n_posts, done.n_images) == (3, 0)
    assert ask(store, "select count(*) from facts.images") == [(1,)]


def test_two_stores_get_the_same_bytes(dump: Path, tmp_path: Path):
    files = []
    for name in ("one", "other"):
        made = Store.init(tmp_path / name)
        run = take(made, dump).run_id
        files.append(
            {
                path.relative_to(made.places.facts): path.read_bytes()
                for path in sorted(made.places.facts.glob(f"*/run_id={run}/*.parquet"))
                if "runs" not in path.parts
            }
        )
    assert len(files[0]) == 4
    assert files[0] == files[1]


def test_force_takes_the_dump_anew_and_replaces_the_run(store: Store, dump: Path):
    first = take(store, dump)
    again = take(store, dump, force=True)
    assert (again.n_posts, again.n_known, again.n_images) == (3, 0, 3)
    assert again.run_id != first.run_id
    assert ask(store, "select count(*) from facts.posts") == [(3,)]


def test_a_source_keeps_one_task(store: Store, dump: Path, tmp_path: Path):
    take(store, dump)
    memes = write(tmp_path / "memes", {"train.jsonl": '{"id": 1, "img": "1.png", "text": "a", "label": 1}'})
    with pytest.raises(DumpError, match="'mvsa' holds sentiment, this dump hate"):
        take(store, memes, format="hateful-memes")
    assert ask(store, "select count(*) from runs where verb = 'ingest'") == [(1,)]


def test_another_format_needs_a_source_of_its_own_since_it_may_reveal_what_the_first_withholds(
    store: Store, dump: Path
):
    take(store, dump)
    write(dump, {"train.txt": "guid,tag\n1,positive\n", "test_without_label.txt": "guid,tag\n2,null\n"})
    with pytest.raises(DumpError, match="was taken in as mvsa-single, not course"):
        take(store, dump, format="course")
    assert take(store, dump, format="course", source="course").n_posts == 2


@pytest.mark.parametrize("source", ["", "a:b", "../x", "a b", "x" * 65])
def test_a_source_has_a_plain_name(store: Store, dump: Path, source: str):
    with pytest.raises(DumpError, match="cannot name a source"):
        take(store, dump, source=source)


def test_a_table_needs_a_task_and_takes_a_file_beside_its_images(store: Store, tmp_path: Path):
    rows = [{"id": n, "text": f"text {n}", "image": [f"{n}.jpg", "x.jpg"], "label": "happy"} for n in (1, 2)]
    files = {"mine.jsonl": "\n".join(map(json.dumps, rows)), "other.csv": "", "1.jpg": jpeg(1), "x.jpg": jpeg(3)}
    path = write(tmp_path / "own", files) / "mine.jsonl"
    with pytest.raises(DumpError, match="needs a task"):
        take(store, path, format="table")
    with pytest.raises(TaskError, match="negative, neutral, positive"):
        take(store, path, format="table", task="sentiment", labels=("happy",))
    done = take(store, path, format="table", task="mood", labels=("happy", "sad"), columns=Columns())
    assert (done.n_posts, done.n_images, done.rejects) == (1, 2, (("missing-image", 1),))
    assert ask(store, "select task, label, n_images from labels join posts using (post_id, task)") == [
        ("mood", "happy", 2)
    ]


def test_raw_bytes_and_names_are_kept_on_demand(store: Store, dump: Path):
    write(dump, {"data/1.txt": b"hello @kate \r\n"})
    take(store, dump, keep_raw=True, keep_names=True)
    where = "from posts where post_id = 'mvsa:1'"
    assert ask(store, f"select text, text_bytes {where}") == [("hello @kate", b"hello @kate \r\n")]


def test_a_failing_dump_commits_nothing_and_leaves_nothing(store: Store, tmp_path: Path):
    packed = tmp_path / "dump.tar"
    packed.write_bytes(b"not a tar")
    with pytest.raises(DumpError):
        take(store, packed)
    with pytest.raises(DumpError):
        take(store, write(tmp_path / "empty", {"x": ""}))
    assert list(store.places.tmp.iterdir()) == []
    assert ask(store, "select count(*) from runs where verb = 'ingest'") == [(0,)]


@pytest.mark.parametrize(
    ("form", "name", "content"),
    [
        ("mvsa-single", "labelResultAll.txt", ""),
        ("pairs", "labelResultAll.txt", "id | label | text\n"),
        ("table", "mine.csv", ""),
        ("table", "mine.csv", "id,text\n"),
        ("table", "mine.jsonl", "\n"),
    ],
)
def test_a_dump_without_any_row_is_an_error(store: Store, tmp_path: Path, form: str, name: str, content: str):
    dump = write(tmp_path / "dump", {name: content})
    options = {"task": "mood", "columns": Columns(images=(), label=None)} if form == "table" else {}
    with pytest.raises(DumpError, match=f"No rows in .*dump, read as {form} "):
        take(store, dump, format=form, **options)
    assert ask(store, "select count(*) from runs where verb = 'ingest'") == [(0,)]
