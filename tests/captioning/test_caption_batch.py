"""`msa caption-batch` against a real HTTP endpoint with batches: asked once, collected once, whatever gets lost."""

import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.caption import caption
from flows.caption_batch import Batched, caption_batch
from flows.caption_ledger import Scope
from flows.caption_options import Paying
from flows.caption_plan import plan
from flows.captioners import Asked
from msa_core.captions.pace import Limits
from msa_core.captions.purse import Prices
from msa_core.errors import CaptionError
from tests.captioning import rules
from tests.captioning.scripted_endpoint import ScriptedEndpoint
from warehouse import Store
from warehouse.journal import Journal

QWEN = Asked("openai")
N_OPEN = 48


def batched(
    store: Store, *, limit: int | None = None, every_s: float | None = None, budget_usd: float | None = None
) -> Batched:
    paying = Paying(Prices(1.0, 2.0), budget_usd)
    return caption_batch(store, asked=QWEN, scope=Scope(limit=limit), paying=paying, every_s=every_s)


def n_submitted(endpoint: ScriptedEndpoint) -> int:
    return sum(each.method == "POST" and each.path == "/v1/batches" for each in endpoint.log.every)


def n_ok(store: Store) -> int:
    with store.moment() as moment:
        return int(moment.value("select count(*) from captions where status = 'ok'"))


def test_a_batch_is_submitted_then_collected_by_the_same_command(store: Store, endpoint: ScriptedEndpoint):
    first = batched(store)
    assert first.done is None
    assert n_ok(store) == 0
    later = batched(store)
    while later.done is None:
        later = batched(store)
    assert (later.done.n_ok, n_ok(store), n_submitted(endpoint)) == (N_OPEN - 1, N_OPEN, 1), "one is asked at once"
    assert later.done.cost_usd is not None
    assert len(endpoint.asked) == len({each.image for each in endpoint.asked}) == N_OPEN


def test_waiting_collects_in_one_command(store: Store, endpoint: ScriptedEndpoint):
    done = batched(store, limit=5, every_s=0.01).done
    assert done is not None
    assert done.n_ok == 5


def test_captions_of_a_batch_are_those_that_calls_one_by_one_would_not_make_again(
    store: Store, endpoint: ScriptedEndpoint
):
    batched(store, limit=5, every_s=0.01)
    done = caption(store, asked=QWEN, scope=Scope(), limits=Limits(4))
    assert done is not None
    assert done.n_ok == N_OPEN - 5


def test_a_batch_whose_id_was_lost_in_a_crash_is_found_again(store: Store, endpoint: ScriptedEndpoint):
    batched(store)
    journal = Journal(store.places, "caption", "batches")
    lines = [line for line in journal.read() if "batch_id" not in line]
    journal.fold()
    with journal:
        journal.append_all(lines)
    done = batched(store, every_s=0.01).done
    assert done is not None
    assert (n_ok(store), n_submitted(endpoint)) == (N_OPEN, 1)


def test_answers_that_were_collected_and_not_committed_are_not_lost(store: Store, endpoint: ScriptedEndpoint):
    batched(store)
    endpoint.shelf.looks = 0
    out = store.places.journal / "caption" / "batches.jsonl"
    kept = out.read_bytes()
    assert batched(store, every_s=0.01).done is not None
    out.write_bytes(kept)  # as if it had been killed before it forgot the batch
    again = batched(store, every_s=0.01).done
    assert again is not None
    assert n_ok(store) == N_OPEN
    with store.moment() as moment:
        assert moment.value("select count(*) from facts.captions") == N_OPEN


def test_what_an_expired_batch_did_not_answer_waits_for_the_next_one(store: Store, endpoint: ScriptedEndpoint):
    endpoint.shelf.end = "expired"
    first = batched(store, every_s=0.01).done
    assert first is not None
    assert 0 < first.n_ok < N_OPEN
    assert first.n_waiting == N_OPEN - first.n_ok
    endpoint.shelf.end = "completed"
    second = batched(store, every_s=0.01).done
    assert second is not None
    assert n_ok(store) == N_OPEN


def test_a_batch_that_failed_is_submitted_anew(store: Store, endpoint: ScriptedEndpoint):
    endpoint.shelf.end = "failed"
    first = batched(store, every_s=0.01).done
    assert first is not None
    assert first.n_ok == 1, "the one that was asked at once"
    endpoint.shelf.end = "completed"
    second = batched(store, every_s=0.01).done
    assert second is not None
    assert (n_ok(store), n_submitted(endpoint)) == (N_OPEN, 2)


