"""When a new model is justified, after a verdict by what its challenger could not learn, and when one that was begun is
gone on with. Nothing is trained.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import copytree

import pytest

from flows.challenger import begun, unfinished
from flows.drift import drift
from flows.justification import Enough, is_overtaken, justification
from flows.retrain import retrain
from flows.snapshot import snapshot
from msa_core.errors import GateError
from msa_core.records import Annotation, Promotion
from tests.asking import rows
from tests.flows.drifting_store import LABELS, arrive, commit, learned
from tests.flows.test_mine import a_model
from warehouse import Store

NEVER = Enough(at_least=10_000, share=1)  # by changed labels alone
NOTHING = (None,) * 7


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = learned(tmp_path_factory.mktemp("justified") / "store")
    decide(store, "clara-old", by="first")
    return store.places.root


@pytest.fixture
def store(made: Path, tmp_path: Path) -> Store:
    """`clara-old` is the champion; 15 changed labels of its 300 justify another."""
    return Store.open(copytree(made, tmp_path / "store"))


def decide(
    store: Store, model_id: str, *, by: str = "gate", verdict: str = "promoted", later: timedelta = timedelta(0)
) -> None:
    champions = [row["model_id"] for row in rows(store, "from champions")]
    at = datetime.now(UTC) + later
    row = Promotion(model_id, at, champions[0] if champions else None, verdict, by, "so", "{}", 0, None, None)
    commit(store, "gate", f"{model_id} {at}", promotions=[row])


def challenge(store: Store, model_id: str) -> None:
    """A model that learned from the labels of now."""
    model = replace(a_model(model_id), snapshot_id=snapshot(store, source="all").snapshot_id)
    commit(store, "train", model_id, models=[model])


def relabel(store: Store, numbers: range) -> None:
    """Two annotators more say something else of these posts."""
    late = [(f"old:{n:03}", LABELS[(n + 1) % 3], who) for n in numbers for who in "xy"]
    given = [Annotation(f"{post}-{who}", post, who, "both", label, None, "given", None, "dump", *NOTHING)
             for post, label, who in late]  # fmt: skip
    commit(store, "ingest", str(numbers), annotations=given)


def is_justified(store: Store, enough: Enough = Enough()) -> bool:  # noqa: B008 (frozen)
    return justification(store, "clara-old", enough).is_justified


@pytest.mark.parametrize("verdict", ["refused", "undecided"])
def test_labels_are_counted_since_the_last_challenger_that_was_judged(store: Store, verdict: str):
    relabel(store, range(130, 150))
    assert is_justified(store)
    challenge(store, "clara-new")
    decide(store, "clara-new", verdict=verdict)
    relabel(store, range(150, 151))
    found = justification(store, "clara-old", Enough())
    assert not found.is_justified
    assert f"; 1 labels changed since clara-new learned, which was {verdict}" in found.why
    relabel(store, range(151, 170))
    assert is_justified(store)


def test_a_model_that_was_rolled_back_is_not_made_again_for_one_label_more(store: Store):
    relabel(store, range(130, 150))
    challenge(store, "clara-new")
    decide(store, "clara-new", by="override")
    decide(store, "clara-old", by="rollback")
    relabel(store, range(150, 151))
    assert not is_justified(store)


def test_of_several_that_were_judged_the_youngest_labels_count_whenever_it_was(store: Store):
    challenge(store, "clara-early")
    relabel(store, range(130, 150))
    challenge(store, "clara-late")
    decide(store, "clara-late", verdict="refused")
    decide(store, "clara-early", verdict="refused")
    assert not is_justified(store)


def test_time_is_counted_since_the_last_verdict(store: Store):
    assert is_justified(store, replace(NEVER, days=0))
    challenge(store, "clara-new")
    decide(store, "clara-new", verdict="undecided", later=timedelta(hours=1))
    assert not is_justified(store, replace(NEVER, days=0))


def test_a_weekly_schedule_finds_a_verdict_of_last_week_old_enough():
    weekly = replace(NEVER, days=7)
    assert [weekly.is_old(days) for days in (0, 6.5, 6.7, 7)] == [False, False, True, True]
    assert not NEVER.is_old(10_000)


def strange(store: Store, numbers: range) -> None:
    """Posts of another world arrive, and drift is measured."""
    posts = {f"other:{n:03}": "pool" for n in numbers}
    arrive(store, posts, seed=numbers.start, longer=60)
    assert drift(store, at_most=0).is_drifted


def test_drift_justifies_once_and_again_where_enough_came_that_the_judged_could_not_learn(store: Store):
    strange(store, range(60))
    assert is_justified(store, NEVER)
    challenge(store, "clara-new")
    decide(store, "clara-new", verdict="undecided")
    assert not is_justified(store, NEVER)
    strange(store, range(60, 61))
    assert not is_justified(store, NEVER)
    strange(store, range(61, 91))
    assert is_justified(store, NEVER)


def test_drift_of_one_source_gives_way_to_a_later_measurement_of_all(store: Store):
    few, many = ({f"{name}:{n:03}": "pool" for n in range(size)} for name, size in (("other", 30), ("new", 300)))
    arrive(store, few, seed=1, longer=60, labelled=False)
    assert drift(store, source="other", at_most=0).is_drifted
    assert is_justified(store, NEVER)
    arrive(store, many, seed=2, labelled=False)
    assert not drift(store, at_most=0).is_drifted
    assert not is_justified(store, NEVER)


def test_what_was_begun_is_gone_on_with_by_the_same_command_until_labels_for_another_have_come(store: Store):
    relabel(store, range(130, 150))
    challenge = begun(store, "clara-old", None, None)
    relabel(store, range(150, 151))
    assert unfinished(store, "clara-old", None, None) == challenge
    assert unfinished(store, "clara-old", "clara-old", None) is None
    assert unfinished(store, "clara-old", None, 5) is None
    assert not is_overtaken(store, challenge.snapshot_id, Enough())
    relabel(store, range(151, 170))
    assert is_overtaken(store, challenge.snapshot_id, Enough())


@pytest.mark.parametrize("ended", ["judged", "in place", "in place again"])
def test_what_was_begun_is_forgotten_once_it_was_judged_or_somebody_decided(store: Store, ended: str):
    challenge(store, "clara-new")
    begun(store, "clara-old", None, None)
    assert unfinished(store, "clara-old", None, None) is not None
    decide(store, "clara-new", verdict="refused" if ended == "judged" else "promoted")
    if ended == "in place again":
        decide(store, "clara-old", by="rollback")
    assert unfinished(store, "clara-old", None, None) is None


def test_what_the_gate_could_never_compare_is_said_before_anything_is_trained(store: Store):
    model = replace(a_model("clara-wide", labels=(*LABELS, "mixed")), snapshot_id="snapshot-old")
    commit(store, "train", "wide", models=[model])
    decide(store, "clara-wide", by="override")
    n_runs = len(rows(store, "from runs"))
    with pytest.raises(GateError, match="No post of sentiment is labelled mixed any more"):
        retrain(store, force=True)
    assert len(rows(store, "from runs")) == n_runs
