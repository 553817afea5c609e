"""MVSA-Single, MVSA-Multiple, and the course set over the same files."""

from pathlib import Path

import pytest

from msa_core.dumps import course, mvsa_multiple, mvsa_single
from msa_core.dumps.row import Answer, TextFile
from msa_core.errors import DumpError
from tests.msa_core.dump_files import NO_SHARED, SHARED, posts, reasons, write

HEADER = "ID\ttext,image\r\n"
HEADER_OF_THREE = "ID\ttext,image\ttext,image\ttext,image\r\n"
real = pytest.mark.skipif(not SHARED.is_dir(), reason=NO_SHARED)


def single(root: Path, rows: str, header: str = HEADER) -> Path:
    return write(root, {"labelResultAll.txt": header + rows})


def test_a_row_names_its_files_and_its_two_labels(tmp_path: Path):
    (post,) = posts(mvsa_single.read(single(tmp_path, "1\tpositive,neutral\r\n")))
    assert (post.source_id, post.path, post.line) == ("1", "labelResultAll.txt", 2)
    assert (post.text, post.images) == (TextFile(("data/1.txt",)), (("data/1.jpg",),))
    assert post.answers == (Answer("mvsa", "text", "positive"), Answer("mvsa", "image", "neutral"))
    assert (post.official_split, post.is_official_unlabelled) == (None, False)


def test_three_annotators_are_told_apart(tmp_path: Path):
    rows = "7\tpositive,neutral\tneutral,neutral\tnegative,positive\r\n"
    (post,) = posts(mvsa_multiple.read(single(tmp_path, rows, HEADER_OF_THREE)))
    said = [(answer.annotator, answer.modality, answer.label) for answer in post.answers]
    assert said == [
        ("mvsa-1", "text", "positive"),
        ("mvsa-1", "image", "neutral"),
        ("mvsa-2", "text", "neutral"),
        ("mvsa-2", "image", "neutral"),
        ("mvsa-3", "text", "negative"),
        ("mvsa-3", "image", "positive"),
    ]


def test_a_dump_without_a_header_loses_no_row(tmp_path: Path):
    assert len(posts(mvsa_single.read(single(tmp_path, "1\tpositive,neutral\n2\tpositive,neutral", "")))) == 2


def test_blank_lines_hold_no_row(tmp_path: Path):
    assert [post.line for post in posts(mvsa_single.read(single(tmp_path, "\r\n1\tpositive,neutral\r\n \r\n")))] == [3]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("3", "too-few-columns"),
        ("3\tpositive", "too-few-columns"),
        ("3\tpositive,neutral,negative", "too-many-columns"),
        ("3\tpositive,neutral\tpositive,neutral", "too-many-columns"),
        ("3\tpositive,cheerful", "unknown-label"),
        ("3\tpositive,", "unknown-label"),
        ("1\tpositive,neutral", "duplicated-id"),
        ("../../etc/passwd\tpositive,neutral", "unsafe-id"),
        ("..\tpositive,neutral", "unsafe-id"),
        ("a\\b\tpositive,neutral", "unsafe-id"),
        ("/etc/passwd\tpositive,neutral", "unsafe-id"),
        ("\tpositive,neutral", "unsafe-id"),
        ("x" * 201 + "\tpositive,neutral", "unsafe-id"),
        ("a\x1bb\tpositive,neutral", "unsafe-id"),
    ],
)
def test_a_bad_row_is_refused_by_name_and_its_neighbours_stay(tmp_path: Path, row: str, reason: str):
    root = single(tmp_path, f"1\tpositive,neutral\r\n{row}\r\n2\tneutral,neutral\r\n")
    assert reasons(mvsa_single.read(root)) == [(3, reason)]


def test_a_row_that_no_codec_reads_is_refused(tmp_path: Path):
    write(tmp_path, {"labelResultAll.txt": HEADER.encode() + b"1\tpos\x81 itive,neutral\r\n2\tneutral,neutral"})
    assert reasons(mvsa_single.read(tmp_path)) == [(2, "undecodable-text")]


def test_a_row_without_an_end_does_not_fill_the_memory(tmp_path: Path):
    root = single(tmp_path, "1\t" + "x" * 3_000_000 + "\r\n2\tneutral,neutral\r\n")
    assert reasons(mvsa_single.read(root)) == [(2, "malformed-row")]


def test_labels_may_be_spelled_with_capitals(tmp_path: Path):
    assert reasons(mvsa_single.read(single(tmp_path, "1\tPositive, NEUTRAL\r\n"))) == []


@pytest.mark.parametrize(
    ("read", "header", "other"),
    [(mvsa_single.read, HEADER_OF_THREE, "mvsa-multiple"), (mvsa_multiple.read, HEADER, "mvsa-single")],
)
def test_the_other_mvsa_is_told_from_its_header(tmp_path: Path, read, header: str, other: str):
    with pytest.raises(DumpError, match=f"Ingest it as {other}"):
        list(read(single(tmp_path, "", header)))


@pytest.mark.parametrize("read", [mvsa_single.read, mvsa_multiple.read])
def test_a_folder_without_labels_says_what_was_looked_for(tmp_path: Path, read):
    with pytest.raises(DumpError, match=r"looked for labelResultAll\.txt"):
        list(read(tmp_path))


def test_the_course_set_trains_on_labels_and_withholds_those_of_its_test(tmp_path: Path):
    files = {"train.txt": "guid,tag\n5,positive\n", "test_without_label.txt": "guid,tag\n6,null\n"}
    train, test = posts(course.read(write(tmp_path, files)))
    assert train.answers == (Answer("course", "both", "positive"),)
    assert (train.official_split, train.is_official_unlabelled) == (None, False)
    assert test.answers == ()
    assert (test.official_split, test.is_official_unlabelled) == ("test", True)
    assert (test.text, test.images) == (TextFile(("data/6.txt",)), (("data/6.jpg",),))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("5", "too-few-columns"),
        ("5,positive,x", "too-many-columns"),
        ("5,null", "unknown-label"),
        ("4,positive", "duplicated-id"),
    ],
)
def test_a_bad_row_of_the_course_set_is_refused_by_name(tmp_path: Path, row: str, reason: str):
    root = write(tmp_path, {"train.txt": f"guid,tag\n4,negative\n{row}\n"})
    assert reasons(course.read(root)) == [(3, reason)]


def test_a_post_of_the_course_test_that_stands_in_train_counts_once(tmp_path: Path):
    files = {"train.txt": "guid,tag\n5,positive\n", "test_without_label.txt": "guid,tag\n5,null\n"}
    assert reasons(course.read(write(tmp_path, files))) == [(2, "duplicated-id")]


def test_a_refused_row_of_the_course_train_leaves_its_id_to_the_test(tmp_path: Path):
    files = {"train.txt": "guid,tag\n5,glad\n", "test_without_label.txt": "guid,tag\n5,null\n"}
    assert reasons(course.read(write(tmp_path, files))) == [(2, "unknown-label")]


def test_a_course_folder_without_labels_says_what_was_looked_for(tmp_path: Path):
    with pytest.raises(DumpError, match=r"looked for train\.txt, test_without_label\.txt"):
        list(course.read(tmp_path))


@real
def test_the_real_rows_are_all_understood():
    assert len(posts(mvsa_single.read(SHARED / "mvsa_single"))) == 1205
    assert len(posts(mvsa_multiple.read(SHARED / "mvsa_multiple"))) == 19_600
    found = posts(course.read(SHARED / "mvsa_single"))
    assert (len(found), sum(post.is_official_unlabelled for post in found)) == (1108, 137)
