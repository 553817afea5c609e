"""The view `queue`: a cluster once, its hardest post; and what a person has looked at is out of it, twins too."""

from dataclasses import replace

import pytest

from msa_core.records import Cluster, Doubt, Model, Split
from tests.warehouse.conftest import Fill, a_post, an_answer
from warehouse import Store

LABELS = ("negative", "neutral", "positive")
ALONE, TWIN, HARDER_TWIN = "mvsa:alone", "mvsa:twin", "mvsa:twin-2"
STRENGTH = {ALONE: 0.4, TWIN: 0.5, HARDER_TWIN: 0.6}


@pytest.fixture
def queued(store: Store, fill: Fill) -> Store:
    """Two twins and a post of its own, all doubted."""
    fill(
        1,
        posts=[a_post(post_id.partition(":")[2]) for post_id in STRENGTH],
        clusters=[Cluster(p, "cluster-alone" if p == ALONE else "cluster-twins", "text") for p in STRENGTH],
        splits=[Split(post_id, "train", 0, False) for post_id in STRENGTH],
        models=[Model("clara-1", "clara", "sentiment", LABELS, "{}", None, "snapshot-1", 2, 1, "{}", "0" * 64, 1.0)],
        doubts=[Doubt(post_id, "clara-1", "entropy", strength) for post_id, strength in STRENGTH.items()],
    )
    return store


def queue(store: Store) -> list[str]:
    with store.moment() as moment:
        return moment.table("select post_id from queue order by place")["post_id"].to_pylist()


def test_of_twins_the_harder_one_alone_is_queued(queued: Store):
    assert queue(queued) == [HARDER_TWIN, ALONE]


@pytest.mark.parametrize("origin", ["label-studio", "simulated"])
@pytest.mark.parametrize("reviewed", [TWIN, HARDER_TWIN])
def test_a_post_that_was_reviewed_leaves_the_queue_and_takes_its_twins_along(
    queued: Store, fill: Fill, reviewed: str, origin: str
):
    fill(2, annotations=[an_answer(reviewed, "ann", "both", "positive", origin=origin)])
    assert queue(queued) == [ALONE]


def test_what_the_dump_says_or_a_reviewer_took_back_leaves_the_queue_as_it_is(queued: Store, fill: Fill):
    fill(2, annotations=[an_answer(TWIN, "dump-1", "both", "positive")])
    given = an_answer(ALONE, "ann", "both", "positive", origin="label-studio")
    fill(3, annotations=[given])
    assert queue(queued) == [HARDER_TWIN]
    withdrawn = replace(given, annotation_id="annotation-back", status="deleted", supersedes=given.annotation_id)
    fill(4, annotations=[withdrawn])
    assert queue(queued) == [HARDER_TWIN, ALONE]
