"""People's own data: CSV, TSV, JSONL, Parquet."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from msa_core.dumps import Columns, table
from msa_core.dumps.checks import Space, checked, space_of
from msa_core.dumps.row import Answer, InlineText, RawPost, RefusedRow, Rows
from msa_core.errors import DumpError, TaskError
from tests.msa_core.dump_files import posts, write

OWN = Columns(id="nr", text="words", images=("front", "back"), label="mood")
ROWS = [
    {"nr": "a", "words": "hello", "front": "a1.jpg", "back": "a2.jpg", "mood": "happy"},
    {"nr": "b", "words": "bye, then", "front": "b1.jpg", "back": None, "mood": None},
]


def delimited(root: Path, name: str, between: str) -> Path:
    lines = [OWN.named, *([f'"{value or ""}"' for value in row.values()] for row in ROWS)]
    return write(root, {name: "".join(between.join(line) + "\r\n" for line in lines)})


def tables(root: Path) -> dict[str, Path]:
    made = {
        "csv": delimited(root / "csv", "mine.csv", ","),
        "tsv": delimited(root / "tsv", "mine.tsv", "\t"),
        "jsonl": write(root / "jsonl", {"mine.jsonl": "".join(json.dumps(row) + "\n" for row in ROWS)}),
        "parquet": write(root / "parquet", {}),
    }
    made["parquet"].mkdir()
    pq.write_table(pa.Table.from_pylist(ROWS), made["parquet"] / "mine.parquet")
    return made


@pytest.mark.parametrize("kind", ["csv", "tsv", "jsonl", "parquet"])
def test_every_kind_of_table_says_the_same(tmp_path: Path, kind: str):
    one, other = posts(table.read(tables(tmp_path)[kind], columns=OWN))
    assert (one.source_id, one.text, one.images) == ("a", InlineText("hello", "utf-8"), (("a1.jpg",), ("a2.jpg",)))
    assert one.answers == (Answer("table", "both", "happy"),)
    assert (other.text, other.images, other.answers) == (InlineText("bye, then", "utf-8"), (("b1.jpg",),), ())
    assert not other.is_official_unlabelled


def read_jsonl(root: Path, *rows: object) -> Rows:
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    return table.read(write(root, {"mine.jsonl": "\n".join(lines)}), columns=Columns())


def test_several_images_are_a_list_or_stand_between_semicolons(tmp_path: Path):
    one, other = posts(
        read_jsonl(
            tmp_path,
            {"id": 1, "text": "a", "image": ["x.jpg", "y;z.jpg"], "label": "l"},
            {"id": 2, "text": "a", "image": "x.jpg; y.jpg", "label": "l"},
        )
    )
    assert one.images == (("x.jpg",), ("y;z.jpg",))
    assert other.images == (("x.jpg",), ("y.jpg",))


def test_numbers_of_a_column_with_gaps_are_spelled_as_whole(tmp_path: Path):
    one, other = posts(
        read_jsonl(tmp_path, {"id": 7.0, "text": "a", "label": 1.0}, {"id": 8, "text": "a", "label": float("nan")})
    )
    assert (one.source_id, one.answers[0].label) == ("7", "1")
    assert other.answers == ()


TIMED = Columns(images=(), split="part", time="at")
NOON = datetime(2018, 10, 10, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "expected"),
    [("train", "train"), ("VALID", "val"), ("dev", "val"), (" test ", "test"), ("", None), (None, None)],
)
def test_a_split_has_its_usual_names(tmp_path: Path, said: str | None, expected: str | None):
    root = write(tmp_path, {"m.jsonl": json.dumps({"id": 1, "text": "a", "label": "l", "part": said})})
    (post,) = posts(table.read(root, columns=TIMED))
    assert (post.official_split, post.is_official_unlabelled) == (expected, False)


def test_a_test_post_without_a_label_is_one_whose_label_is_withheld(tmp_path: Path):
    rows = [{"id": part, "text": "a", "part": part} for part in ("train", "test")]
    root = write(tmp_path, {"m.jsonl": "\n".join(map(json.dumps, rows))})
    assert [post.is_official_unlabelled for post in posts(table.read(root, columns=TIMED))] == [False, True]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2018-10-10T12:00:00Z", NOON),
        ("2018-10-10 14:00:00+02:00", NOON),
        ("2018-10-10 12:00", NOON),
        (NOON.timestamp(), NOON),
        (int(NOON.timestamp()), NOON),
        (str(int(NOON.timestamp())), NOON),
        ("2018-10-10", NOON.replace(hour=0)),
        (" ", None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_a_time_is_iso_or_seconds_and_utc_where_no_zone_is_named(tmp_path: Path, said: object, expected: object):
    root = write(tmp_path, {"m.jsonl": json.dumps({"id": 1, "text": "a", "at": said})})
    assert [post.published_at for post in posts(table.read(root, columns=TIMED))] == [expected]


@pytest.mark.parametrize(
    "kind", [pa.timestamp("ns"), pa.timestamp("s", "Europe/Berlin"), pa.timestamp("us"), pa.date64()]
)
def test_times_of_parquet_are_read_in_any_unit(tmp_path: Path, kind: pa.DataType):
    at = pa.array(
        [NOON.replace(tzinfo=None)], pa.timestamp("us", "UTC" if pa.types.is_timestamp(kind) and kind.tz else None)
    )
    made = pa.table({"id": ["1"], "text": ["a"], "label": ["l"], "part": ["train"], "at": at.cast(kind, safe=False)})
    pq.write_table(made, tmp_path / "m.parquet")
    (post,) = posts(table.read(tmp_path, columns=TIMED))
    assert post.published_at is not None
    assert post.published_at.date() == NOON.date()
    assert pa.types.is_date(kind) or post.published_at == NOON


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"part": "trian"}, "part is 'trian', not one of train"),
        ({"part": ["train"]}, "part is list"),
        ({"at": "yesterday"}, "at is 'yesterday', neither ISO 8601 nor seconds"),
        ({"at": 1e30}, "at is 1e+30"),
        ({"at": True}, "at is True"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "at is '0001"),
        ({"at": [1]}, r"at is [1]"),
    ],
)
def test_a_bad_split_or_time_refuses_the_row_and_says_what_it_is(tmp_path: Path, cells: dict[str, object], said: str):
    root = write(tmp_path, {"m.jsonl": json.dumps({"id": 1, "text": "a"} | cells)})
    (refused,) = table.read(root, columns=TIMED)
    assert isinstance(refused, RefusedRow)
    assert (refused.reason, refused.source_id) == ("malformed-row", "1")
    assert (refused.detail or "").startswith(said)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"text": "a"}, "too-few-columns"),
        ({"id": [1], "text": "a"}, "malformed-row"),
        ({"id": 2, "text": {"a": 1}}, "malformed-row"),
        ({"id": 2, "text": "a", "image": {"bytes": "x"}}, "malformed-row"),
        ({"id": 2, "text": "a", "image": [1]}, "malformed-row"),
        ({"id": 2, "text": "a", "label": [1]}, "malformed-row"),
        ("{", "malformed-row"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused(tmp_path: Path, row: object, reason: str):
    good, bad = read_jsonl(tmp_path, {"id": 1, "text": "a"}, row)
    assert isinstance(good, RawPost)
    assert isinstance(bad, RefusedRow)
    assert (bad.line, bad.reason) == (2, reason)


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_missing_column_is_an_error_that_lists_those_there_are(tmp_path: Path, kind: str):
    with pytest.raises(DumpError, match=r"No column 'text'.*nr, words, front, back, mood"):
        list(table.read(tables(tmp_path)[kind], columns=Columns(id="nr")))


def test_a_folder_must_hold_one_table_unless_one_is_named(tmp_path: Path):
    with pytest.raises(DumpError, match="must hold one table"):
        list(table.read(tmp_path, columns=Columns()))
    write(tmp_path, {"a.csv": "id\n1\n", "b.csv": "id\n2\n"})
    bare = Columns(text=None, images=(), label=None)
    with pytest.raises(DumpError, match=r"found a\.csv, b\.csv"):
        list(table.read(tmp_path, columns=bare))
    assert [post.source_id for post in posts(table.read(tmp_path, columns=bare, file="b.csv"))] == ["2"]


def test_a_broken_parquet_is_an_error(tmp_path: Path):
    with pytest.raises(DumpError, match="no Parquet"):
        list(table.read(write(tmp_path, {"m.parquet": b"PAR1 not really PAR1"}), columns=Columns()))


def test_a_row_of_parquet_that_python_cannot_hold_is_refused_alone(tmp_path: Path):
    offsets = pa.array([0, 1, 2], pa.int32()).buffers()[1]
    bad_text = pa.StringArray.from_buffers(2, offsets, pa.py_buffer(b"a\xff"))
    bad_time = pa.array([0, 2**62], pa.timestamp("us"))
    for number, column in enumerate((bad_text, bad_time)):
        path = tmp_path / str(number) / "m.parquet"
        path.parent.mkdir()
        plain = {"id": ["1", "2"], "text": ["a", "b"], "label": ["l", "l"], "part": ["train", "train"]}
        pq.write_table(pa.table(plain | {"at": pa.array([None, None]), ("text", "at")[number]: column}), path)
        good, bad = table.read(path.parent, columns=TIMED)
        assert isinstance(good, RawPost)
        assert isinstance(bad, RefusedRow)
        assert (bad.line, bad.reason) == (2, ("undecodable-text", "malformed-row")[number])


def test_a_time_zone_that_nobody_knows_refuses_the_rows(tmp_path: Path):
    made = {"id": ["1"], "text": ["a"], "label": ["l"], "part": ["train"]}
    pq.write_table(pa.table(made | {"at": pa.array([0], pa.timestamp("us", "Nowhere/None"))}), tmp_path / "m.parquet")
    (bad,) = table.read(tmp_path, columns=TIMED)
    assert isinstance(bad, RefusedRow)
    assert "Nowhere/None" in (bad.detail or "")


def test_damaged_pages_are_an_error(tmp_path: Path):
    rows = {"id": [str(n) for n in range(5000)], "text": ["words"] * 5000}
    pq.write_table(pa.table(rows), tmp_path / "m.parquet")
    data = bytearray((tmp_path / "m.parquet").read_bytes())
    data[4:400] = bytes(396)
    (tmp_path / "m.parquet").write_bytes(data)
    with pytest.raises(DumpError, match=r"m\.parquet is no Parquet that can be read"):
        list(table.read(tmp_path, columns=Columns(images=(), label=None)))


@pytest.mark.parametrize(("name", "between"), [("m.csv", ","), ("m.tsv", "\t")])
def test_a_column_that_stands_twice_is_an_error(tmp_path: Path, name: str, between: str):
    root = write(tmp_path, {name: between.join(("id", "text", "text")) + "\n"})
    with pytest.raises(DumpError, match="several columns 'text'"):
        list(table.read(root, columns=Columns(images=(), label=None)))


def labelled(label: str, space: Space) -> list[Answer | str]:
    rows = iter([RawPost("1", "m.csv", 2, None, (), (Answer("table", "both", label),))])
    return [row.answers[0] if isinstance(row, RawPost) else str(row.reason) for row in checked(rows, space)]


def test_a_task_of_ones_own_takes_the_labels_that_it_names_or_any():
    assert labelled("Happy", space_of("mood", ("happy", "sad"))) == [Answer("table", "both", "happy")]
    assert labelled("glad", space_of("mood", ("happy", "sad"))) == ["unknown-label"]
    assert labelled("Glad", space_of("mood")) == [Answer("table", "both", "Glad")]


def test_a_regressions_labels_are_scores_in_its_range():
    assert labelled("-1.5", space_of("sentiment-score")) == [Answer("table", "both", None, -1.5)]
    for outside in ("3.5", "nan", "inf", "good"):
        assert labelled(outside, space_of("sentiment-score")) == ["unknown-label"]


def test_a_known_task_keeps_its_labels():
    with pytest.raises(TaskError, match="negative, neutral, positive"):
        space_of("sentiment", ("good", "bad"))
    assert space_of("sentiment", ("positive", "neutral", "negative")).labels == ("negative", "neutral", "positive")
