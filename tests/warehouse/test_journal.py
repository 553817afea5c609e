"""A journal holds what came since it was folded last."""

import signal
import subprocess
import sys

from warehouse import Store
from warehouse.journal import Journal


def test_what_is_appended_after_a_fold_is_kept(store: Store):
    with Journal(store.places, "review-push", "a") as journal:
        journal.append({"n": 1})
        journal.fold()
        journal.append({"n": 2})
        assert list(Journal(store.places, "review-push", "a").read()) == [{"n": 2}]
    assert list(journal.read()) == [{"n": 2}]


def test_a_folded_journal_leaves_no_file(store: Store):
    with Journal(store.places, "review-push", "a") as journal:
        journal.append({"n": 1})
        journal.fold()
    assert not journal.path.exists()


def test_a_kill_loses_nothing_that_was_handed_over(store: Store):
    killed = f"""
import os, signal
from pathlib import Path
from warehouse import Store
from warehouse.journal import Journal
with Journal(Store.open(Path({str(store.places.root)!r})).places, "caption", "answers") as journal:
    journal.hand_over([{{"n": 1}}, {{"n": 2}}])
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == -signal.SIGKILL
    assert list(Journal(store.places, "caption", "answers").read()) == [{"n": 1}, {"n": 2}]
