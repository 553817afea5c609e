"""The same source again: what flips back, what comes twice, what two processes take at once."""

import threading
from pathlib import Path

import pytest

from flows.audit import audit
from flows.compact import compact
from msa_core.dumps import Columns
from msa_core.errors import DumpError
from tests.flows.test_ingest import ROWS, ask, relabel, take
from tests.msa_core.dump_files import jpeg, mvsa, write
from warehouse import Store

HELD = "select name, value::int from data_figures where figure = 'held' order by name"
RUNS = "select count(*) from runs where verb = 'ingest'"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.init(tmp_path / "store")


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    return mvsa(tmp_path / "dump", ROWS)


def label_of_1(store: Store) -> str:
    return str(ask(store, "select label from labels where post_id = 'mvsa:1'")[0][0])


def test_a_label_that_flips_back_exactly_counts_again_however_often(store: Store, dump: Path):
    ids = [take(store, dump).run_id]
    for label in ("negative", "positive", "negative", "positive"):
        relabel(dump, "1", f"{label},neutral")
        done = take(store, dump)
        assert (done.n_posts, done.n_known, done.n_annotations) == (0, 3, 1)
        assert label_of_1(store) == label
        assert take(store, dump).run_id is None, "the very same dump twice"
        ids.append(done.run_id)
    assert len(set(ids)) == 5
    assert ask(store, RUNS) == [(5,)]
    chain = ask(
        store, "select annotation_id, supersedes from annotations where post_id = 'mvsa:1' and modality = 'text'"
    )
    assert len(chain) == len({annotation for annotation, _ in chain}) == 5
    assert len({old for _, old in chain}) == 5, "each but the first corrects another one"
    assert [finding for finding in audit(store) if finding.n_broken] == []


def test_a_dump_that_comes_back_with_nothing_new_commits_nothing(store: Store, dump: Path, tmp_path: Path):
    write(dump, {"data/3.jpg": jpeg(2)[:-100]})
    first = take(store, dump)
    assert first.rejects == (("truncated-image", 1),)
    take(store, mvsa(tmp_path / "other", {"7": "positive,positive"}))
    again = take(store, dump)
    assert (again.run_id, again.n_held, again.n_known, again.rejects) == (None, 3, 2, first.rejects)
    assert ask(store, RUNS) == [(2,)]
    assert list(store.places.tmp.iterdir()) == []


def test_content_that_flips_back_was_never_lost(store: Store, dump: Path):
    take(store, dump)
    write(dump, {"data/1.txt": "other words"})
    assert take(store, dump).rejects == (("content-changed", 1),)
    write(dump, {"data/1.txt": "words of 1 \r\n"})
    assert take(store, dump).run_id is None
    assert ask(store, "select text from posts where post_id = 'mvsa:1'") == [("words of 1",)]


def test_a_row_that_is_refused_again_at_another_line_is_counted_once(store: Store, tmp_path: Path):
    root = mvsa(tmp_path / "dump", ROWS | {"8": "odd,odd", "9": "positive,neutral"})
    head, *rows, new = (root / "labelResultAll.txt").read_text().splitlines()
    refused = [("unknown-label", 1), ("unsafe-id", 1)]
    for lines in ([head, *rows], [head, new, *rows]):
        (root / "labelResultAll.txt").write_text("\n".join([*lines, "../7\tpositive,positive", ""]))
        take(store, root)
        assert ask(store, "select reason, n from reject_counts order by reason") == refused
    compact(store)
    assert ask(store, "select reason, n from reject_counts order by reason") == refused


def test_two_rows_of_one_id_are_two_refusals_also_once_read_again(store: Store, tmp_path: Path):
    root = mvsa(tmp_path / "dump", ROWS)
    labels = (root / "labelResultAll.txt").read_text()
    for head in ("", "4\todd,odd\n"):
        (root / "labelResultAll.txt").write_text(labels + head + "1\tpositive,neutral\n" * 2)
        take(store, root)
    assert ask(store, "select n from reject_counts where reason = 'duplicated-id'") == [(2,)]


