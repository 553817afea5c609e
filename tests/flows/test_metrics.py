"""The endpoint for Prometheus: numbers of the store, read when they are asked for, and only by this machine's name."""

from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flows.metrics import GAUGES, StoreFigures, serving
from msa_core.errors import MsaError
from msa_core.records import Reject
from tests.flows.filled_store import filled
from warehouse import Store


def got(url: str, **headers: str) -> tuple[int, str]:
    try:
        with urlopen(Request(url, headers=headers), timeout=30) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def values(text: str) -> dict[tuple[str, str], float]:
    return {
        (sample.name, sample.labels.get(GAUGES[name][1], "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        for name in GAUGES
        if GAUGES[name][0] == sample.name
    }


def test_prometheus_reads_what_the_store_holds(tmp_path: Path):
    store = filled(tmp_path / "store")
    with serving(store, port=0, pages=tmp_path) as at:
        status, text = got(f"{at}/metrics")
    found = values(text)
    assert status == 200
    assert found["msa_posts", "hand"] == found["msa_predictions", "clara-hand"] == 60
    assert found["msa_rejects", "missing-image"] == 3
    assert found["msa_queue_posts", ""] == 47
    assert found["msa_weighted_f1", "clara-hand"] == 0.63
    assert found["msa_champion", "clara-hand"] == 0  # it speaks for its task, but was never promoted
    assert found["msa_last_run_timestamp_seconds", "mine"] > 1.7e9


def test_every_figure_of_the_view_is_a_gauge(tmp_path: Path):
    with filled(tmp_path).moment() as moment:
        names = set(moment.table("select distinct name from store_figures")["name"].to_pylist())
    assert names <= set(GAUGES)


def test_the_store_is_asked_again_only_after_a_while(tmp_path: Path):
    store = filled(tmp_path, "ingested")
    patient, eager = StoreFigures(store), StoreFigures(store, lasts_s=0)

    def n_rejects(figures: StoreFigures) -> float:
        (family,) = [each for each in figures.collect() if each.name == "msa_rejects"]
        return sum(sample.value for sample in family.samples)

    assert n_rejects(patient) == n_rejects(eager) == 4
    _refuse_one_more(store)
    assert (n_rejects(patient), n_rejects(eager)) == (4, 5)


def _refuse_one_more(store: Store) -> None:
    run = store.begin("ingest", parameters={"source": "late", "format": "table"}, inputs=["one more"], version=1)
    assert run is not None
    with run:
        run.write("rejects", [Reject("late", "late.csv", 1, "empty-text", "1", "")])


def test_pages_are_served_and_nothing_else_and_to_no_stranger(tmp_path: Path):
    store = filled(tmp_path / "store", "empty")
    (tmp_path / "sentiment.html").write_text("<p>the page</p>")
    (tmp_path / "secret.txt").write_text("no")
    with serving(store, port=0, pages=tmp_path) as at:
        assert got(f"{at}/reports/sentiment.html") == (200, "<p>the page</p>")
        for path in ("secret.txt", "../secret.txt", "none.html", "%2e%2e/x.html"):
            assert got(f"{at}/reports/{path}")[0] == 404
        assert got(f"{at}/metrics", Host="evil.example")[0] == 403
        with pytest.raises(MsaError, match="--metrics-port"), serving(store, port=int(at[-5:]), pages=tmp_path):
            pass
