"""Training: it learns, it repeats itself, and a kill costs no bit."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from msa_core.batches import make_batch
from msa_core.checkpoint import heads
from msa_core.precision import precision_for
from msa_core.scoring import score
from msa_core.training import Recipe, loss_of, pace, train
from tests.msa_core.clara_by_hand import network, posts

RECIPE = Recipe(epochs=3, batch_size=16, learning_rate=2e-3, patience=3, seed=5)


class Killed(BaseException):
    """Stands for a process that ends between two steps."""


def _trained(work=None, killed_after=None, recipe=RECIPE, **changes):
    clara, towers = network(**changes)
    some, n_steps = posts(towers), 0

    def on_done(_: int) -> None:
        nonlocal n_steps
        n_steps += 1
        if n_steps == killed_after:
            raise Killed

    progress = train(clara, some.take(np.arange(48)), some.take(np.arange(48, 60)), recipe, work=work, on_done=on_done)
    return clara, progress


def _equal(one, other) -> bool:
    pairs = zip(one.state_dict().items(), other.state_dict().items(), strict=True)
    return all(name == other_name and torch.equal(a, b) for (name, a), (other_name, b) in pairs)


@pytest.fixture(scope="module")
def undisturbed():
    return _trained()


def test_it_learns_what_is_plain_to_see():
    clara, progress = _trained(recipe=Recipe(epochs=12, batch_size=16, learning_rate=3e-3, seed=5))
    _, towers = network()
    some = posts(towers)
    assert progress.best_f1 > 0.9
    assert (score(clara, some).pair.argmax(1) == some.labels).mean() > 0.9


def test_the_same_training_gives_the_same_weights(undisturbed):
    clara, progress = undisturbed
    again, same = _trained()
    assert _equal(clara, again)
    assert progress.curve == same.curve


@pytest.mark.parametrize("killed_after", [2, 4, 8])
def test_a_killed_training_goes_on_to_the_same_weights(undisturbed, tmp_path, killed_after):
    with pytest.raises(Killed):
        _trained(tmp_path / "work", killed_after)
    again, progress = _trained(tmp_path / "work")
    assert _equal(undisturbed[0], again)
    assert progress.curve == undisturbed[1].curve


def test_a_finished_training_is_not_done_again(undisturbed, tmp_path):
    _trained(tmp_path / "work")
    again, _ = _trained(tmp_path / "work", killed_after=1)
    assert _equal(undisturbed[0], again)


def test_only_adapters_and_heads_change():
    before, _ = network(trains="lora", lora_rank=2)
    after, _ = _trained(trains="lora", lora_rank=2)
    fixed = {name for name, weights in before.named_parameters() if not weights.requires_grad}
    old, new = before.state_dict(), after.state_dict()
    assert all(torch.equal(old[name], new[name]) for name in fixed)
    assert any(not torch.equal(old[name], new[name]) for name in heads(before))


def test_the_best_epoch_is_kept_and_patience_ends_the_training():
    recipe = Recipe(epochs=30, batch_size=16, learning_rate=0.0, patience=2, seed=5)
    _, progress = _trained(recipe=recipe)
    assert (progress.best_epoch, progress.n_epochs) == (0, 3)


def test_without_validation_the_epochs_are_fixed():
    clara, towers = network()
    progress = train(clara, posts(towers), None, RECIPE)
    assert (progress.n_epochs, progress.best_epoch) == (3, 2)
    assert {name for _, name, _ in progress.curve} == {"loss"}


def test_each_verification_head_has_its_own_loss():
    clara, towers = network()
    batch = make_batch(posts(towers), np.arange(12))
    logits = clara(batch)
    whole, alone = (loss_of(logits, batch, Recipe(verification=weight, smoothing=0)) for weight in (0.5, 0.0))
    parts = [torch.nn.functional.cross_entropy(each, batch.labels) for each in (logits.text, logits.image)]
    torch.testing.assert_close(whole - alone, 0.5 * sum(parts))


def test_a_post_of_weight_two_counts_twice_and_one_of_weight_none_not_at_all():
    clara, towers = network()
    some, recipe = posts(towers, 12), Recipe(smoothing=0)
    plain = make_batch(some, np.arange(4))
    weights = np.array([2.0, 1.0, 0.0, 0.5], dtype=np.float32)
    logits = clara(plain)

    def one_by_one(head: torch.Tensor) -> torch.Tensor:
        each = torch.nn.functional.cross_entropy(head, plain.labels, reduction="none")
        return (2.0 * each[0] + each[1] + 0.5 * each[3]) / 4

    expected = one_by_one(logits.pair) + 0.3 * (one_by_one(logits.text) + one_by_one(logits.image))
    weighed = make_batch(replace(some, weights=np.resize(weights, 12)), np.arange(4))
    torch.testing.assert_close(loss_of(logits, weighed, recipe), expected)


def test_weights_of_one_change_no_bit():
    (one, towers), (other, _) = network(), network()
    some = posts(towers)
    train(one, some, None, RECIPE)
    train(other, replace(some, weights=np.ones(len(some), dtype=np.float32)), None, RECIPE)
    assert _equal(one, other)


def test_the_pace_warms_up_and_ends_at_zero():
    steps = [pace(step, 100, 0.1) for step in range(101)]
    assert steps[0] < 0.1
    assert max(steps) == pytest.approx(1)
    assert steps.index(max(steps)) == 10
    assert steps[100] == pytest.approx(0, abs=1e-12)
    assert math.isclose(steps[55], 0.5, abs_tol=1e-9)


def test_precision_is_what_was_asked_or_what_is_fast():
    cpu = torch.device("cpu")
    assert precision_for("bf16", cpu, 8) == "bf16"
    assert precision_for("auto", cpu, 64) == "fp32"
    assert precision_for("auto", cpu, 768) in ("fp32", "bf16")


def test_bf16_trains_and_scores():
    clara, progress = _trained(precision="bf16")
    assert all(math.isfinite(value) for _, _, value in progress.curve)
    assert clara.config.precision == "bf16"
