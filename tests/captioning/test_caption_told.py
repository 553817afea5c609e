"""What `msa caption` says, and its exit code: true, and with the cause."""

from dataclasses import asdict
from pathlib import Path

import pytest
import typer

from flows.caption import Captioned, caption, command, told_of
from flows.caption_batch import caption_batch
from flows.caption_ledger import Scope
from flows.caption_options import FREE, Paying
from flows.caption_plan import plan
from flows.captioners import Asked
from msa_core.captions.pace import Limits
from msa_core.captions.purse import Prices
from msa_core.errors import CaptionError
from tests.asking import rows
from tests.captioning import rules
from tests.captioning.scripted_endpoint import ScriptedEndpoint
from warehouse import Store
from warehouse.journal import Journal

QWEN = Asked("openai", timeout_s=5.0)
N_OPEN = 48


def described(store: Store, *, paying: Paying = FREE, **scope: object) -> Captioned:
    done = caption(store, asked=QWEN, scope=Scope(**scope), limits=Limits(4), paying=paying)  # type: ignore[arg-type]
    assert done is not None
    return done


def told(store: Store, **scope: object) -> str:
    return "\n".join(told_of(described(store, **scope)))


def test_where_nothing_was_mined_it_says_so(tmp_path: Path, endpoint: ScriptedEndpoint):
    empty = Store.init(tmp_path / "empty")
    assert "nothing to do: no post is hard yet: msa mine" in told(empty)
    assert "nothing to do: no post outside test has an image" in told(empty, posts="all")


def test_an_unknown_source_lists_those_that_there_are(store: Store, endpoint: ScriptedEndpoint):
    with pytest.raises(CaptionError, match=r"No source 'nosuch'\. Sources: hand"):
        described(store, source="nosuch")
    with pytest.raises(CaptionError, match="No source 'nosuch'"):
        plan(store, asked=QWEN, scope=Scope(source="nosuch"))


def test_images_that_a_batch_asks_about_are_said_to_be_under_way(store: Store, endpoint: ScriptedEndpoint):
    caption_batch(store, asked=QWEN, scope=Scope())
    assert "images are under way in a batch: msa caption-batch collects it" in told(store)


def test_where_every_image_has_its_caption_it_says_so(store: Store, endpoint: ScriptedEndpoint):
    described(store)
    assert "nothing to do: every image in question has its caption of openai (scripted-vlm)" in told(store)


def test_images_that_were_given_up_have_a_cause(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.failing(503), times=None)
    assert "2 images were given up for now (HTTP 503); the same command asks again" in told(store, limit=2)


def test_a_budget_below_one_image_is_an_error_before_any_call(store: Store, endpoint: ScriptedEndpoint):
    with pytest.raises(CaptionError, match=r"A budget of \$0.01 does not hold one image: \$3.*at most"):
        described(store, paying=Paying(Prices(1000.0, 1000.0), 0.01))
    assert endpoint.log.every == []


@pytest.mark.parametrize(("n_good", "code"), [(0, 1), (1, None)])
def test_the_exit_code_says_whether_anything_came(store: Store, endpoint: ScriptedEndpoint, n_good: int, code: int):
    if n_good:
        endpoint.add(rules.slow(0), times=n_good)
    endpoint.add(rules.failing(500), times=None)
    found = None
    try:
        command(store.places.root, captioner="openai", limit=3, at_once=1)
    except typer.Exit as ended:
        found = ended.exit_code
    assert found == code


def test_a_dry_run_knows_what_a_killed_command_left(store: Store, endpoint: ScriptedEndpoint):
    endpoint.add(rules.garbage(), times=2)  # a refusal is no caption, but the last word
    answers = [asdict(row) for row in described(store, limit=10).rows]
    killed = Store.open(left_behind(store, answers))
    found = plan(killed, asked=QWEN, scope=Scope())
    n_before = len(endpoint.asked)
    described(killed)
    assert found is not None
    assert found.n_calls == len(endpoint.asked) - n_before == N_OPEN - 10


def left_behind(store: Store, answers: list[dict]) -> Path:
    """The store as a kill leaves it: the answers in the journal, and no run of them."""
    for each in store.places.root.glob("facts/*/run_id=caption-*/*"):
        each.unlink()
    with Journal(store.places, "caption", "answers") as journal:
        journal.append_all([{"answer": answer} for answer in answers])
    assert not rows(store, "from captions")
    return store.places.root
