"""What the world does to a store: full and read-only disks, readers in the middle of commits."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from tests.small_disk import small_disk
from tests.warehouse.conftest import a_post
from warehouse import Store, StoreUnwritable
from warehouse.audit import audit
from warehouse.journal import Journal

Mount = Callable[..., None]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 4 MB of its own."""
    with small_disk(tmp_path / "disk", 4) as disk:
        yield disk


def noise(n: int) -> list[object]:
    return [a_post(os.urandom(100).hex()) for _ in range(n)]


def test_a_full_disk_is_a_clear_error_and_no_half_commit(disk: Path):
    store = Store.init(disk / "store")
    run = store.begin("ingest", parameters={}, inputs=[], version=1)
    assert run is not None
    with pytest.raises(StoreUnwritable, match="free some space"), run:
        run.write("posts", noise(30_000))
    with store.moment() as moment:
        assert moment.value("select count(*) from posts") == 0
    again = store.begin("ingest", parameters={}, inputs=[], version=1)
    assert again is not None
    with again:
        again.write("posts", noise(3))
    with store.moment() as moment:
        assert moment.value("select count(*) from posts") == 3
        assert not [finding for finding in audit(moment) if finding.n_broken and finding.relation == "posts"]


def test_a_read_only_disk_can_be_read_and_refuses_a_run_clearly(disk: Path):
    store = Store.init(disk / "store")
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    with store.moment() as moment:
        assert moment.value("select count(*) from posts") == 0
    run = store.begin("ingest", parameters={}, inputs=[], version=1)
    assert run is not None
    with pytest.raises(StoreUnwritable, match="Read-only"), run:
        run.write("posts", noise(1))


def test_no_query_sees_half_a_run_while_runs_commit(store: Store):
    writer = (
        "import sys; from pathlib import Path\n"
        "from tests.warehouse.conftest import a_post; from warehouse import Store\n"
        "store = Store.open(Path(sys.argv[1]))\n"
        "for n in range(60):\n"
        "    with store.begin('ingest', parameters={'n': n}, inputs=[], version=1) as run:\n"
        "        run.write('posts', [a_post(f'{n}-{i}') for i in range(50)])\n"
        "        run.write('rejects', [])\n"
    )
    reader = duckdb.connect(str(store.places.catalog), read_only=True)
    seen: set[int] = set()
    with subprocess.Popen([sys.executable, "-c", writer, str(store.places.root)]) as process:
        while process.poll() is None:
            rows = reader.sql(
                "select count(f.post_id) from runs left join facts.posts f using (run_id) "
                "where verb = 'ingest' group by run_id"
            ).fetchall()
            assert {count for (count,) in rows} <= {50}
            seen.add(len(rows))
    assert process.returncode == 0
    assert len(seen) > 3, "the reader was there while runs were committed"


def test_two_processes_with_the_same_command_make_one_run(store: Store):
    program = (
        "import sys; from pathlib import Path\n"
        "from tests.warehouse.conftest import a_post; from warehouse import Store\n"
        "with Store.open(Path(sys.argv[1])).begin('ingest', parameters={}, inputs=[], version=1) as run:\n"
        "    run.write('posts', [a_post(str(i)) for i in range(100)])\n"
        "    print('ready', flush=True); sys.stdin.readline()\n"
    )
    command = [sys.executable, "-c", program, str(store.places.root)]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        process.communicate("go\n")
    assert [process.returncode for process in both] == [0, 0]
    with store.moment() as moment:
        assert moment.value("select count(*) from facts.posts") == 100
        assert moment.value("select count(*) from runs where verb = 'ingest'") == 1
    assert list(store.places.tmp.iterdir()) == []


def test_a_journal_keeps_whole_answers_and_looks_past_a_torn_one(store: Store):
    journal = Journal(store.places, "caption", "today")
    with journal:
        journal.append({"n": 1})
    with journal.path.open("a", encoding="utf-8") as file:
        file.write('{"n": ')
    with Journal(store.places, "caption", "today") as again:
        again.append({"n": 2})
        assert [answer["n"] for answer in again.read()] == [1, 2]
    again.fold()
    assert list(again.read()) == []


def test_the_audit_finds_what_is_broken(store: Store):
    run = store.begin("ingest", parameters={"source": "mvsa"}, inputs=[], version=1)
    assert run is not None
    with run:
        run.write("posts", [a_post("1")])
        run.count("held", 2)
    with store.moment() as moment:
        broken = {(finding.relation, finding.promise) for finding in audit(moment) if finding.n_broken}
    assert broken == {("ingests", "n_held = n_posts + n_known + n_refused")}
