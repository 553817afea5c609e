"""`msa caption-batch` where an endpoint does not find what it was given, or refuses the key: no proof of a loss."""

from dataclasses import replace

import pytest
import typer

from flows.batches_out import forget
from flows.caption import caption
from flows.caption_batch import command
from flows.caption_ledger import Scope
from msa_core.captions.pace import Limits
from msa_core.errors import CaptionError
from tests.captioning import rules
from tests.captioning.scripted_endpoint import ScriptedEndpoint
from tests.captioning.test_batch_lost import lose_ids
from tests.captioning.test_caption_batch import N_OPEN, QWEN, batched, n_ok, n_submitted
from warehouse import Store


@pytest.fixture
def two_batches(store: Store, endpoint: ScriptedEndpoint, monkeypatch: pytest.MonkeyPatch) -> Store:
    """47 images under way in two batches."""
    monkeypatch.setattr("flows.batches_out.LINES_A_BATCH", 30)
    batched(store)
    assert n_submitted(endpoint) == 2
    return store


def test_one_404_gives_no_batch_up(store: Store, endpoint: ScriptedEndpoint):
    batched(store)
    of_one = replace(rules.failing(404), applies=lambda asked: "batch_0" in asked.path)
    endpoint.add(of_one, path="/v1/batches/batch_0")
    found = batched(store)
    assert (found.unknown, found.done) == (("batch_0",), None)
    assert batched(store, every_s=0.01).done is not None
    assert (n_ok(store), n_submitted(endpoint)) == (N_OPEN, 1)


def test_a_batch_that_the_endpoint_does_not_know_fails_the_command_until_it_is_dropped(
    store: Store, endpoint: ScriptedEndpoint, capsys: pytest.CaptureFixture[str]
):
    batched(store)
    endpoint.shelf.jobs.clear()
    with pytest.raises(typer.Exit) as ended:
        command(store.places.root, wait=True)
    told = " ".join(capsys.readouterr().out.split())
    assert ended.value.exit_code == 1
    assert "batch batch_0 under this key; if it is lost: msa caption-batch --forget batch_0" in told
    assert "the same command collects it" not in told
    command(store.places.root, forgets="batch_0")
    assert "may be billed" in " ".join(capsys.readouterr().out.split())
    done = caption(store, asked=QWEN, scope=Scope(), limits=Limits(4))
    assert done is not None
    assert (done.n_ok, n_ok(store)) == (N_OPEN - 1, N_OPEN)


def test_one_unknown_batch_keeps_no_other_from_being_collected(two_batches: Store, endpoint: ScriptedEndpoint):
    lost = endpoint.shelf.jobs.pop("batch_0")
    found = batched(two_batches, every_s=0.01)
    assert found.done is not None
    assert (found.unknown, found.is_in_vain) == (("batch_0",), False)
    assert (found.done.n_ok, found.done.n_waiting, n_ok(two_batches)) == (17, 0, 18)
    endpoint.shelf.jobs["batch_0"] = lost
    assert batched(two_batches, every_s=0.01).done is not None
    assert (n_ok(two_batches), n_submitted(endpoint), len(endpoint.asked)) == (N_OPEN, 2, N_OPEN)


def test_beside_an_unknown_batch_other_images_are_asked_about(store: Store, endpoint: ScriptedEndpoint):
    batched(store, limit=40)
    endpoint.shelf.jobs.clear()
    done = caption(store, asked=QWEN, scope=Scope(), limits=Limits(4))
    assert done is not None
    assert done.n_ok == N_OPEN - 40


def test_one_batch_is_dropped_by_its_id_and_the_other_is_collected(two_batches: Store, endpoint: ScriptedEndpoint):
    del endpoint.shelf.jobs["batch_0"]
    with pytest.raises(CaptionError, match=r"No batch 'batch_7' is under way. Under way: batch_0, batch_1"):
        forget(two_batches, which="batch_7")
    dropped = forget(two_batches, which="batch_0")
    assert (dropped.batch_ids, dropped.n_images) == (("batch_0",), 30)
    found = batched(two_batches, every_s=0.01)
    assert found.done is not None
    assert (found.unknown, found.done.n_ok) == ((), 17)
    assert batched(two_batches, every_s=0.01).done is not None
    assert n_ok(two_batches) == N_OPEN


def test_a_refused_key_while_a_batch_is_looked_for_drops_nothing(store: Store, endpoint: ScriptedEndpoint):
    batched(store)
    lose_ids(store)
    refused = replace(rules.wrong_key(), applies=lambda asked: (asked.method, asked.path) == ("GET", "/v1/batches"))
    endpoint.add(refused, path="/v1/batches")
    with pytest.raises(CaptionError, match="refuses the key"):
        batched(store)
    assert batched(store, every_s=0.01).done is not None
    assert (n_ok(store), n_submitted(endpoint), len(endpoint.asked)) == (N_OPEN, 1, N_OPEN)
