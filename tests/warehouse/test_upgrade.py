"""Stores of earlier versions: said to be old, brought up to date by `msa init`, every fact kept; newer ones refused.

An archive of `older_stores/` holds a store as the code of its time wrote it (30 posts, split, trained, scored, mined,
one caption; weights left out) and the dump that it was made of.
"""

import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.cli import main
from msa_core.records import Caption
from warehouse import Store, StoreError
from warehouse.audit import audit
from warehouse.compaction import compact
from warehouse.errors import OtherVersion
from warehouse.places import SEED
from warehouse.sweep import leftovers, sweep

OLDER = Path(__file__).parent / "older_stores"
AT_FIRST = {"posts": 30, "annotations": 60, "images": 30, "rejects": 12, "models": 1, "predictions": 30, "captions": 1}


@pytest.fixture(scope="module", params=["before-reviews", "before-captions"])
def old(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an old store and its dump; the tests of a store are in their order, from old to new."""
    folder = tmp_path_factory.mktemp(request.param)
    with tarfile.open(OLDER / f"{request.param}.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    return folder


def counts(store: Store) -> dict[str, int]:
    with store.moment() as moment:
        return {table: moment.value(f"select count(*) from facts.{table}") for table in AT_FIRST}


def test_an_old_store_says_how_it_is_brought_up_to_date(old: Path):
    with pytest.raises(OtherVersion, match=r"older msa-loop: it lacks .*msa init --store"):
        Store.open(old / "store")


def test_init_brings_it_up_to_date_and_keeps_every_fact(old: Path):
    store = Store.init(old / "store")
    assert counts(store) == AT_FIRST
    with store.moment() as moment:
        broken = {(each.relation, each.promise) for each in audit(moment) if each.n_broken}
        assert broken <= {("caption_lineage", "prompt_sha256 is null or prompt is not null")}
        (caption,) = moment.table("from captions").to_pylist()
        assert moment.value("select count(*) from run_history where verb = 'init'") == 1
    assert (caption["caption"], caption["text_sha256"]) == ("A picture, described long ago.", None)


@pytest.mark.parametrize(
    "verb", [["ingest", "mvsa-single", "dump", "--source", "drawn"], ["split"], ["score"], ["mine", "--at-least", "0"]]
)
def test_what_was_done_is_not_done_again(old: Path, verb: list[str], capsys, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(old)
    with pytest.raises(SystemExit) as stop:
        main([*verb, "--store", "store"])
    assert not stop.value.code
    assert "nothing to do" in capsys.readouterr().out
    assert counts(Store.open(old / "store")) == AT_FIRST


def test_new_rows_stand_beside_old_ones_that_lack_their_columns(old: Path):
    store = Store.open(old / "store")
    with store.moment() as moment:
        image = moment.value("select image_sha256 from images order by all limit 1")
    asked = ("caption-of-now", image, "cot", "vlm", None, "f" * 64, "{}", 0.0, 0)
    run = store.begin("caption", parameters={"n": 1}, inputs=[], version=1)
    assert run is not None
    with run:
        run.write("captions", [Caption(*asked, "Newly described.", "ok", None, 1, 1, None, 0.1)])
    for step in (lambda: None, lambda: compact(store), lambda: sweep(store.places, leftovers(store, older_than_s=0))):
        step()
        with store.moment() as moment:
            told = moment.table("select caption_id, text_sha256 from captions order by caption_id")
        assert told["caption_id"].to_pylist() == ["caption-of-now", "caption-of-old"]
        assert told["text_sha256"].to_pylist() == ["f" * 64, None]
    assert counts(store) == AT_FIRST | {"captions": 2}


@pytest.mark.parametrize(("table", "told"), [("captions", r"captions\.mood"), ("dreams", "holds dreams")])
def test_a_store_of_a_newer_code_is_left_alone(store: Store, table: str, told: str):
    seed = store.places.partition(table, SEED) / "part-0.parquet"
    seed.parent.mkdir(parents=True, exist_ok=True)
    schema = pq.read_schema(seed) if seed.exists() else pa.schema([])
    pq.write_table(schema.append(pa.field("mood", pa.string())).empty_table(), seed)
    held = seed.read_bytes()
    for attempt in (Store.open, Store.init):
        with pytest.raises(StoreError, match=f"newer msa-loop: it {'holds ' if '.' in told else ''}{told}"):
            attempt(store.places.root)
    assert seed.read_bytes() == held
