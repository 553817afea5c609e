"""`msa ingest` as people type it, and the real dumps with the published counts."""

import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import main
from flows.ingest import ingest
from tests.msa_core.dump_files import NO_SHARED, SHARED, mvsa, write
from warehouse import Store

real = pytest.mark.skipif(not SHARED.is_dir(), reason=NO_SHARED)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return Store.init(tmp_path / "store").places.root


def msa(*words: str | Path, store: Path) -> int:
    """The exit code of `msa ingest …`."""
    try:
        main(["ingest", *map(str, words), "--store", str(store)])
    except SystemExit as stopped:
        return int(stopped.code or 0)
    return 0


def test_rejects_are_counted_by_reason_and_are_no_failure(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    dump = mvsa(tmp_path / "dump", {"1": "positive,neutral", "2": "positive,glad", "3": "neutral,neutral"})
    write(dump, {"data/3.jpg": b""})
    assert msa("mvsa-single", dump, "--source", "mvsa", store=root) == 0
    out = capsys.readouterr().out
    assert "3 rows = 1 new + 0 known + 2 refused" in out
    assert "unknown-label\t1\t" in out
    assert "empty-image\t1\tthe image file has no bytes" in out


def test_the_second_time_says_that_there_is_nothing_to_do(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    dump = mvsa(tmp_path / "dump", {"1": "positive,neutral"})
    for _ in range(2):
        assert msa("mvsa-single", dump, "--source", "mvsa", store=root) == 0
    assert "nothing to do" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("mvsa-single", "absent", "--source", "s"), "No dump at absent"),
        (("mvsa-single", ".", "--source", "s"), "looked for labelResultAll.txt"),
        (("mvsa-triple", ".", "--source", "s"), "Formats: mvsa-single"),
        (("table", ".", "--source", "s"), "--task"),
        (("course", ".", "--source", "s", "--task", "hate"), "course is always sentiment"),
        (("course", ".", "--source", "s", "--allow-missing", "video"), "not 'video'"),
    ],
)
def test_a_mistake_exits_with_2_and_says_what_was_looked_for(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    said: str,
):
    monkeypatch.chdir(write(tmp_path / "empty", {"nothing": ""}))
    assert msa(*words, store=root) == 2
    assert said in capsys.readouterr().err


def test_columns_of_a_table_are_named_on_the_command_line(root: Path, tmp_path: Path):
    table = write(tmp_path, {"mine.csv": "nr,words,mood\n1,hello,glad\n2,bye,\n"}) / "mine.csv"
    columns = ("--id-column", "nr", "--text-column", "words", "--image-column", "", "--label-column", "mood")
    options = ("--task", "mood", "--labels", "glad,sad", "--allow-missing", "image")
    assert msa("table", table, "--source", "own", *columns, *options, store=root) == 0
    with Store.open(root).moment() as moment:
        assert moment.table("select text from posts order by 1")["text"].to_pylist() == ["bye", "hello"]
        assert moment.value("select label from labels") == "glad"


def test_a_table_may_name_its_splits_and_times(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rows = "1,hello,train,2018-10-10T12:00:00Z\n2,bye,test,\n3,well,tset,\n4,so,val,soon\n"
    table = write(tmp_path, {"mine.csv": f"id,text,part,at\n{rows}"}) / "mine.csv"
    columns = ("--image-column", "", "--label-column", "", "--split-column", "part", "--time-column", "at")
    options = ("--task", "mood", "--allow-missing", "image")
    assert msa("table", table, "--source", "own", *columns, *options, store=root) == 0
    assert "malformed-row\t2\t" in capsys.readouterr().out
    with Store.open(root).moment() as moment:
        found = moment.table(
            "select official_split, is_official_unlabelled, epoch(published_at) as at from posts order by 1"
        )
    assert [tuple(row.values()) for row in found.to_pylist()] == [("test", True, None), ("train", False, 1539172800)]


def test_help_is_fast_because_it_imports_no_model(tmp_path: Path):
    script = (
        "import sys; from flows.cli import main\ntry: main(['ingest', '--help'])\nexcept SystemExit: pass\n"
        "assert not {'torch', 'transformers', 'prefect', 'sklearn'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def counts(store: Store, source: str, policy: str) -> list[int]:
    """Positive or sarcastic first."""
    with store.moment() as moment:
        sql = "select count(*) as n from policy_labels where source = $source and label_policy = $policy group by label"
        found = moment.table(f"{sql} order by label desc", source=source, policy=policy)
        return found["n"].to_pylist()


@real
def test_the_real_mvsa_single_has_the_published_labels(root: Path):
    store = Store.open(root)
    done = ingest(store, format="mvsa-single", path=SHARED / "mvsa_single", source="mvsa")
    assert (done.n_posts, done.n_images, done.n_rejects) == (1205, 1201, 0)
    assert counts(store, "mvsa", "literature") == [664, 115, 329]
    assert counts(store, "mvsa", "strict") == [362, 115, 184]


@real
def test_the_real_sarcasm_set_has_the_published_labels(root: Path):
    store = Store.open(root)
    done = ingest(store, format="hfm", path=SHARED / "hfm", source="hfm", allow_missing=("image",))
    assert (done.n_posts, done.rejects) == (24_635, (("word-filter", 9_224),))
    with store.moment() as moment:
        sql = "select official_split, label, count(*) as n from labels join posts using (post_id) group by all"
        found = {(row["official_split"], row["label"]): row["n"] for row in moment.table(sql).to_pylist()}
    assert found == {
        ("train", "not-sarcastic"): 11_174,
        ("train", "sarcastic"): 8_642,
        ("val", "not-sarcastic"): 1_451,
        ("val", "sarcastic"): 959,
        ("test", "not-sarcastic"): 1_450,
        ("test", "sarcastic"): 959,
    }
