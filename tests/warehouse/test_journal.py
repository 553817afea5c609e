"""A journal holds what came since it was folded last."""

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
