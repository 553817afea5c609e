"""When what captions are worth is a reason to train: it was measured since, and no model was judged on it. Nothing is
trained.
"""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.captions_read import AS_WORTHY, NONE, Captions
from flows.justification import Enough, justification
from flows.snapshot import snapshot
from msa_core.records import Promotion
from tests.flows.captioned_store import KIND
from tests.flows.drifting_store import commit
from tests.flows.test_captions_read import FORCED, half_captioned, measured
from tests.flows.test_mine import a_model
from warehouse import Store

NEVER = Enough(at_least=10_000, share=1)
HELPED, DID_NOT = 0.05, -0.05


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """`clara-old` is the champion and reads no captions; every other post has one."""
    store = half_captioned(tmp_path)
    judge(store, "old", "first", captions=None)
    return store


@pytest.fixture
def told(tmp_path: Path) -> Store:
    """The same, but it reads them."""
    store = half_captioned(tmp_path)
    judge(store, "old", "first", captions=KIND)
    return store


def judge(store: Store, name: str, verdict: str, *, captions: str | None) -> None:
    """A model of tiny towers that reads these captions, and the verdict on it; `first`: it stands."""
    is_first = verdict == "first"
    frozen = snapshot(store, captions=Captions(captions or NONE, is_forced=True))
    config = json.dumps({"config": {"vision": "tiny", "text": "tiny", "captions": captions}})
    model = replace(a_model(f"clara-{name}"), snapshot_id=frozen.snapshot_id, config=config)
    commit(store, "train", name, models=[model])
    before, word = (None, "promoted") if is_first else ("clara-old", verdict)
    by = "first" if is_first else "gate"
    row = Promotion(f"clara-{name}", datetime.now(UTC), before, word, by, "so", "{}", 0, None, None)
    commit(store, "gate", name, promotions=[row])


def why(store: Store, asked: Captions = AS_WORTHY) -> str | None:
    """The words on captions where they alone are a reason."""
    found = justification(store, "clara-old", NEVER, asked)
    words = [part for part in found.why.split("; ") if part.startswith("captions ")]
    assert found.is_justified == bool(words)
    return words[0] if words else None


def test_worth_that_was_shown_since_is_a_reason_until_a_model_that_reads_them_was_judged(store: Store):
    assert why(store) is None
    measured(store, HELPED)
    assert why(store) == f"captions {KIND} have shown their worth since clara-old was trained"
    judge(store, "without", "refused", captions=None)
    assert why(store) is not None
    judge(store, "with", "refused", captions=KIND)
    assert why(store) is None
    measured(store, HELPED, snapshot_id="snapshot-2")
    assert why(store) is not None


def test_worth_that_was_lost_since_is_a_reason_until_a_model_without_them_was_judged(told: Store):
    measured(told, HELPED)
    assert why(told) is None
    measured(told, DID_NOT, snapshot_id="snapshot-2")
    assert why(told) == f"captions {KIND}, which clara-old reads, do not show their worth any more"
    judge(told, "without", "undecided", captions=None)
    assert why(told) is None


def test_captions_whose_worth_nobody_measured_are_no_reason(told: Store):
    assert why(told) is None


def test_what_was_known_when_the_champion_was_trained_is_no_news(tmp_path: Path):
    store = half_captioned(tmp_path)
    measured(store, HELPED)
    judge(store, "old", "first", captions=None)
    assert why(store) is None


def test_what_somebody_forces_or_forbids_is_no_evidence(store: Store, tmp_path: Path):
    measured(store, DID_NOT)
    assert why(store, FORCED) is None
    measured(store, HELPED, snapshot_id="snapshot-2")
    assert why(store, Captions(NONE)) is None
    assert why(store, FORCED) is not None


def test_what_they_are_worth_to_other_towers_is_no_reason(store: Store):
    measured(store, HELPED, towers="small")
    assert why(store) is None
