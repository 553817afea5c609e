"""What a person at the prompt sees: tables, files, errors in one line, exit codes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.cli import main
from tests.warehouse.conftest import a_post
from warehouse import Store

Done = subprocess.CompletedProcess[str]


def msa(*words: str, store: Path) -> Done:
    environment = os.environ | {"MSA_STORE": str(store)}
    program = [sys.executable, "-c", "from flows.cli import main; main()", *words]
    return subprocess.run(program, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    made = Store.init(tmp_path / "store")
    run = made.begin("ingest", parameters={"source": "mvsa"}, inputs=[], version=1)
    assert run is not None
    with run:
        run.write("posts", [a_post("1"), a_post("=cmd()")])
        run.count("held", 2)
    return made.places.root


def test_as_a_module_it_is_the_same_program():
    """What `accelerate launch -m flows.cli` and `torchrun -m flows.cli` start."""
    done = subprocess.run([sys.executable, "-m", "flows.cli", "--help"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Usage: msa" in done.stdout
    assert "Train a model" in done.stdout


def test_in_a_pipe_an_answer_is_plain_lines_that_nothing_cuts(store: Path):
    long = "x" * 500
    out = msa("sql", f"select '{long}' as wide, 'a\tb\nc' as odd, null as nothing", store=store).stdout
    assert out == f"wide\todd\tnothing\n{long}\ta b c\t\n"


def test_in_a_pipe_no_number_is_rounded(store: Path):
    assert msa("sql", "select 1234567.5::double as x, 1 / 3 as y", store=store).stdout == f"x\ty\n1234567.5\t{1 / 3}\n"


def test_json_keeps_numbers_numbers_and_maps_objects(store: Path):
    asked = (
        "select sum(1100) * 2 as s, 0.5 as half, map {'a': 0.25, 'b': 2.0} as m, 'nan'::double as n, "
        "[1.5, 'inf'::double] as l, {'at': date '2026-01-02', 'yes': true} as o, 'ab'::blob as b"
    )
    out = msa("sql", asked, "--format", "json", store=store).stdout
    assert json.loads(out, parse_constant=pytest.fail) == {
        "s": 2200, "half": 0.5, "m": {"a": 0.25, "b": 2.0}, "n": None, "l": [1.5, None],
        "o": {"at": "2026-01-02", "yes": True}, "b": "6162",
    }  # fmt: skip


def test_json_has_one_object_a_line(store: Path):
    out = msa("sql", "select post_id, n_images from posts order by post_id", "--format", "json", store=store).stdout
    assert [json.loads(line)["post_id"] for line in out.splitlines()] == ["mvsa:1", "mvsa:=cmd()"]


CELLS = "select * from (values (1, '@user you'), (2, '=cmd()'), (3, '-1'), (-4, '+1.5e3'), (5, '-bad')) t(n, said)"


def test_a_csv_holds_every_text_exactly(store: Path):
    out = msa("sql", CELLS, "--format", "csv", store=store).stdout
    assert out.splitlines() == ["n,said", "1,@user you", "2,=cmd()", "3,-1", "-4,+1.5e3", "5,-bad"]


def test_safe_cells_defuse_what_a_spreadsheet_would_run_and_no_number(store: Path):
    out = msa("sql", CELLS, "--format", "csv", "--safe-cells", store=store).stdout
    assert out.splitlines() == ["n,said", "1,'@user you", "2,'=cmd()", "3,-1", "-4,+1.5e3", "5,'-bad"]


def test_parquet_goes_to_a_file(store: Path, tmp_path: Path):
    path = tmp_path / "answer.parquet"
    assert msa("sql", "from posts", "--format", "parquet", "--output", str(path), store=store).returncode == 0
    assert pq.read_table(path).num_rows == 2
    assert msa("sql", "from posts", "--format", "parquet", store=store).returncode == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("sql", "from nothing"), "nothing does not exist"),
        (("sql", "drop view posts"), "read-only"),
        (("sql", ""), "no questions: ask one at a time"),
        (("sql", "select 1; select 2"), "2 questions: ask one at a time"),
        (("sql", "select 1 as a, 2 as a", "--format", "json"), "Two columns are called a"),
        (("sql", "copy posts to 'posts.csv'"), "read-only"),
        (("sql", "from posts", "--format", "csv", "--output", "no/such/folder/x.csv"), "no/such/folder"),
        (("init", "--label-policy", "loose"), "literature, strict"),
        (("nonsense",), "No such command 'nonsense'"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_2(store: Path, words: tuple[str, ...], said: str):
    done = msa(*words, store=store)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_no_store_says_how_to_make_one(tmp_path: Path):
    done = msa("audit", store=tmp_path / "none")
    assert done.returncode == 2
    assert "msa init --store" in done.stderr


def test_an_audit_that_finds_something_exits_1_and_names_it(store: Path):
    opened = Store.open(store)
    run = opened.begin("mine", parameters={}, inputs=[], version=1)
    assert run is not None
    with run:
        run.write("rejects", [])
        run.count("nothing", 0)
    assert msa("audit", store=store).returncode == 0
    run = opened.begin("ingest", parameters={"source": "other"}, inputs=[], version=1)
    assert run is not None
    with run:
        run.count("held", 1)
    done = msa("audit", store=store)
    assert done.returncode == 1
    assert "n_held = n_posts + n_known + n_refused" in done.stdout


def test_init_twice_changes_nothing(store: Path):
    before = sorted(path for path in (store / "facts").rglob("*.parquet"))
    assert msa("init", store=store).returncode == 0
    assert sorted(path for path in (store / "facts").rglob("*.parquet")) == before


def test_compact_and_gc_say_what_they_did(store: Path):
    assert "2 runs merged" in msa("compact", store=store).stdout
    assert "would free" in msa("gc", "--dry-run", "--older-than-hours", "0", store=store).stdout
    assert "another run replaces it" in msa("gc", "--older-than-hours", "0", store=store).stdout
    assert "nothing to do" in msa("compact", store=store).stdout
    assert msa("sql", "select count(*) as n from posts", store=store).stdout == "n\n2\n"


@pytest.mark.parametrize("words", [["init", "--store"], ["sample-dump"]])
def test_a_place_that_cannot_be_is_a_line_that_says_what_to_do(words: list[str], capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stop:
        main([*words, "/dev/null/place"])
    assert stop.value.code == 2
    assert "Not a directory. Name another place" in capsys.readouterr().err
