"""Posts go out once and answers come in once, on a real Label Studio."""

import os
from dataclasses import replace
from urllib.request import Request, urlopen

import pytest

from flows.review_push import Asked, push
from flows.review_settle import consensus, settle
from flows.review_truth import keep
from labelstudio.errors import ReviewError, ScreenChanged
from msa_core.records import Doubt, Post, Split
from tests.flows.filled_store import LABELS
from tests.labelstudio.queue_desk import QueueDesk, a_prediction

pytestmark = pytest.mark.labelstudio


def test_the_queue_goes_out_in_its_order_with_images_that_the_server_shows(desk: QueueDesk):
    done = desk.push(5)
    assert (done.n_pushed, done.n_unanswered) == (5, 5)
    sent = [task.data["post_id"] for task in desk.tasks()]
    assert sent == [post_id for (post_id,) in desk.ask("select post_id from queue order by place limit 5")]
    scores = [task.predictions[0].score for task in desk.tasks()]
    assert scores == sorted(scores)
    url = desk.tasks()[0].data["images"][0]
    token = os.environ["LABEL_STUDIO_API_KEY"]
    asked = Request(os.environ["LABEL_STUDIO_URL"] + url, headers={"Authorization": f"Token {token}"})
    with urlopen(asked) as answer:
        assert answer.read(2) == b"\xff\xd8"
    assert desk.is_exact()


def test_a_second_push_sends_nothing(desk: QueueDesk):
    desk.push(5)
    before = [(task.id, task.updated_at) for task in desk.tasks()]
    assert desk.push(5).run_ids == ()
    assert [(task.id, task.updated_at) for task in desk.tasks()] == before


def test_a_larger_batch_adds_posts_that_are_not_open_already(desk: QueueDesk):
    desk.push(5)
    assert desk.push(8).n_pushed == 3
    assert len({task.data["post_id"] for task in desk.tasks()}) == 8
    assert desk.ask("select round, n_posts from rounds order by round") == [("0001", 5), ("0002", 3)]


def test_the_model_is_hidden_unless_asked_for(desk: QueueDesk):
    desk.push(2)
    hidden = desk.tasks()[0]
    assert (hidden.data["opinion"], hidden.data["model_id_shown"], hidden.predictions[0].result) == ("", None, [])
    with pytest.raises(ScreenChanged, match="--opinion hidden"):
        desk.push(4, opinion="shown")


def test_what_was_shown_of_the_model_is_recorded(desk: QueueDesk):
    desk.push(2, opinion="shown")
    shown = desk.tasks()[0]
    assert shown.data["opinion"]
    desk.answer(shown.id, "neutral")
    desk.pull()
    assert desk.ask("select model_id_shown from answers where project is not null") == [("clara-hand",)]


def test_another_overlap_is_refused_where_tasks_are_out(desk: QueueDesk):
    desk.push(1, overlap=2)
    with pytest.raises(ReviewError, match="asks 2 people"):
        desk.push(2, overlap=1)
    assert desk.push(2).n_unanswered == 2
    assert {task.overlap for task in desk.tasks()} == {2}


def test_a_post_that_is_out_in_one_project_is_not_pushed_into_another(desk: QueueDesk):
    desk.push(3)
    other = replace(desk, title=f"other {desk.title}")
    other.push(3)
    assert not {t.data["post_id"] for t in desk.tasks()} & {t.data["post_id"] for t in other.tasks()}


def test_a_consensus_follows_its_votes_back_again(desk: QueueDesk):
    desk.push(1)
    (task,) = desk.tasks()
    answer = desk.answer(task.id, "positive")
    labels = []
    for label in ("positive", "negative", "positive"):
        region = {"from_name": "both", "to_name": "post", "type": "choices", "value": {"choices": [label]}}
        desk.client.annotations.update(id=answer, result=[region])
        desk.pull()
        consensus(desk.store)
        ((found, votes),) = desk.ask(
            "select label, (select list(label) from review_votes where is_person) from consensus"
        )
        labels.append((found, votes))
    assert labels[0] == labels[2]
    assert labels[1][1] == ["negative"]


