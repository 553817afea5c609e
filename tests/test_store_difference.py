"""What the benchmark of rounds calls equal: rows that were written twice are a difference, observed ones are none."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from tests.flows.filled_store import filled
from tests.warehouse.conftest import a_post
from warehouse import Store

PATH = Path(__file__).parent.parent / "benchmarks" / "store_difference.py"


@pytest.fixture(scope="module")
def difference() -> ModuleType:
    """A script of a folder that is no package."""
    spec = spec_from_file_location("store_difference", PATH)
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    sys.modules[spec.name] = made
    spec.loader.exec_module(made)
    return made


def ingested(root: Path, *times: str) -> Store:
    """A post that came in by as many runs."""
    store = Store.init(root)
    for name in times:
        run = store.begin("ingest", parameters={"source": name}, inputs=[], version=1)
        assert run is not None
        with run:
            run.write("posts", [a_post("1")])
    return store


def test_two_stores_that_lived_the_same_are_equal(difference: ModuleType, tmp_path: Path):
    for name in ("one", "two"):
        filled(tmp_path / name)
    rows = difference.unequal_rows(tmp_path / "one", tmp_path / "two")
    assert rows["predictions"][0] > 0
    assert {less + more for _, less, more in rows.values()} == {0}
    n_files, unequal = difference.unequal_files(tmp_path / "one", tmp_path / "two")
    assert (n_files > 0, unequal) == (True, [])


def test_work_that_was_done_twice_is_a_difference_though_the_views_hide_it(difference: ModuleType, tmp_path: Path):
    ingested(tmp_path / "one", "mvsa")
    twice = ingested(tmp_path / "two", "mvsa", "again")
    with twice.moment() as moment:
        assert moment.value("select count(*) from posts") == 1
    assert difference.unequal_rows(tmp_path / "one", tmp_path / "two")["posts"] == (1, 0, 1)
