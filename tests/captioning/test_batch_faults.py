"""`msa caption-batch` where images, lines or whole batches fail: what is refused for good, what waits, what is said."""

from dataclasses import replace

import pytest
import typer

from flows.caption_batch import caption_batch, command
from flows.caption_ledger import Scope
from msa_core.errors import CaptionError
from tests.captioning import rules
from tests.captioning.scripted_endpoint import ScriptedEndpoint
from tests.captioning.test_caption_batch import N_OPEN, QWEN, batched, n_ok, n_submitted
from warehouse import Store


def refused(store: Store) -> int:
    with store.moment() as moment:
        return int(moment.value("select count(*) from captions where status = 'refused'"))


def test_an_endpoint_that_takes_no_schema_is_asked_without_one(store: Store, endpoint: ScriptedEndpoint):
    endpoint.manners.speaks_schema = False
    done = batched(store, limit=12, every_s=0.01).done
    assert done is not None
    assert (done.n_ok, refused(store), n_submitted(endpoint)) == (12, 0, 1)


def test_a_batch_that_is_rejected_as_a_whole_refuses_no_image(store: Store, endpoint: ScriptedEndpoint):
    of_batches = replace(rules.image_rejected(), applies=lambda asked: bool(asked.custom_id))
    endpoint.add(of_batches, times=None)
    with pytest.raises(CaptionError, match=r"took none of the images of a batch: HTTP 400: .*unsupported image"):
        batched(store, limit=12, every_s=0.01)
    assert (n_ok(store), refused(store)) == (1, 0), "the one that was asked at once is kept"
    endpoint.script.clear()
    done = batched(store, limit=11, every_s=0.01).done
    assert done is not None
    assert (done.n_ok, n_ok(store)) == (11, 12)


def test_an_image_that_is_rejected_beside_others_that_are_not_is_refused_for_good(
    store: Store, endpoint: ScriptedEndpoint
):
    of_batches = replace(rules.image_rejected(), applies=lambda asked: bool(asked.custom_id))
    endpoint.add(of_batches, times=1)
    batched(store, limit=12, every_s=0.01)
    assert (n_ok(store), refused(store)) == (11, 1)
    assert batched(store, every_s=0.01).done is not None
    assert (n_ok(store), refused(store)) == (N_OPEN - 1, 1)


def test_an_endpoint_that_takes_no_image_gets_no_batch(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.image_rejected(), times=None)
    with pytest.raises(CaptionError, match=r"takes none of the images: .*Nothing of them is marked"):
        batched(store, every_s=0.01)
    assert (n_submitted(endpoint), n_ok(store), refused(store)) == (0, 0, 0)


def test_images_that_are_rejected_before_the_first_answer_are_refused_like_any(
    store: Store, endpoint: ScriptedEndpoint
):
    endpoint.add(rules.image_rejected(), times=4)  # two images, each with the schema and without
    done = batched(store, limit=5, every_s=0.01).done
    assert done is not None
    assert (done.n_ok, n_ok(store), refused(store)) == (3, 3, 2)


@pytest.mark.parametrize("end_of_line", ["\u2028", "\u2029", "\x85"])
def test_an_answer_may_hold_any_end_of_line(store: Store, endpoint: ScriptedEndpoint, end_of_line: str):
    endpoint.add(rules.saying(f"A dog sits on a red sofa.{end_of_line}A lamp stands beside it."), times=None)
    done = batched(store, limit=3, every_s=0.01).done
    assert done is not None
    assert (done.n_ok, n_ok(store)) == (3, 3)


def test_why_a_batch_failed_is_said_and_the_command_fails_where_nothing_came(
    store: Store, endpoint: ScriptedEndpoint, capsys: pytest.CaptureFixture[str]
):
    endpoint.shelf.end = "failed"
    asked = {"store": store.places.root, "limit": 3, "wait": False}
    command(**asked)
    with pytest.raises(typer.Exit) as ended:
        command(**asked)
    assert ended.value.exit_code == 1
    assert "failed: The model is not there, 0 of 2" in capsys.readouterr().out


def test_why_lines_have_no_answer_is_said_with_their_number(store: Store, endpoint: ScriptedEndpoint):
    endpoint.shelf.end = "expired"
    found = batched(store, limit=5, every_s=0.01)
    assert found.causes == (("This request could not be executed before the window expired.", 2),)
    endpoint.shelf.end = "completed"
    endpoint.add(replace(rules.failing(), applies=lambda asked: bool(asked.custom_id)))
    ((cause, n),) = batched(store, limit=3, every_s=0.01).causes
    assert (cause.startswith("HTTP 500: "), n) == (True, 1)


def test_a_batch_costs_what_it_was_submitted_for_whoever_collects_it(store: Store, endpoint: ScriptedEndpoint):
    batched(store, limit=4)
    done = caption_batch(store, asked=QWEN, scope=Scope(), every_s=0.01).done
    assert done is not None
    with store.moment() as moment:
        assert moment.value("select count(cost_usd) from captions") == 4