def test_answers_come_once_with_label_status_and_seconds(desk: QueueDesk):
    desk.push(5)
    first, second, third, fourth, _ = desk.tasks()
    desk.answer(first.id, "positive")
    desk.answer(second.id, "cannot tell")
    desk.answer(third.id)
    desk.answer(fourth.id, "joyful")
    done = desk.pull()
    assert (done.n_new, done.n_quarantined) == (3, 1)
    assert desk.pull().run_id is None
    asked = "select label, status, origin, lead_time_s from annotations where project is not null order by task_id"
    assert desk.ask(asked) == [
        ("positive", "given", "label-studio", 4.0),
        (None, "unsure", "label-studio", 4.0),
        (None, "skipped", "label-studio", 4.0),
    ]
    assert desk.ask("select reason, detail from quarantine") == [("unknown-choice", "both: joyful")]
    assert desk.ask(f"select label, label_origin from labels where post_id = '{first.data['post_id']}'") == [
        ("positive", "review")
    ]


def test_a_reviewed_post_leaves_the_queue_and_the_next_push_fills_up(desk: QueueDesk):
    desk.push(3)
    desk.answer(desk.tasks()[0].id, "positive")
    desk.pull()
    assert desk.push(3).n_pushed == 1
    assert len(desk.tasks()) == 4


def test_corrections_and_withdrawals_are_new_rows_and_the_last_word_counts(desk: QueueDesk):
    desk.push(2)
    first, second = desk.tasks()
    kept, withdrawn = desk.answer(first.id, "positive"), desk.answer(second.id, "positive")
    desk.pull()
    region = {"from_name": "both", "to_name": "post", "type": "choices", "value": {"choices": ["negative"]}}
    desk.client.annotations.update(id=kept, result=[region])
    desk.client.annotations.delete(id=withdrawn)
    done = desk.pull()
    assert (done.n_new, done.n_changed, done.n_deleted) == (0, 1, 1)
    assert desk.ask("select label from answers where project is not null") == [("negative",)]
    assert desk.ask("select count(*) from annotations where project is not null") == [(4,)]
    assert desk.pull(full=True).run_id is None


def test_a_newer_model_changes_what_is_out_and_doubles_nothing(desk: QueueDesk):
    desk.push(4)
    desk.newer_model()
    assert desk.push(4).n_updated == 4
    assert {p.model_version for task in desk.tasks() for p in task.predictions} == {"clara-new"}
    assert [len(task.predictions) for task in desk.tasks()] == [1, 1, 1, 1]
    assert desk.project.model_version == "clara-new"
    assert desk.push(4).run_ids == ()
    assert desk.is_exact()


def test_a_project_that_forgot_which_model_it_orders_by_is_told_again(desk: QueueDesk):
    desk.push(4)
    desk.newer_model()
    desk.push(4)
    desk.client.projects.update(id=desk.project.id, model_version="")
    desk.push(4)
    assert desk.project.model_version == "clara-new"
    assert desk.is_exact()


def test_two_people_judge_a_post_where_overlap_says_so(desk: QueueDesk):
    desk.push(1, overlap=2)
    (task,) = desk.tasks()
    desk.answer(task.id, "positive")
    desk.pull()
    assert desk.ask("select n_answers, is_open from task_answers") == [(1, True)]
    assert desk.project.maximum_annotations == 2


