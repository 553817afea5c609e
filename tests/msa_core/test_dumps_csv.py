"""CSV and TSV: fields that span lines, mixed encodings, and quotes that nobody closes."""

from pathlib import Path

import pytest

from msa_core.dumps import Columns, table
from msa_core.dumps.row import InlineText, RawPost, RefusedRow
from tests.msa_core.dump_files import posts, write

BARE = Columns(images=(), label=None)
N = 2000


def test_a_quoted_field_may_span_lines_and_the_row_is_its_first(tmp_path: Path):
    root = write(tmp_path, {"m.csv": 'id,text,image,label\n1,"two\n\nlines",x.jpg,l\n2,b,,\n'})
    one, other = posts(table.read(root, columns=Columns()))
    assert (one.line, one.text) == (2, InlineText("two\n\nlines", "utf-8"))
    assert (other.line, other.images) == (5, ())


def test_rows_of_one_csv_may_differ_in_encoding(tmp_path: Path):
    root = write(tmp_path, {"m.csv": b"\xef\xbb\xbfid,text\n1,caf\xe9 x\n2,ok\n3,\x81 x\n"})
    one, other, bad = table.read(root, columns=BARE)
    assert isinstance(one, RawPost)
    assert isinstance(other, RawPost)
    assert (one.text, other.text) == (InlineText("café x", "cp1252"), InlineText("ok", "utf-8"))
    assert isinstance(bad, RefusedRow)
    assert (bad.line, bad.reason) == (4, "undecodable-text")


@pytest.mark.parametrize(("name", "between"), [("m.csv", ","), ("m.tsv", "\t")])
@pytest.mark.parametrize(
    ("strays", "refused"),
    [
        ({2: '"never closed'}, [2]),
        ({2: '"never closed', 1500: '"she said" again'}, [2, 1500]),
        ({2: '"never closed', 3: '""', 1500: '"quoted"', 1990: '"nor this'}, [2, 1990]),
        ({N - 1: '"opened by the last row'}, [N - 1]),
        ({0: 'a"', 7: '"her" words', 8: '12"'}, [7]),
    ],
)
def test_a_stray_quote_refuses_its_own_row_and_no_other(
    tmp_path: Path, name: str, between: str, strays: dict[int, str], refused: list[int]
):
    lines = [f"{place}{between}{strays.get(place, 'x' * 100)}\n" for place in range(N)]
    found = list(table.read(write(tmp_path, {name: f"id{between}text\n" + "".join(lines)}), columns=BARE))
    assert [row.line - 2 for row in found] == list(range(N)), "rows held are lines"
    bad = [row for row in found if isinstance(row, RefusedRow)]
    assert [(row.line - 2, row.reason) for row in bad] == [(place, "malformed-row") for place in refused]
    assert all((row.detail or "").endswith('a " within is doubled') for row in bad)


def test_rows_of_several_lines_are_whole_after_a_stray_quote(tmp_path: Path):
    rows = ['1,"stray', '2,"two\nlines"', '3,"a ""b"", c"', '4,"stray, too', '5,"x\n\ny"', "6,z"]
    found = list(table.read(write(tmp_path, {"m.csv": "\n".join(["id,text", *rows])}), columns=BARE))
    texts = {row.line: row.text for row in found if isinstance(row, RawPost)}
    told = {3: "two\nlines", 5: 'a "b", c', 7: "x\n\ny", 10: "z"}
    assert texts == {line: InlineText(text, "utf-8") for line, text in told.items()}
    assert [row.line for row in found if isinstance(row, RefusedRow)] == [2, 6]


def test_a_file_in_which_no_field_ever_ends_is_read_as_fast_as_another(tmp_path: Path):
    """Were all that follows read again for each row, this would take hours."""
    root = write(tmp_path, {"m.csv": "id,text\n" + 'a","b\n' * 50_000})
    found = list(table.read(root, columns=BARE))
    assert [row.line for row in found if isinstance(row, RefusedRow)] == [*range(2, 50_002)]