def test_calls_one_by_one_leave_what_a_batch_is_asked_about(store: Store, endpoint: ScriptedEndpoint):
    batched(store, limit=40)
    done = caption(store, asked=QWEN, scope=Scope(), limits=Limits(4))
    assert done is not None
    assert done.n_ok == N_OPEN - 40


def test_answers_of_a_killed_command_are_not_asked_for_again_by_a_batch(store: Store, endpoint: ScriptedEndpoint):
    caption(store, asked=QWEN, scope=Scope(limit=6), limits=Limits(4))
    with store.moment() as moment:
        rows = moment.table("select * exclude (run_id, origin_run_id) from facts.captions").to_pylist()
    for path in store.places.root.glob("facts/*/run_id=caption-*"):
        shutil.rmtree(path)
    with Journal(store.places, "caption", "answers") as journal:
        journal.append_all([{"answer": row} for row in rows])
    done = batched(store, every_s=0.01).done
    assert done is not None
    assert (done.n_ok, n_ok(store)) == (N_OPEN - 6, N_OPEN)


def test_an_endpoint_without_batches_says_so(store: Store, endpoint: ScriptedEndpoint):
    endpoint.manners.has_batches = False
    with pytest.raises(CaptionError, match=r"no batches.*msa caption"):
        batched(store)
    assert caption(store, asked=QWEN, scope=Scope(), limits=Limits(4)).n_ok == N_OPEN  # type: ignore[union-attr]


def test_a_batch_holds_no_more_than_its_budget_does(store: Store, endpoint: ScriptedEndpoint):
    planned = plan(store, asked=QWEN, scope=Scope(limit=1), paying=Paying(Prices(1.0, 2.0)), draws_twice=False)
    assert planned is not None
    assert planned.most.cost_usd
    most_usd = planned.most.cost_usd
    done = batched(store, every_s=0.01, budget_usd=5.5 * most_usd).done
    assert done is not None
    assert 5 <= len(endpoint.asked) < 10  # a smaller image costs less
    assert done.cost_usd is not None
    assert done.cost_usd <= 5.5 * most_usd
    with pytest.raises(CaptionError, match="does not hold one image"):
        batched(store, budget_usd=most_usd / 100)


def test_an_image_that_cannot_be_decoded_is_refused_and_never_sent(store: Store, endpoint: ScriptedEndpoint):
    with store.moment() as moment:
        rows = moment.table("select * exclude (run_id, origin_run_id) from facts.images order by image_sha256")
    broken = rows.set_column(1, "bytes", pa.array([b"no image"] * rows.num_rows, pa.binary()))
    for path in store.places.root.glob("facts/images/run_id=ingest-*/*.parquet"):
        pq.write_table(broken.append_column("origin_run_id", pa.array([path.parent.name[7:]] * rows.num_rows)), path)
    done = batched(store, every_s=0.01).done
    assert done is not None
    assert (n_submitted(endpoint), done.n_ok, done.n_waiting) == (0, 0, 0)
    with store.moment() as moment:
        assert moment.value("select count(*) from captions where reason = 'unreadable-image'") == N_OPEN
    assert batched(store).done is not None
    assert n_submitted(endpoint) == 0


def test_a_refused_answer_is_drawn_again_in_the_next_batch(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.garbage())
    first = batched(store, limit=4, every_s=0.01).done
    assert first is not None
    assert (first.n_ok, first.n_failed, first.n_waiting) == (3, 0, 1)
    second = batched(store, limit=1, every_s=0.01).done
    assert second is not None
    assert [(row.attempt, row.status) for row in second.rows] == [(1, "ok")]


def test_another_captioner_does_not_touch_a_batch_that_is_under_way(store: Store, endpoint: ScriptedEndpoint):
    batched(store)
    with pytest.raises(CaptionError, match="under way"):
        caption_batch(store, asked=Asked("openai", prompt="ocr"), scope=Scope())


def test_an_endpoint_that_is_down_is_named(store: Store, endpoint: ScriptedEndpoint):
    endpoint.stop()
    with pytest.raises(CaptionError, match="goes on from there"):
        batched(store)
