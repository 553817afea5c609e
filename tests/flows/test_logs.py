"""The log: what every verb did, without a secret; a log that cannot be written stops nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from flows import logs
from flows.cli import main
from tests.flows.filled_store import filled
from warehouse import Store
from warehouse.run import LOGGER

KEY = "sk-very-secret-0123456789"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("logs") / "store", "mined").places.root


def msa(*arguments: str) -> int:
    """The exit code."""
    with pytest.raises(SystemExit) as stop:
        main([*arguments])
    return int(stop.value.code or 0)


def lines(store: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (store / "logs" / "msa.jsonl").read_text(encoding="utf-8").splitlines()]


def test_a_verb_says_that_it_began_what_it_committed_and_how_it_ended(store: Path):
    assert msa("mine", "--store", str(store), "--at-least", "0") == 0
    started, committed, finished = lines(store)[-3:]
    assert [line["event"] for line in (started, committed, finished)] == ["started", "committed", "finished"]
    assert {line["verb"] for line in (started, committed, finished)} == {"mine"}
    assert started["arguments"]["at_least"] == 0
    assert finished["run_ids"] == [committed["run_id"]]
    assert committed["n_rows"]["doubts"] > 0
    assert (finished["exit_code"], finished["level"], finished["pid"]) == (0, "INFO", os.getpid())
    assert {"at", "host", "code_version", "elapsed_s"} <= set(finished)
    assert not any(isinstance(handler, logs.StoreLog) for handler in LOGGER.handlers)


def test_a_mistake_is_logged_in_its_words_and_an_audit_that_finds_something_has_finished(store: Path):
    assert msa("mine", "--store", str(store), "--model", "nobody") == 2
    failed = lines(store)[-1]
    assert (failed["event"], failed["level"], failed["exit_code"]) == ("failed", "ERROR", 2)
    assert "nobody" in failed["error"]
    with pytest.raises(typer.Exit), logs.logged("audit", {}, store=store):
        raise typer.Exit(1)
    assert (lines(store)[-1]["event"], lines(store)[-1]["exit_code"]) == ("finished", 1)


def test_no_secret_reaches_the_log(store: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MSA_VLM_API_KEY", KEY)
    address = "http://anna:wachtwoord@127.0.0.1:9/x?api_key=abcdefgh&page=2"
    assert msa("sql", f"select '{KEY}' as k, '{address}' as u, no_such_column", "--store", str(store)) == 2
    with pytest.raises(RuntimeError), logs.logged("push", {"api_key": "short", "n": 3}, store=store):
        raise RuntimeError(f"401 for Bearer qwertyuiop with {KEY} at {address}")
    told = (store / "logs" / "msa.jsonl").read_text(encoding="utf-8")
    for secret in (KEY, "wachtwoord", "abcdefgh", "qwertyuiop", '"short"'):
        assert secret not in told
    assert "page=2" in told
    assert lines(store)[-1]["exit_code"] == 1


def test_a_stop_by_hand_is_no_failure(store: Path):
    with pytest.raises(KeyboardInterrupt), logs.logged("train", {}, store=store):
        raise KeyboardInterrupt
    assert (lines(store)[-1]["event"], lines(store)[-1]["exit_code"]) == ("stopped", 130)


def test_a_log_waits_for_the_store_and_makes_none(tmp_path: Path):
    root = tmp_path / "store"
    assert msa("audit", "--store", str(root)) == 2
    assert not root.exists()
    with logs.logged("init", {"path": "half of a pair \udce9"}, store=root):
        Store.init(root)
    assert [line["event"] for line in lines(root)] == ["started", "committed", "finished"]


def test_a_log_is_off_or_elsewhere_or_shorter_where_told(store: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    n_lines = len(lines(store))
    monkeypatch.setenv("MSA_LOG", "off")
    assert msa("sql", "select 1", "--store", str(store)) == 0
    monkeypatch.setenv("MSA_LOG", "stderr")
    assert msa("sql", "select 1", "--store", str(store)) == 0
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["started", "finished"]
    monkeypatch.delenv("MSA_LOG")
    monkeypatch.setenv("MSA_LOG_LEVEL", "error")
    assert msa("sql", "select 1", "--store", str(store)) == 0
    assert len(lines(store)) == n_lines


def test_a_log_that_cannot_be_written_stops_no_verb(store: Path, tmp_path: Path, capsys):
    log = store / "logs" / "msa.jsonl"
    log.unlink(missing_ok=True)
    log.symlink_to("/dev/full")
    try:
        assert msa("sql", "select 42 as n", "--store", str(store)) == 0
    finally:
        log.unlink()
    (store / "logs").rename(tmp_path / "logs")
    (store / "logs").touch()
    try:
        assert msa("sql", "select 43 as n", "--store", str(store)) == 0
    finally:
        (store / "logs").unlink()
    told = capsys.readouterr()
    assert told.out.split() == ["n", "42", "n", "43"]
    assert told.err == ""


def test_an_old_log_makes_room_for_a_new_one(store: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(logs, "N_BYTES", 2_000)
    for _ in range(12):
        with logs.logged("sql", {"query": "x" * 300}, store=store):
            pass
    names = {path.name for path in (store / "logs").iterdir()}
    assert (
        {"msa.jsonl", "msa.jsonl.1", "msa.jsonl.2"} <= names <= {"msa.jsonl", *(f"msa.jsonl.{n}" for n in range(1, 6))}
    )
    assert all(path.stat().st_size <= 2_000 for path in (store / "logs").iterdir())


def test_help_knows_nothing_of_logs():
    program = (
        "import sys; from flows.cli import main\n"
        "for words in (['--help'], ['sql', '--help']):\n"
        "    try: main(words)\n"
        "    except SystemExit: pass\n"
        "print(sorted({'pythonjsonlogger', 'flows.logs'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"
