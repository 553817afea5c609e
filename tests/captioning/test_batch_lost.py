"""`msa caption-batch` where an endpoint forgets what it was given, or is another one now: no image is locked."""

import re
from dataclasses import replace

import pytest

from flows.batches_out import forget
from flows.caption import caption
from flows.caption_batch import caption_batch, command
from flows.caption_ledger import Scope
from flows.captioners import Asked
from msa_core.captions import batch as batches
from msa_core.captions.pace import Limits
from msa_core.errors import CaptionError
from tests.captioning import rules
from tests.captioning.replies import told
from tests.captioning.rules import Rule
from tests.captioning.scripted_endpoint import ScriptedEndpoint
from tests.captioning.test_caption_batch import N_OPEN, QWEN, batched, n_ok, n_submitted
from warehouse import Store
from warehouse.journal import Journal


def n_listed(endpoint: ScriptedEndpoint) -> int:
    return sum(each.method == "GET" and each.path == "/v1/batches" for each in endpoint.log.every)


@pytest.mark.parametrize("n_kept", [0, 3], ids=["all", "but the file of errors"])
def test_a_batch_whose_answers_are_gone_is_over_and_its_images_wait_again(
    store: Store, endpoint: ScriptedEndpoint, n_kept: int
):
    if n_kept:
        endpoint.add(replace(rules.failing(), applies=lambda asked: bool(asked.custom_id)), times=n_kept)
    batched(store)
    look_until_over(store, endpoint)
    del endpoint.shelf.files[str(endpoint.shelf.jobs["batch_0"]["output_file_id"])]
    found = batched(store)
    assert dict(found.causes)[batches.NO_FILE] == N_OPEN - 1 - n_kept
    endpoint.script.clear()
    assert batched(store, every_s=0.01).done is not None
    assert n_ok(store) == N_OPEN


def look_until_over(store: Store, endpoint: ScriptedEndpoint) -> None:
    """The endpoint is asked by somebody else, so that nothing is collected."""
    endpoint.shelf.looks = 0
    endpoint.shelf._look("batch_0")
    assert endpoint.shelf.jobs["batch_0"]["status"] == "completed"


def test_images_that_were_rejected_beside_lost_answers_are_not_doubted_and_wait(
    store: Store, endpoint: ScriptedEndpoint
):
    of_batches = replace(rules.image_rejected(), applies=lambda asked: bool(asked.custom_id))
    endpoint.add(of_batches, times=2)
    batched(store)
    look_until_over(store, endpoint)
    del endpoint.shelf.files[str(endpoint.shelf.jobs["batch_0"]["output_file_id"])]
    found = batched(store).done
    assert found is not None
    assert (found.n_ok, found.n_waiting) == (0, N_OPEN - 1)


def test_an_endpoint_that_has_no_batches_any_more_is_no_lost_batch(
    store: Store, endpoint: ScriptedEndpoint, capsys: pytest.CaptureFixture[str]
):
    batched(store)
    endpoint.manners.has_batches = False
    with pytest.raises(CaptionError, match=r"has no batches \(404\).*--forget all"):
        batched(store)
    command(store.places.root, forgets="all")
    assert "1 batches of 47 images are dropped (batch_0; http://127.0.0.1" in capsys.readouterr().out
    done = caption(store, asked=QWEN, scope=Scope(), limits=Limits(4))
    assert done is not None
    assert n_ok(store) == N_OPEN


def test_another_captioner_is_told_what_differs_and_may_drop_what_is_under_way(
    store: Store, endpoint: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch
):
    batched(store)
    monkeypatch.setenv("MSA_VLM_BASE_URL", "http://127.0.0.1:9/v1")
    with pytest.raises(CaptionError) as found:
        caption_batch(store, asked=Asked("openai", prompt="ocr"), scope=Scope())
    words = str(found.value)
    assert "47 images are under way" in words
    assert f"MSA_VLM_BASE_URL {endpoint.url}, not http://127.0.0.1:9/v1, --prompt objective (" in words
    assert "--forget" in words
    assert not {"[", "--model", "--side"} & set(words.split()), "in words, and only what differs"
    assert forget(store).n_images == N_OPEN - 1
    assert forget(store).n_images == 0


