"""Answers that come as files, with no server: whose they are, what they are about, how they are written."""

import codecs
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.cli import main
from flows.review_export import export
from flows.review_import import import_answers
from flows.review_pull import write
from flows.review_push import Asked
from flows.review_reading import Reading, compared, known
from flows.review_settle import Settled, settle
from flows.review_simulate import truth_of
from flows.review_truth import keep
from flows.reviewing import subject
from labelstudio.errors import ReviewError
from labelstudio.listing import ServerAnswer, ServerTask
from msa_core.records import ReviewTask
from tests.flows.filled_store import filled
from warehouse import Store, declarations

MADE = datetime(2026, 1, 1, 11, tzinfo=UTC)
SEALED, OPEN = "hand:02", "hand:00"  # a post of the test split, and one that is queued
OURS = "select annotator, label from answers where project is not null order by all"
(PROMISE,) = declarations.views()["standing_answers"].audits
UNSEALED = f"from standing_answers where not ({PROMISE})"


@pytest.fixture(scope="module")
def mined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store of which three posts went out as a file, beside that file."""
    made = filled(tmp_path_factory.mktemp("mined") / "store")
    export(made, output=made.places.root.parent / "posts.json", asked=Asked(None, 3, 1, "hidden"))
    return made.places.root


@pytest.fixture
def store(mined: Path, tmp_path: Path) -> Store:
    return Store.open(Path(shutil.copytree(mined, tmp_path / "store")))


def ask(store: Store, sql: str) -> list[tuple[Any, ...]]:
    with store.moment() as moment:
        return [tuple(row.values()) for row in moment.table(sql).to_pylist()]


def answered(path: Path, label: str, *posts: str, begun: int = 1, ended: int = 1) -> Path:
    """An export in which user 1 answered these posts, between these hours."""
    at = [(MADE + timedelta(hours=hour)).isoformat() for hour in (0, begun, ended)]
    region = {"from_name": "both", "to_name": "post", "type": "choices", "value": {"choices": [label]}}
    said = {"completed_by": 1, "result": [region], "created_at": at[1], "updated_at": at[2]}
    born = {"created_at": at[0], "updated_at": at[2]}
    tasks = [born | {"id": n, "data": {"post_id": post}, "annotations": [said | {"id": n}]} for n, post in
             enumerate(posts, start=1)]  # fmt: skip
    path.write_text(json.dumps(tasks), encoding="utf-8")
    return path


@pytest.fixture
def posts(mined: Path) -> list[str]:
    """Of the file that went out."""
    return [task["data"]["post_id"] for task in json.loads((mined.parent / "posts.json").read_text())]


@pytest.mark.parametrize(("begun", "ended"), [(2, 2), (0, 0)])
def test_a_second_person_s_file_is_not_taken_for_the_first_s(
    store: Store, posts: list[str], tmp_path: Path, begun: int, ended: int
):
    import_answers(store, answered(tmp_path / "ann.json", "positive", *posts))
    of_ben = answered(tmp_path / "ben.json", "negative", *posts, begun=begun, ended=ended)
    with pytest.raises(ReviewError, match=r"3 of its answers .* --reviewer NAME"):
        import_answers(store, of_ben)
    assert import_answers(store, of_ben, reviewer="ben").n_new == 3
    assert ask(store, OURS) == [("ben:1", "negative")] * 3 + [("offline:1", "positive")] * 3


def test_a_second_person_s_file_in_another_order_is_not_taken_for_the_first_s(
    store: Store, posts: list[str], tmp_path: Path
):
    import_answers(store, answered(tmp_path / "ann.json", "positive", *posts))
    with pytest.raises(ReviewError, match="--reviewer NAME"):
        import_answers(store, answered(tmp_path / "ben.json", "positive", *reversed(posts), ended=3))


def test_a_later_file_of_the_same_person_corrects_and_adds(store: Store, posts: list[str], tmp_path: Path):
    import_answers(store, answered(tmp_path / "early.json", "positive", *posts[:2]))
    done = import_answers(store, answered(tmp_path / "late.json", "negative", *posts, ended=3))
    assert (done.n_new, done.n_changed) == (1, 2)
    assert ask(store, OURS) == [("offline:1", "negative")] * 3


def test_whoever_gets_a_file_is_told_to_say_whose_it_is(store: Store, tmp_path: Path, capsys: Any):
    with pytest.raises(SystemExit):
        main(["review", "export", str(tmp_path / "posts.json"), "--store", str(store.places.root)])
    assert "--reviewer NAME" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("codec", ["utf-16", "utf-8-sig", "utf-32"])
def test_a_file_of_any_unicode_is_read(store: Store, posts: list[str], tmp_path: Path, codec: str):
    path = answered(tmp_path / "plain.json", "positive", *posts)
    path.write_text(path.read_text(encoding="utf-8"), encoding=codec)
    assert import_answers(store, path).n_new == 3


def test_a_file_of_no_unicode_is_refused_with_the_remedy(store: Store, tmp_path: Path):
    path = tmp_path / "latin.json"
    path.write_bytes('[{"café": 1}]'.encode("latin-1"))
    with pytest.raises(ReviewError, match="JSON export"):
        import_answers(store, path)


def test_an_answer_about_a_sealed_post_is_set_aside_and_never_its_label(store: Store, tmp_path: Path):
    labels = ask(store, "from labels order by post_id")
    done = import_answers(store, answered(tmp_path / "answered.json", "positive", SEALED, "nowhere:1"))
    assert (done.n_new, done.n_quarantined) == (0, 2)
    assert ask(store, "select reason from quarantine order by 1") == [("test-post",), ("unknown-post",)]
    assert ask(store, "from labels order by post_id") == labels
    assert ask(store, UNSEALED) == []


def test_an_export_as_json_min_is_refused_with_the_remedy(store: Store, posts: list[str], tmp_path: Path):
    born = {"created_at": MADE.isoformat(), "updated_at": MADE.isoformat()}
    rows = [born | {"id": n, "post_id": post, "both": "positive", "annotator": 1} for n, post in enumerate(posts)]
    (tmp_path / "min.json").write_text(json.dumps(rows))
    with pytest.raises(ReviewError, match="as JSON, not JSON-MIN"):
        import_answers(store, tmp_path / "min.json")


UNPUSHED = "select post_id from queue where post_id not in (select post_id from review_tasks) limit 1"


@pytest.mark.parametrize("project", ["msa", "offline"])
def test_what_is_on_a_server_comes_and_goes_by_no_file(store: Store, tmp_path: Path, project: str):
    ((post_id,),) = ask(store, UNPUSHED)
    run = store.begin("review-push", parameters={"project": "msa", "task": "sentiment"}, inputs=[], version=1)
    assert run is not None
    with run:
        run.write("review_tasks", [ReviewTask(post_id, "msa", "0001", 1, (), 0.5, 1, None, None, None, None)])
    with pytest.raises(ReviewError, match="on a server, in 'msa': msa review pull"):
        import_answers(store, answered(tmp_path / "ours.json", "positive", post_id), project=project)
    assert ask(store, OURS) == []
    with pytest.raises(ReviewError, match="Choose another --project"):
        export(store, output=tmp_path / "more.json", asked=Asked(None, 3, 1, "hidden"), project="msa")


@pytest.mark.parametrize("name", ["simulated", "label-studio", "Simulated:one"])
def test_nobody_is_called_as_others_are_told_already(store: Store, posts: list[str], tmp_path: Path, name: str):
    with pytest.raises(ReviewError, match="msa review simulate"):
        import_answers(store, answered(tmp_path / "ann.json", "positive", *posts), reviewer=name)
    assert ask(store, OURS) == []


def test_what_cannot_be_read_of_two_people_s_files_is_put_aside_under_each_one_s_name(
    store: Store, posts: list[str], tmp_path: Path
):
    for name in ("ann", "ben"):
        assert import_answers(store, answered(tmp_path / name, "joyful", *posts), reviewer=name).n_quarantined == 3
    told = ask(store, "select annotator, count(*) from unreadable_answers group by all order by all")
    assert told == [("ann:1", 3), ("ben:1", 3)]
    assert import_answers(store, answered(tmp_path / "ann", "joyful", *posts), reviewer="ann").run_id is None


def test_people_without_a_server_get_a_consensus_and_are_told_how_another_is_asked(
    store: Store, posts: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
):
    monkeypatch.delenv("LABEL_STUDIO_URL", raising=False)
    import_answers(store, answered(tmp_path / "ann.json", "positive", *posts))
    assert settle(store, at_least=1.0) == Settled(3, 0, 3, "offline")
    with pytest.raises(SystemExit):
        main(["review", "settle", "--at-least", "1.0", "--store", str(store.places.root)])
    told = " ".join(capsys.readouterr().out.split())
    assert "no server can ask another person" in told
    assert "msa review import FILE --project 'offline' --reviewer NAME" in told


def reading(store: Store, listing: Sequence[ServerTask], *, task: str = "sentiment") -> Reading:
    with store.moment() as moment:
        about = subject(moment, project="P", task=task)
        return compared(about, listing, moment, known(moment, "P"))


def a_task(post_id: str) -> ServerTask:
    region = {"from_name": "both", "value": {"choices": ["positive"]}}
    said = ServerAnswer(100, 1, (region,), False, 3.0, MADE)
    return ServerTask(10, post_id, None, None, MADE, MADE, (said,), {})


def test_an_answer_about_a_post_of_another_task_is_set_aside(store: Store):
    found = reading(store, [a_task(OPEN)], task="sarcasm")
    assert ([row.reason for row in found.quarantined], found.of.annotations) == (["other-task"], ())


def test_an_answer_about_a_post_that_has_no_split_yet_is_set_aside(tmp_path: Path):
    found = reading(filled(tmp_path / "early", "ingested"), [a_task(OPEN)])
    assert [row.reason for row in found.quarantined] == ["post-without-split"]


def test_an_answer_about_a_sealed_post_that_was_taken_once_is_withdrawn_and_set_aside(store: Store):
    taken = reading(store, [a_task(OPEN)])
    (row,) = taken.of.annotations
    _commit(store, replace(taken, of=replace(taken.of, annotations=(replace(row, post_id=SEALED),))))
    assert len(ask(store, UNSEALED)) == 1
    found = reading(store, [a_task(SEALED)])
    _commit(store, found)
    assert [(row.status, row.post_id) for row in found.of.annotations] == [("deleted", SEALED)]
    assert ask(store, UNSEALED) == []
    assert reading(store, [a_task(SEALED)]).of.annotations == ()


def _commit(store: Store, found: Reading) -> None:
    ids = [row.annotation_id for row in found.of.annotations]
    run = store.begin("review-import", parameters={"project": "P", "task": "sentiment"}, inputs=ids, version=1)
    assert run is not None
    write(run, found, [])


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig"])
def test_a_truth_as_excel_writes_it_is_read(tmp_path: Path, codec: str):
    path = tmp_path / "truth.csv"
    path.write_text("post_id,label\na:é,positive\n", encoding=codec)
    assert truth_of(path) == {"a:é": "positive"}


@pytest.mark.parametrize("raw", ["post_id,label\na:é,b\n".encode("latin-1"), codecs.BOM_UTF16 + b"p\x00"])
def test_a_truth_in_another_code_is_refused_with_the_remedy(tmp_path: Path, raw: bytes):
    path = tmp_path / "truth.csv"
    path.write_bytes(raw)
    with pytest.raises(ReviewError, match="CSV UTF-8"):
        truth_of(path)


def test_a_truth_in_words_that_are_no_labels_is_refused_with_the_labels(store: Store):
    with pytest.raises(ReviewError, match=r"'Positive'.*negative, neutral, positive"):
        keep(store, {OPEN: "Positive"})
    assert ask(store, "from ground_truth") == []


def test_a_truth_of_posts_that_are_not_in_the_store_is_counted_and_not_kept(store: Store):
    assert keep(store, {OPEN: "positive", "nope:1": "Positive"}) == 1
    assert ask(store, "select post_id, label from ground_truth") == [(OPEN, "positive")]