def test_an_unsettled_post_goes_to_one_more_person_with_a_note(desk: QueueDesk):
    desk.push(6)
    for task in desk.tasks():
        desk.answer(task.id, "positive")
    desk.pull()
    assert consensus(desk.store) == 6
    done = settle(desk.store, at_least=1.0, most=2, project=desk.title)
    assert done.n_asked > 0
    asked = [task for task in desk.tasks() if task.data["note"]]
    assert len(asked) == done.n_asked
    assert {(task.overlap, task.is_labeled) for task in asked} == {(2, False)}
    assert desk.ask("select count(*) from task_answers where is_open") == [(done.n_asked,)]
    assert settle(desk.store, at_least=1.0, most=2, project=desk.title).n_asked == 0


def test_whoever_contradicts_dump_and_model_alone_is_followed_by_one_more_person(desk: QueueDesk):
    desk.push(8)
    said = {*desk.ask("select post_id, label from labels"), *desk.ask("select post_id, label from latest_predictions")}
    for task in desk.tasks():
        desk.answer(task.id, next(label for label in LABELS if (task.data["post_id"], label) not in said))
    desk.pull()
    assert settle(desk.store, project=desk.title).n_asked == 8
    assert desk.ask("select min(posterior) > 0.4, max(posterior) < 0.9 from consensus") == [(True, True)]


def test_known_posts_are_mixed_in_look_like_others_and_measure_a_reviewer(desk: QueueDesk):
    known = [post_id for (post_id,) in desk.ask("select post_id from review_posts order by post_id desc limit 10")]
    keep(desk.store, dict.fromkeys(known, "positive"))
    push(desk.store, asked=Asked(None, 10, 1, "hidden", truth_share=0.2), project=desk.title)
    sent = desk.tasks()
    assert len(sent) == 10
    mixed_in = [task for task in sent if task.data["post_id"] in known]
    assert len(mixed_in) >= 2
    assert not any("truth" in str(task.data) for task in sent)
    for task, label in zip(mixed_in, ["positive", "negative", *["positive"] * 8], strict=False):
        desk.answer(task.id, label)
    desk.pull()
    ((n_known, accuracy),) = desk.ask("select n_known, accuracy from reviewers")
    assert (n_known, accuracy) == (len(mixed_in), (len(mixed_in) - 1) / len(mixed_in))


TEXTS = {
    "odd:nul": ("a\x00b", "a\ufffdb"),
    "odd:emoji": ("\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea e\u0301 \u202eא", None),
    "odd:script": ("<script>document.title = 'broken'</script> {{ 1 }} &amp; \"", None),
    "odd:long": ("é \U0001f600 word " * 11_000, None),
}


def say(desk: QueueDesk, texts: dict[str, str]) -> None:
    """Posts of these texts, in the queue as well."""
    run = desk.store.begin("ingest", parameters={"source": "odd"}, inputs=[], version=1)
    assert run is not None
    with run:
        run.write("posts", [
            Post(post_id, "odd", post_id, "sentiment", text, "0" * 64, "", None, "utf-8", 0, None, False, None)
            for post_id, text in texts.items()
        ])  # fmt: skip
        run.write("splits", [Split(post_id, "train", 0, False) for post_id in texts])
        run.write("predictions", [a_prediction(post_id, "clara-hand") for post_id in texts])
        run.write("doubts", [Doubt(post_id, "clara-hand", "entropy", 1.0) for post_id in texts])
        run.count("held", len(texts))


def test_text_of_any_kind_reaches_the_server_whole(desk: QueueDesk):
    say(desk, {post_id: text for post_id, (text, _) in TEXTS.items()})
    desk.push(60)
    shown = {task.data["post_id"]: task.data["text"] for task in desk.tasks()}
    assert len(shown["odd:long"].encode()) > 100_000
    assert {each: shown[each] for each in TEXTS} == {each: seen or text for each, (text, seen) in TEXTS.items()}
    assert desk.push(60).run_ids == ()


def test_a_server_elsewhere_gets_the_images_within_the_tasks(desk: QueueDesk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT")
    desk.push(2)
    assert all(task.data["images"][0].startswith("data:image/jpeg;base64,") for task in desk.tasks())