def test_where_no_batch_is_under_way_there_is_nothing_to_forget(
    store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.delenv("MSA_VLM_BASE_URL", raising=False)
    command(store.places.root, forgets="all")
    assert "no batch is under way" in capsys.readouterr().out


def test_a_history_of_batches_is_not_read_to_submit_one(store: Store, endpoint: ScriptedEndpoint):
    endpoint.shelf.jobs.update({f"old_{n}": an_old_one(n) for n in range(250)})
    batched(store, limit=3)
    assert (n_submitted(endpoint), n_listed(endpoint)) == (1, 1)


def an_old_one(n: int) -> dict[str, object]:
    names = {"id": f"old_{n}", "object": "batch", "status": "completed", "created_at": n, "metadata": None}
    return names | {"endpoint": batches.PATH, "input_file_id": "file-x", "completion_window": "24h"}


def lose_ids(store: Store) -> None:
    """As if a kill had come between each submission and its note."""
    journal = Journal(store.places, "caption", "batches")
    lines = [line for line in journal.read() if "batch_id" not in line]
    journal.fold()
    with journal:
        journal.append_all(lines)


def test_an_endpoint_that_shows_the_same_page_for_ever_ends_the_search(store: Store, endpoint: ScriptedEndpoint):
    page = {"object": "list", "data": [an_old_one(1)], "first_id": "old_1", "last_id": "old_1", "has_more": True}
    batched(store)
    lose_ids(store)
    before = n_listed(endpoint)
    of_lists = Rule(
        lambda asked: told(page), applies=lambda asked: (asked.method, asked.path) == ("GET", "/v1/batches")
    )
    endpoint.add(of_lists, times=None, path="/v1/batches")
    batched(store)
    assert (n_submitted(endpoint), n_listed(endpoint) - before) == (2, 2)


def test_refused_answers_are_said_to_have_their_second_try(
    store: Store, endpoint: ScriptedEndpoint, capsys: pytest.CaptureFixture[str]
):
    endpoint.add(replace(rules.garbage(), applies=lambda asked: bool(asked.custom_id)), times=2)
    endpoint.shelf.looks = 0
    command(store.places.root, limit=5, wait=False)
    assert "2 refused answers have their second try: the same command" in capsys.readouterr().out
    command(store.places.root, limit=2, wait=False)
    assert "second try" not in capsys.readouterr().out


def test_calls_that_bring_nothing_before_a_batch_count_against_its_budget(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.half_json(), times=2)
    found = batched(store, budget_usd=0.03)
    n_lines = sum(each.n_lines for each in found.standings)
    assert (n_lines, found.begun.n_beyond) == (5, N_OPEN - 1 - 5)


def test_calls_that_bring_nothing_before_a_batch_are_told_while_it_is_under_way(
    store: Store, endpoint: ScriptedEndpoint, capsys: pytest.CaptureFixture[str]
):
    endpoint.add(rules.half_json(), times=2)
    command(store.places.root, prompt_price=1.0, completion_price=2.0, limit=5, wait=False)
    told = " ".join(capsys.readouterr().out.split())
    assert re.search(r"at most \$0\.\d+ for calls before, whose answers never came under way", told)


def test_a_budget_that_is_lost_before_an_answer_came_submits_no_batch(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.half_json(), times=None)
    with pytest.raises(CaptionError, match=r"The budget is spent before an image was answered: \$0.0"):
        batched(store, budget_usd=0.01)
    assert (n_submitted(endpoint), len(endpoint.asked) < 4) == (0, True)


def test_a_known_model_that_takes_no_image_any_more_gets_no_batch_and_refuses_none(
    store: Store, endpoint: ScriptedEndpoint
):
    caption(store, asked=QWEN, scope=Scope(limit=3), limits=Limits(1))
    fit = {each.image for each in endpoint.asked}
    endpoint.add(rules.image_rejected(), times=None)
    with pytest.raises(CaptionError, match="took none of the last 10 images"):
        batched(store)
    endpoint.script.clear()
    endpoint.add(replace(rules.image_rejected(), applies=lambda asked: asked.image not in fit), times=None)
    with pytest.raises(CaptionError, match="took none of the images of a batch"):
        batched(store, every_s=0.01)
    with store.moment() as moment:
        assert moment.value("select count(*) from captions where status = 'refused'") == 10, "it takes another one"
