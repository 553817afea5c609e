"""`msa export`: what leaves the store is read by the tools that others use, offline, and never holds a test post."""

import csv
import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from flows.cli import app
from flows.export import export
from flows.snapshot import snapshot
from msa_core.dumps.course import read
from msa_core.errors import MsaError
from tests.curation.curated_store import a_name, come_late, commit, curated_store
from tests.flows.test_mine import a_post, a_row
from tests.small_disk import small_disk
from warehouse import Store


@pytest.fixture(scope="module")
def frozen(tmp_path_factory) -> tuple[Store, str]:
    """Every post but one has two images."""
    store = curated_store(tmp_path_factory.mktemp("frozen") / "store", images=2)
    come_late(store, "wordy", "negative")
    return store, snapshot(store, duplicates="one").snapshot_id


@pytest.fixture
def loaded(frozen, tmp_path, monkeypatch):
    """What the library `datasets` makes of an export in a form."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_OFFLINE", "1")
    import datasets  # noqa: PLC0415 - after the environment

    def load(form: str):
        store, snapshot_id = frozen
        export(store, snapshot_id, output=tmp_path / form, form=form)
        return datasets.load_dataset(str(tmp_path / form), cache_dir=str(tmp_path / "cache"))

    return load


def frozen_rows(frozen, part: str) -> list[dict]:
    store, snapshot_id = frozen
    with store.moment() as moment:
        asked = "from snapshot_posts where snapshot_id = $id and part = $part order by post_id"
        return moment.table(asked, id=snapshot_id, part=part).to_pylist()


def test_a_mounted_folder_takes_an_export_too(frozen, tmp_path):
    store, snapshot_id = frozen
    with small_disk(tmp_path / "disk", 4) as disk:
        export(store, snapshot_id, output=disk, form="csv")
        assert {path.name for path in disk.iterdir()} >= {"README.md", "train.csv"}
        assert not [path for path in disk.iterdir() if path.name.startswith(".")]
    assert [path.name for path in tmp_path.iterdir()] == ["disk"]


def test_parquet_shows_images_and_labels_to_whoever_loads_it(frozen, loaded):
    found = loaded("parquet")
    assert set(found) == {"train", "validation"}
    for part, posts in found.items():
        names = posts.features["label"].names
        expected = frozen_rows(frozen, part)
        assert [(row["post_id"], names[row["label"]]) for row in posts] == [
            (row["post_id"], row["label"]) for row in expected
        ]
    first = found["train"][0]
    assert (first["image"].size, [image.size for image in first["other_images"]]) == ((24, 24), [(24, 24)])
    (wordy,) = [row for row in found["train"] if row["post_id"] == a_name("wordy")]
    assert (wordy["image"], wordy["other_images"], wordy["text"]) == (None, [], "=words of wordy, with a comma")


def test_a_folder_of_images_loads_the_same_posts(frozen, loaded):
    found = loaded("folder")
    for part, posts in found.items():
        told = [(row["post_id"], row["label"], row["weight"], row["image"] and row["image"].size) for row in posts]
        assert told == [
            (row["post_id"], row["label"], row["weight"], (24, 24) if row["digests"] else None)
            for row in frozen_rows(frozen, part)
        ]


@pytest.mark.parametrize(("safe_cells", "begins"), [(False, ""), (True, "'")])
def test_a_csv_holds_every_text_exactly_unless_a_spreadsheet_is_to_open_it(frozen, tmp_path, safe_cells, begins):
    store, snapshot_id = frozen
    export(store, snapshot_id, output=tmp_path / "csv", form="csv", safe_cells=safe_cells)
    with (tmp_path / "csv" / "train.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    expected = [(row["post_id"], begins + row["text"]) for row in frozen_rows(frozen, "train")]
    assert [(row["post_id"], row["text"]) for row in rows] == expected
    assert all(row["text"].startswith(f"{begins}=") for row in rows)
    assert len(rows[0]["image_sha256"].split()) == 2


def test_cells_are_made_safe_on_the_command_line_where_it_is_asked_for(frozen, tmp_path):
    words = ["export", frozen[1], "--store", str(frozen[0].places.root), "--format", "csv", "--safe-cells"]
    out = CliRunner().invoke(app, [*words, "--output", str(tmp_path / "csv")])
    assert out.exit_code == 0, out.output
    assert ",\"'=words" in (tmp_path / "csv" / "train.csv").read_text()


def test_the_card_counts_what_is_there_and_says_what_was_left_out(frozen, tmp_path):
    store, snapshot_id = frozen
    export(store, snapshot_id, output=tmp_path / "out")
    card = (tmp_path / "out" / "README.md").read_text()
    for line in (
        f"# sentiment: {snapshot_id}",
        "| train | 2 | 2 | 3 | 7 |",
        "| label_policy | literature |",
        "| conflicting-twins | 2 |",
        "license: unknown",
        "    num_examples: 7",
    ):
        assert line in card.splitlines()


def test_no_test_post_leaves_in_any_form(frozen, tmp_path):
    store, snapshot_id = frozen
    for form in ("parquet", "folder", "csv"):
        export(store, snapshot_id, output=tmp_path / form, form=form, cleaned=tmp_path / "cleaned.txt")
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"tested" not in path.read_bytes()


def test_the_same_snapshot_is_exported_to_the_same_bytes(frozen, tmp_path):
    store, snapshot_id = frozen
    for form in ("parquet", "folder"):
        places = [tmp_path / f"{form}-{n}" for n in (1, 2)]
        one, two = (_files(export(store, snapshot_id, output=place, form=form).folder) for place in places)
        assert one == two


def _files(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_cleaned_rows_are_what_the_course_reader_reads(frozen, tmp_path):
    store, snapshot_id = frozen
    export(store, snapshot_id, cleaned=tmp_path / "train.txt")
    posts = list(read(tmp_path))
    expected = [*frozen_rows(frozen, "train"), *frozen_rows(frozen, "validation")]
    told = {(post.source_id, answer.label) for post in posts for answer in post.answers}
    assert told == {(row["source_id"], row["label"]) for row in expected}
    assert len(posts) == len(expected)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({}, "--output FOLDER, --cleaned FILE"),
        ({"output": "new", "form": "arrow"}, "Formats: parquet, folder, csv"),
        ({"output": "full"}, "exists and is not empty"),
        ({"output": "full/here.txt"}, "exists and is not empty"),
        ({"output": "new", "snapshot": "snapshot-none"}, "No snapshot 'snapshot-none'"),
    ],
)
def test_a_mistake_is_named_and_nothing_is_written(frozen, tmp_path, asked: dict, says: str):
    store, snapshot_id = frozen
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "here.txt").write_text("mine")
    asked = {"snapshot": snapshot_id, **asked} | ({"output": tmp_path / asked["output"]} if "output" in asked else {})
    with pytest.raises(MsaError, match=says):
        export(store, **asked)
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_posts_without_any_image_have_no_folder_form(tmp_path):
    store = curated_store(tmp_path / "store", images=0)
    commit(store, "train", snapshots=[a_row(a_name("plain-1"), "train", 0)])
    with pytest.raises(MsaError, match=r"No post of snapshot-1 has an image\. Choose --format parquet or csv"):
        export(store, "snapshot-1", output=tmp_path / "out", form="folder")
    done = export(store, "snapshot-1", output=tmp_path / "out", form="parquet")
    assert (done.n_posts, done.n_without_image) == (1, 1)
    rows = [a_row(a_name("plain-1"), "train", 0), a_row("other:plain-1", "train", 0)]
    commit(store, "ingest", posts=[a_post("other:plain-1")])
    commit(store, "train", snapshots=[replace(row, snapshot_id="snapshot-2") for row in rows])
    with pytest.raises(MsaError, match="1 ids such as 'plain-1' do not fit guid,tag"):
        export(store, "snapshot-2", cleaned=tmp_path / "cleaned.txt")


def test_a_kill_leaves_no_half_folder(frozen, tmp_path, monkeypatch):
    store, snapshot_id = frozen

    def killed(*_: object) -> str:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("flows.export.DataCard.text", killed)
        with pytest.raises(KeyboardInterrupt):
            export(store, snapshot_id, output=tmp_path / "out")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / ".out.part").mkdir()  # as a kill would leave it
    assert export(store, snapshot_id, output=tmp_path / "out").folder == tmp_path / "out"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_command_says_what_it_wrote(frozen, tmp_path):
    store, snapshot_id = frozen
    asked = ["export", snapshot_id[9:20], "--store", str(store.places.root), "--format", "folder"]
    told = CliRunner().invoke(app, [*asked, "--output", str(tmp_path / "out"), "--cleaned", str(tmp_path / "c.txt")])
    assert told.output.splitlines() == [
        f"{tmp_path / 'out'}: 9 posts of {snapshot_id} as folder, 1 without an image",
        f"{tmp_path / 'c.txt'}: 9 rows guid,tag of {snapshot_id}",
    ]
    lines = (tmp_path / "out" / "train" / "metadata.jsonl").read_text().splitlines()
    assert {len(json.loads(line)["other_images"].split()) for line in lines} == {0, 1}
