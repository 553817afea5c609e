"""The Batch API of the scripted endpoint, by the official client: files up, a job, a look now and then, files down."""

import json
from collections.abc import Sequence

import openai
import pytest
from openai.types import Batch

from tests.captioning import rules
from tests.captioning.client_of import client, digest, jpeg, request
from tests.captioning.manners import KEY
from tests.captioning.plausible import description_of
from tests.captioning.scripted_endpoint import ScriptedEndpoint

NAMES = ("a", "b", "c", "d")


def job(endpoint: ScriptedEndpoint, names: Sequence[str] = NAMES, **metadata: str) -> Batch:
    urls = {"method": "POST", "url": "/v1/chat/completions"}
    lines = [{"custom_id": name, **urls, "body": request(jpeg(n))} for n, name in enumerate(names)]
    return submitted(endpoint, "\n".join(json.dumps(line) for line in lines).encode(), **metadata)


def submitted(endpoint: ScriptedEndpoint, data: bytes, **metadata: str) -> Batch:
    asking = client(endpoint.url)
    sent = asking.files.create(file=("lines.jsonl", data), purpose="batch")
    assert asking.files.content(sent.id).content == data
    return asking.batches.create(
        input_file_id=sent.id, endpoint="/v1/chat/completions", completion_window="24h", metadata=metadata
    )


def looked(endpoint: ScriptedEndpoint, batch: Batch, times: int) -> Batch:
    return [client(endpoint.url).batches.retrieve(batch.id) for _ in range(times)][-1]


def rows(endpoint: ScriptedEndpoint, file_id: str | None) -> list[dict]:
    text = client(endpoint.url).files.content(file_id).text if file_id else ""
    return [json.loads(line) for line in text.split("\n") if line]


def test_answers_come_after_some_looks_in_another_order_each_under_its_name(endpoint: ScriptedEndpoint):
    endpoint.shelf.looks = 3
    batch = job(endpoint)
    assert (batch.status, looked(endpoint, batch, 3).status, endpoint.asked) == ("validating", "in_progress", [])
    done = looked(endpoint, batch, 1)
    assert (done.status, done.error_file_id) == ("completed", None)
    found = rows(endpoint, done.output_file_id)
    assert [row["custom_id"] for row in found] == [*reversed(NAMES)]
    contents = {row["custom_id"]: row["response"]["body"]["choices"][0]["message"]["content"] for row in found}
    assert contents == {name: description_of(digest(jpeg(n))) for n, name in enumerate(NAMES)}
    assert [each.custom_id for each in endpoint.asked] == [*NAMES]


def test_a_line_that_fails_or_is_not_met_is_in_the_file_of_errors(endpoint: ScriptedEndpoint):
    endpoint.add(rules.failing(), image=digest(jpeg(0)))
    endpoint.add(rules.dropped(), image=digest(jpeg(1)))
    done = looked(endpoint, job(endpoint), 2)
    failed, unmet = rows(endpoint, done.error_file_id)
    assert (failed["custom_id"], failed["response"]["status_code"]) == ("a", 500)
    assert (unmet["custom_id"], unmet["response"], unmet["error"]["code"]) == ("b", None, "batch_expired")
    assert {row["custom_id"] for row in rows(endpoint, done.output_file_id)} == {"c", "d"}
    assert done.request_counts
    assert (done.request_counts.total, done.request_counts.completed, done.request_counts.failed) == (4, 2, 2)


def test_a_batch_that_expires_keeps_the_answers_so_far(endpoint: ScriptedEndpoint):
    endpoint.shelf.end = "expired"
    done = looked(endpoint, job(endpoint), 2)
    assert done.status == "expired"
    assert {row["custom_id"] for row in rows(endpoint, done.output_file_id)} == {"a", "b"}
    assert {row["error"]["code"] for row in rows(endpoint, done.error_file_id)} == {"batch_expired"}


def test_batches_are_listed_newest_first_with_what_one_noted_on_them(endpoint: ScriptedEndpoint):
    ids = [job(endpoint, run=f"run-{n}").id for n in range(5)]
    found = list(client(endpoint.url).batches.list(limit=2))  # page by page
    assert [batch.id for batch in found] == ids[::-1]
    assert [batch.metadata for batch in found] == [{"run": f"run-{n}"} for n in range(5)][::-1]


def test_a_name_that_stands_twice_fails_the_batch(endpoint: ScriptedEndpoint):
    batch = looked(endpoint, job(endpoint, ["a", "a"]), 1)
    assert (batch.status, batch.output_file_id) == ("failed", None)
    assert batch.errors
    assert "twice" in str(batch.errors.data)


def test_lines_that_are_no_requests_fail_the_batch(endpoint: ScriptedEndpoint):
    assert submitted(endpoint, b'{"custom_id": "a"}').status == "failed"
    assert submitted(endpoint, b"no json").status == "failed"


def test_a_cancelled_batch_stays_cancelled(endpoint: ScriptedEndpoint):
    batch = job(endpoint)
    assert client(endpoint.url).batches.cancel(batch.id).status == "cancelled"
    assert looked(endpoint, batch, 3).status == "cancelled"
    assert endpoint.asked == []


def test_faults_of_the_batch_paths_are_scripted_by_path(endpoint: ScriptedEndpoint):
    batch = job(endpoint)
    endpoint.add(rules.failing(503), path="/v1/batches")
    endpoint.add(rules.cut(), path="/v1/files")
    with pytest.raises(openai.InternalServerError):
        looked(endpoint, batch, 1)
    done = looked(endpoint, batch, 2)
    with pytest.raises(openai.APIConnectionError):
        rows(endpoint, done.output_file_id)
    assert len(rows(endpoint, done.output_file_id)) == len(NAMES)


def test_an_endpoint_without_batches_says_404(endpoint: ScriptedEndpoint):
    endpoint.manners.has_batches = False
    with pytest.raises(openai.NotFoundError):
        client(endpoint.url).batches.list()
    with pytest.raises(openai.NotFoundError):
        job(endpoint)
    assert KEY not in repr(endpoint.log.every)


def test_what_was_never_sent_is_not_there(endpoint: ScriptedEndpoint):
    asking = client(endpoint.url)
    with pytest.raises(openai.NotFoundError):
        asking.batches.retrieve("batch_9")
    with pytest.raises(openai.BadRequestError):
        asking.batches.create(input_file_id="file-9", endpoint="/v1/chat/completions", completion_window="24h")
