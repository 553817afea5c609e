"""Steps of scheduled flows, each on its own: where new posts are placed, and what captions may cost."""

from errno import ENOSPC
from pathlib import Path
from types import SimpleNamespace

import pytest
from prefect.states import Failed

from flows.caption_options import FREE, paying_of
from flows.patience import another_works, may_pass
from flows.review_push import Asked
from flows.reviewing import known_subject
from flows.scheduled.curate import asked_of, describe
from flows.scheduled.score import place
from flows.scheduled.spending import unwatched
from flows.split import split
from tests.asking import rows
from tests.flows.filled_store import filled
from tests.warehouse.conftest import a_post
from warehouse import LeaseHeld, Store, lease

ENDPOINT = "http://127.0.0.1:1/v1"


def with_posts(store: Store, first: int, n: int) -> None:
    run = store.begin("ingest", parameters={"source": "mvsa"}, inputs=[str(first)], version=1)
    assert run is not None
    with run:
        run.write("posts", [a_post(str(number)) for number in range(first, first + n)])
        run.count("held", n)


def a_round(store: Store, name: str, opinion: str) -> None:
    """As a push commits it, without posts."""
    about = {"project": "msa-sentiment", "task": "sentiment", "round": name, "opinion": opinion}
    run = store.begin("review-push", parameters=about, inputs=[], version=1)
    assert run is not None
    with run:
        run.count("posts", 1)


def test_new_posts_are_placed_in_the_shares_that_were_asked_for_before(tmp_path: Path):
    store = Store.init(tmp_path / "store")
    with_posts(store, 0, 4)
    split(store, train=1, val=0, test=0, folds=4, seed=3)
    with_posts(store, 4, 4)
    assert place.fn(str(store.places.root)).words == "4 posts placed"
    (asked,) = rows(store, "select distinct train, val, test, folds, seed from split_runs")
    assert tuple(asked.values()) == (1, 0, 0, 4, 3)
    assert place.fn(str(store.places.root)).run_ids == ()


def test_one_process_at_a_time_places_posts(tmp_path: Path):
    store = Store.init(tmp_path / "store")
    with_posts(store, 0, 4)
    with lease(store.places, "split"), pytest.raises(LeaseHeld, match="split"):
        split(store)


@pytest.mark.parametrize(
    ("captioner", "url", "budget", "asked", "words"),
    [
        ("auto", ENDPOINT, None, "pixels", "--budget-usd with --prompt-price"),
        ("auto", ENDPOINT, 2.5, "auto", "at most $2.5 a run"),
        ("auto", "", None, "auto", ""),
        ("openai", ENDPOINT, None, "openai", "without a bound"),
        ("pixels", ENDPOINT, None, "pixels", ""),
    ],
)
def test_where_nobody_watches_no_endpoint_is_paid_without_a_budget(
    captioner: str, url: str, budget: float | None, asked: str, words: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MSA_VLM_BASE_URL", url)
    prices = (None, None) if budget is None else (0.1, 0.4)
    found, said = unwatched(captioner, paying_of(*prices, budget))
    assert found == asked
    assert words in said
    assert bool(said) == bool(words)


def test_the_step_says_why_nobody_was_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MSA_VLM_BASE_URL", ENDPOINT)
    monkeypatch.setenv("MSA_VLM_MODEL", "dear")
    done = describe.fn(str(filled(tmp_path / "store").places.root), "auto", FREE)
    assert done.of.startswith("pixels")
    assert done.run_ids
    assert "no budget is given for the endpoint" in done.words


def test_who_spends_waits_for_another_but_does_not_try_again():
    held, full = Failed(data=LeaseHeld("caption")), Failed(data=OSError(ENOSPC, "full"))
    first = SimpleNamespace(run_count=1)
    assert [may_pass(None, first, state) for state in (held, full)] == [True, True]
    assert [another_works(None, first, state) for state in (held, full)] == [True, False]
    assert describe.retry_condition_fn is another_works


def test_a_project_that_posts_were_pushed_to_keeps_its_way_and_a_new_one_takes_what_is_asked(tmp_path: Path):
    store, asked = Store.init(tmp_path / "store"), Asked(None, 20, 3, "ask")
    assert asked_of(store, "sentiment", asked) == Asked(None, 20, 3, "ask")
    for number, opinion in enumerate(("hidden", "shown")):
        a_round(store, f"{number:04}", opinion)
    assert asked_of(store, "sentiment", asked) == Asked(None, 20, None, "shown")
    with store.moment() as moment:
        again = known_subject(moment, project="msa-sentiment", task=None).screen.opinion
    a_round(store, "0002", again)  # as settle and reconcile commit it
    assert asked_of(store, "sentiment", asked) == Asked(None, 20, None, "shown")
    assert asked_of(store, "hate", asked) == Asked(None, 20, 3, "ask")
