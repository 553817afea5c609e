"""A watched folder: what counts as a dump, and what a description may say."""

from pathlib import Path

import pytest

from flows.inbox import described, waiting
from msa_core.dumps import Columns
from msa_core.errors import DumpError

LEAST = 'format = "mvsa-single"\nsource = "drawn"\n'


def test_a_dump_counts_once_its_description_stands(tmp_path: Path):
    for name in ("inside", "beside", "still-copied", ".hidden"):
        (tmp_path / name).mkdir()
    (tmp_path / "inside" / "source.toml").write_text(LEAST)
    (tmp_path / ".hidden" / "source.toml").write_text(LEAST)
    (tmp_path / "beside.toml").write_text(LEAST)
    (tmp_path / "packed.zip").write_bytes(b"")
    (tmp_path / "packed.toml").write_text(LEAST)
    (tmp_path / ".beside.toml").write_text(LEAST)
    found = [described(path) for path in waiting(tmp_path)]
    assert [each.path.name for each in found] == ["beside", "inside", "packed.zip"]


def test_a_table_is_described_with_its_columns(tmp_path: Path):
    (tmp_path / "mine.csv").write_text("nr,said\n")
    told = 'format = "table"\nsource = "mine"\ntask = "mood"\npath = "mine.csv"\nlabels = ["glad", "sad"]\n'
    told += 'allow_missing = ["image"]\n[columns]\nid = "nr"\ntext = "said"\nimages = []\nlabel = "mood"\ntime = ""\n'
    (tmp_path / "mine.toml").write_text(told)
    found = described(tmp_path / "mine.toml")
    assert (found.path, found.task) == (tmp_path / "mine.csv", "mood")
    assert found.reading.columns == Columns("nr", "said", (), "mood", None, None)
    assert (found.reading.labels, found.reading.allow_missing) == (("glad", "sad"), ("image",))


TABLE = LEAST.replace("mvsa-single", "table")


def test_one_column_of_images_may_stand_without_a_list(tmp_path: Path):
    (tmp_path / "posts.csv").touch()
    (tmp_path / "posts.toml").write_text(TABLE + "[columns]\nimages = 'picture'\n")
    columns = described(tmp_path / "posts.toml").reading.columns
    assert columns is not None
    assert columns.images == ("picture",)


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("description", ["posts.toml", "posts{}.toml"])
def test_a_table_has_its_description_beside_it_with_or_without_its_ending(
    description: str, ending: str, tmp_path: Path
):
    (tmp_path / f"posts{ending}").touch()
    (tmp_path / "posts").mkdir()  # its images
    (tmp_path / description.format(ending)).write_text(TABLE)
    assert described(tmp_path / description.format(ending)).path == tmp_path / f"posts{ending}"


def test_two_tables_of_one_name_want_a_path(tmp_path: Path):
    for name in ("posts.csv", "posts.parquet"):
        (tmp_path / name).touch()
    (tmp_path / "posts.toml").write_text(TABLE)
    with pytest.raises(DumpError, match=r"posts\.csv or posts\.parquet: say path"):
        described(tmp_path / "posts.toml")
    (tmp_path / "posts.toml").write_text(TABLE + 'path = "posts.parquet"\n')
    assert described(tmp_path / "posts.toml").path == tmp_path / "posts.parquet"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ('format = "table"', "does not name a source"),
        ("format = ", "is no TOML"),
        (LEAST + "colour = 1", "unknown 'colour'"),
        (LEAST + 'labels = "glad"', "labels must be a list"),
        (LEAST.replace("mvsa-single", "table") + "[columns]\nname = 'x'", "unknown column 'name'"),
        (TABLE + "labels = [0, 1]", 'labels must hold texts, "0" and not 0'),
        (LEAST + 'allow_missing = ["images"]', "allow_missing takes image and text, not 'images'"),
        (TABLE + "[columns]\nimages = 5", 'images must hold texts, "5" and not 5'),
        (TABLE + "[columns]\nid = ['a', 'b']", "id must be one column"),
        (LEAST, "describes nothing"),
    ],
)
def test_a_wrong_description_is_told_by_its_name(told: str, said: str, tmp_path: Path):
    (tmp_path / "dump.toml").write_text(told)
    with pytest.raises(DumpError, match=said) as error:
        described(tmp_path / "dump.toml")
    assert "dump.toml" in str(error.value)


def test_no_folder_is_a_mistake(tmp_path: Path):
    with pytest.raises(DumpError, match="--inbox"):
        waiting(tmp_path / "nowhere")