def test_a_flip_back_is_seen_through_a_compaction_and_a_forced_attempt(store: Store, dump: Path):
    take(store, dump)
    relabel(dump, "1", "negative,neutral")
    take(store, dump)
    assert take(store, dump, force=True).n_annotations == 1
    compact(store)
    assert take(store, dump).run_id is None
    relabel(dump, "1", "positive,neutral")
    assert take(store, dump).n_annotations == 1
    assert label_of_1(store) == "positive"


def test_two_ingests_of_one_dump_at_once_are_one_run_also_where_they_follow_on_another(store: Store, dump: Path):
    take(store, dump)
    relabel(dump, "1", "negative,neutral")
    found: list[str | None] = []
    both = [threading.Thread(target=lambda: found.append(take(store, dump).run_id)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert len({run_id for run_id in found if run_id}) == 1
    assert ask(store, RUNS) == [(2,)]
    assert ask(store, "select count(*) from facts.annotations") == [(7,)]


def test_a_row_that_was_refused_for_its_files_leaves_its_id_to_a_good_one(store: Store, tmp_path: Path):
    meme = '{{"id": 1, "img": "{}.png", "text": "a", "label": 1}}\n'
    files = {"dev_seen.jsonl": meme.format("absent"), "dev_unseen.jsonl": meme.format("there") * 2, "there.png": jpeg()}
    for n_posts, n_known in ((1, 0), (0, 1)):
        done = take(store, write(tmp_path / "memes", files), format="hateful-memes")
        assert done.rejects == (("duplicated-id", 1), ("missing-image", 1))
        assert (done.n_held, done.n_posts, done.n_known) == (3, n_posts, n_known)
        files["dev_unseen.jsonl"] = meme.format("there") * 2 + "\n"


@pytest.mark.parametrize("option", ["keep_raw", "keep_names"])
def test_posts_stay_as_they_were_taken_so_another_way_needs_another_source(store: Store, dump: Path, option: str):
    take(store, dump)
    take(store, dump, source="other", **{option: True})
    said = f"--{option.replace('_', '-')}.*Say it as then, or name another: --source"
    for is_forced in (False, True):
        with pytest.raises(DumpError, match=f"'mvsa' was taken in without {said}"):
            take(store, dump, force=is_forced, **{option: True})
        with pytest.raises(DumpError, match=f"'other' was taken in with {said}"):
            take(store, dump, source="other", force=is_forced)
    assert take(store, dump, source="other", **{option: True}).run_id is None
    assert take(store, dump).run_id is None


def test_a_column_of_splits_comes_too_late_for_posts_that_stand(store: Store, tmp_path: Path):
    path = write(tmp_path, {"m.csv": "id,text,part,at\n1,hello,test,2020-01-01\n"}) / "m.csv"
    own = {"format": "table", "task": "mood", "allow_missing": ("image",)}
    take(store, path, columns=Columns(images=(), label=None), **own)
    for column, option in (("split", "part"), ("time", "at")):
        with pytest.raises(DumpError, match=f"without --{column}-column"):
            take(store, path, columns=Columns(images=(), label=None, **{column: option}), **own)


def test_a_forced_attempt_is_counted_once_and_a_compacted_ingest_still(store: Store, dump: Path, tmp_path: Path):
    take(store, dump)
    take(store, dump, force=True)
    take(store, mvsa(tmp_path / "grown", ROWS | {"4": "positive,glad"}))
    counted = [("held", 7), ("known", 3), ("posts", 3), ("refused", 1)]
    assert ask(store, HELD) == counted
    compact(store)
    assert ask(store, HELD) == counted
    assert ask(store, "select count(*) filter (is_replaced), count(*) from ingests") == [(1, 3)]
