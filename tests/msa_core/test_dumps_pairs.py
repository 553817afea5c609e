"""CLARA's pairs: bars between columns, or a CSV per split."""

from pathlib import Path

import pytest

from msa_core.dumps import pairs
from msa_core.dumps.row import Answer, InlineText
from msa_core.errors import DumpError
from tests.msa_core.dump_files import posts, reasons, write


def test_bars_stand_between_id_label_and_text(tmp_path: Path):
    root = write(tmp_path, {"labelResultAll.txt": "12 | positive | so good | really\n"})
    (post,) = posts(pairs.read(root))
    assert (post.source_id, post.answers) == ("12", (Answer("pairs", "both", "positive"),))
    assert post.text == InlineText("so good | really", "utf-8")
    assert post.images == (("images/12.jpg", "images/12.jpeg", "images/12.png"),)


def test_a_header_is_no_row(tmp_path: Path):
    root = write(tmp_path, {"pairs.txt": "id | label | text\n1 | negative | no\n"})
    assert [post.source_id for post in posts(pairs.read(root))] == ["1"]


def test_each_line_has_its_own_encoding(tmp_path: Path):
    root = write(tmp_path, {"pairs.txt": b"1 | neutral | caf\xe9 ole\n2 | neutral | \xa1\xb0quoted\xa1\xb1\n"})
    assert [post.text for post in posts(pairs.read(root))] == [
        InlineText("café ole", "cp1252"),
        InlineText("“quoted”", "gb18030"),
    ]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("2 | positive", "too-few-columns"),
        ("2 | happy | text", "unknown-label"),
        ("1 | positive | again", "duplicated-id"),
        ("../2 | positive | text", "unsafe-id"),
    ],
)
def test_a_bad_row_is_refused_by_name(tmp_path: Path, row: str, reason: str):
    root = write(tmp_path, {"pairs.txt": f"1 | positive | text\n{row}\n"})
    assert reasons(pairs.read(root)) == [(2, reason)]


def test_each_split_folder_has_its_table_and_images(tmp_path: Path):
    row = 'image_path,text,label\nimages/{}.jpg,"a, b\nc",positive\n'
    root = write(tmp_path, {f"{split}/annotations.csv": row.format(split) for split in ("train", "val", "test")})
    found = posts(pairs.read(root))
    assert [(post.source_id, post.official_split) for post in found] == [
        (f"{s}-{s}", s) for s in ("train", "val", "test")
    ]
    assert found[0].text == InlineText("a, b\nc", "utf-8")
    assert found[0].images[0][0] == "train/images/train.jpg"
    assert [post.line for post in found] == [2, 2, 2]


@pytest.mark.parametrize("row", ["0001,images/x.jpg,text,positive", ",images/0001.jpg,text,positive"])
def test_ids_may_begin_anew_in_each_split_folder(tmp_path: Path, row: str):
    table = f"id,image_path,text,label\n{row}\n"
    root = write(tmp_path, {f"{split}/annotations.csv": table for split in ("train", "valid", "test")})
    assert [post.source_id for post in posts(pairs.read(root))] == ["train-0001", "valid-0001", "test-0001"]
    assert reasons(pairs.read(root)) == []


def test_within_a_split_folder_an_id_counts_once_and_an_empty_one_is_none(tmp_path: Path):
    rows = "".join(f"{source_id},x/,text,positive\n" for source_id in ("1", "1", "../1"))
    root = write(tmp_path, {"train/annotations.csv": f"id,image_path,text,label\n{rows},,text,positive\n"})
    assert reasons(pairs.read(root)) == [(3, "duplicated-id"), (4, "unsafe-id"), (5, "unsafe-id")]


def test_a_table_may_name_its_ids_and_stand_alone(tmp_path: Path):
    root = write(tmp_path, {"annotations.csv": "id,image_path,text,label\n77,x.png,text,neutral\n"})
    (post,) = posts(pairs.read(root))
    assert (post.source_id, post.official_split) == ("77", None)
    assert post.images == (("x.png", "images/x.png"),)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("images/2.jpg,text", "too-few-columns"),
        ("images/2.jpg,text,positive,more", "too-many-columns"),
        ("../../2.jpg,text,positive", "unsafe-path"),
        ("/etc/2.jpg,text,positive", "unsafe-path"),
        ("images/2.jpg,text,glad", "unknown-label"),
    ],
)
def test_a_bad_row_of_a_table_is_refused_by_name(tmp_path: Path, row: str, reason: str):
    root = write(tmp_path, {"annotations.csv": f"image_path,text,label\nimages/1.jpg,text,positive\n{row}\n"})
    assert reasons(pairs.read(root)) == [(3, reason)]


def test_a_table_without_a_column_says_which(tmp_path: Path):
    root = write(tmp_path, {"annotations.csv": "image,text,label\n"})
    with pytest.raises(DumpError, match="No column 'image_path'"):
        list(pairs.read(root))


def test_no_or_several_label_files_are_an_error_that_lists_them(tmp_path: Path):
    with pytest.raises(DumpError, match=r"annotations\.csv.*found none"):
        list(pairs.read(tmp_path))
    write(tmp_path, {"a.txt": "", "b.txt": ""})
    with pytest.raises(DumpError, match=r"found a\.txt, b\.txt"):
        list(pairs.read(tmp_path))
