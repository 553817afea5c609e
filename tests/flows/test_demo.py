"""`msa demo`, small: one command from nothing to a report, and a second time there is nothing left to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from warehouse import Store

SMALL = ["demo", "--posts", "80", "--folds", "2", "--epochs", "1"]


def demo(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return subprocess.run(
        [sys.executable, "-c", f"from flows.cli import main; main({[*SMALL, '--folder', str(folder), *more]!r})"],
        env=kept | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False, timeout=500,
    )  # fmt: skip


@pytest.mark.prefect
@pytest.mark.slow
def test_the_demo_ends_with_a_report_a_clean_audit_and_what_to_type_next(tmp_path: Path):
    first, again = demo(tmp_path / "demo"), demo(tmp_path / "demo")
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert "audit: clean" in first.stdout
    for name in ("report.html", "data-figures.csv", "store", "dump/truth.csv"):
        assert str(tmp_path / "demo" / name) in first.stdout
        assert (tmp_path / "demo" / name).exists()
    assert "msa sql 'from queue limit 10'" in first.stdout
    assert again.stdout.count("nothing to do") == 8


@pytest.mark.prefect
@pytest.mark.labelstudio
@pytest.mark.slow
def test_the_demo_has_its_queue_reviewed_on_a_real_server(tmp_path: Path):
    done = demo(tmp_path / "demo", "--review", "labelstudio")
    assert done.returncode == 0, done.stderr
    assert "posts judged by simulated reviewers" in done.stdout
    assert "audit: clean" in done.stdout
    with Store.open(tmp_path / "demo" / "store").moment() as moment:
        found = moment.table("select distinct origin from annotations where project is not null")
        assert found["origin"].to_pylist() == ["simulated"]
        assert moment.value("select count(*) from task_answers where n_answers > 0") > 0
