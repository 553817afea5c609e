"""`msa status` without a server: the store alone; what a server adds is seen in the test of `msa serve`."""

import json
import os
from pathlib import Path

import pytest

from flows.cli import main
from flows.prefect_server import known
from flows.status import status
from tests.flows.filled_store import filled
from warehouse import Places, Store, lease


@pytest.fixture(autouse=True)
def nobodys_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)


def test_the_store_tells_its_models_what_it_holds_and_what_ran_last(tmp_path: Path):
    with lease(filled(tmp_path).places, "score"):
        found = status(Store.open(tmp_path))
    tables = {table.title: table for table in found.tables}
    assert (found.server, found.at_work) == (None, ("score",))
    assert tables["models"].rows[0][:3] == ("sentiment", "clara-hand", False)
    assert ("queue", "sentiment", None, 47.0) in tables["holds"].rows
    assert {row[0] for row in tables["last runs"].rows} == {
        "init", "ingest", "split", "train", "score", "mine", "evaluate",
    }  # fmt: skip


def test_an_empty_store_has_little_to_say(tmp_path: Path):
    found = status(filled(tmp_path, "empty"))
    assert [table.title for table in found.tables] == ["last runs"]


def test_programs_get_one_json_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    filled(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["status", "--json", "--store", str(tmp_path)])
    assert not ended.value.code
    told = json.loads(capsys.readouterr().out)
    assert told["store"] == str(tmp_path)
    assert {table["title"] for table in told["tables"]} == {"models", "holds", "last runs"}


def test_people_are_told_how_to_begin_a_schedule(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    filled(tmp_path, "split")
    with pytest.raises(SystemExit):
        main(["status", "--store", str(tmp_path)])
    assert f"msa serve --store {tmp_path}" in capsys.readouterr().out


def test_an_address_that_a_killed_server_left_is_no_server(tmp_path: Path):
    places = Places(tmp_path)
    (tmp_path / "prefect").mkdir()
    (tmp_path / "prefect" / "address.json").write_text('{"ui": "http://127.0.0.1:9", "pid": 1}')
    assert known(places, os.environ) is None
