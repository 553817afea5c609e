"""The gate's verdict: McNemar by hand, laws that any two models obey, and each reason to refuse or to wait."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from msa_core.comparison import model_against_model, paired_bootstrap
from msa_core.gate import Evidence, Latency, Limits, Verdict, evidence, mcnemar, verdict

LABELS = ("negative", "neutral", "positive")
USUAL = Limits()


def drawn(n_posts: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A truth of MVSA's shares, and answers of which about 70 % are right."""
    random = np.random.default_rng(seed)
    truth = random.choice(3, n_posts, p=(0.3, 0.1, 0.6))
    return truth, np.where(random.random(n_posts) < 0.7, truth, random.integers(0, 3, n_posts))


def sure(answers: np.ndarray, confidence: float = 0.8) -> np.ndarray:
    """Probs (N, 3) with these answers on top."""
    probs = np.full((len(answers), 3), (1 - confidence) / 2)
    probs[np.arange(len(answers)), answers] = confidence
    return probs


def found(truth: np.ndarray, challenger: np.ndarray, champion: np.ndarray, limits: Limits = USUAL) -> Evidence:
    """Both models are as sure as they are right."""
    probs = [sure(answers, max((answers == truth).mean(), 0.4)) for answers in (challenger, champion)]
    return evidence(truth, *probs, labels=LABELS, limits=limits, n_resamples=400)


def judged(truth: np.ndarray, challenger: np.ndarray, champion: np.ndarray, limits: Limits = USUAL) -> Verdict:
    return verdict(found(truth, challenger, champion, limits))


def mended(truth: np.ndarray, answers: np.ndarray, share: float, seed: int = 1) -> np.ndarray:
    """The answers, with a share of them made right."""
    return np.where(np.random.default_rng(seed).random(len(truth)) < share, truth, answers)


def spoiled(truth: np.ndarray, answers: np.ndarray, label: int, share: float) -> np.ndarray:
    """The answers, with a share of those to posts of one label made wrong."""
    is_hit = (truth == label) & (np.random.default_rng(2).random(len(truth)) < share)
    return np.where(is_hit, (truth + 1) % 3, answers)


@pytest.mark.parametrize(
    ("n_gained", "n_lost", "p"),
    [(0, 0, 1.0), (1, 0, 1.0), (5, 0, 2 / 32), (8, 2, 2 * (1 + 10 + 45) / 1024), (3, 3, 1.0), (0, 10, 2 / 1024)],
)
def test_mcnemar_by_hand(n_gained: int, n_lost: int, p: float):
    assert mcnemar(n_gained, n_lost) == pytest.approx(p)


def test_figures_by_hand_of_six_posts():
    truth = np.array([0, 0, 1, 1, 2, 2])
    of = found(truth, np.array([0, 0, 1, 1, 2, 0]), np.array([0, 1, 1, 1, 0, 2]))
    assert (of.n_posts, of.n_gained, of.n_lost, of.mcnemar_p) == (6, 2, 1, 1.0)
    assert of.whole[2].name == "accuracy"
    assert (of.whole[2].one, of.whole[2].other) == pytest.approx((5 / 6, 4 / 6))
    negative = of.by_label[0]
    assert (negative.label, negative.n_posts, negative.champion) == ("negative", 2, 0.5)
    assert negative.difference == pytest.approx(0.8 - 0.5)
    probs = sure(np.array([0, 0, 1, 1, 2, 0]), 0.9), sure(np.array([0, 1, 1, 1, 0, 2]), 0.8)
    of = evidence(truth, *probs, labels=LABELS, limits=USUAL)
    assert (of.ece.one, of.ece.other) == pytest.approx((0.9 - 5 / 6, 0.8 - 4 / 6))


def test_a_gain_in_every_label_is_promoted_and_said_in_words():
    truth, champion = drawn(800)
    said = judged(truth, mended(truth, champion, 0.5), champion)
    assert said.word == "promoted"
    assert said.why.startswith("promoted: weighted F1 rose by 0.")
    assert "no label of 50 or more test posts lost as much as 0.05 (800 test posts" in said.why


def test_a_loss_as_a_whole_is_refused():
    truth, champion = drawn(800)
    said = judged(truth, np.where(np.arange(800) < 160, (truth + 1) % 3, champion), champion)
    assert said.word == "refused"
    assert "weighted F1 fell by" in said.why


def test_a_gain_as_a_whole_does_not_buy_the_loss_of_a_label():
    truth, champion = drawn(2000)
    challenger = spoiled(truth, mended(truth, champion, 0.5), 1, 0.6)
    of = found(truth, challenger, champion)
    assert of.whole[0].low > 0
    assert [each.standing for each in of.by_label] == ["held", "lost", "held"]
    assert verdict(of).word == "refused"
    assert "refused: neutral fell by 0." in verdict(of).why


def test_a_label_of_few_posts_cannot_be_told_and_the_words_say_so():
    truth, champion = drawn(400)
    assert (truth == 1).sum() < 50
    of = found(truth, mended(truth, champion, 0.4), champion)
    wide = replace(of.by_label[1], difference=-0.04, low=-0.2, high=0.1)
    assert wide.n_posts == (truth == 1).sum()
    assert of.by_label[1].standing == "untold"
    assert verdict(of).word == "promoted"
    assert f"too few for an interval: {wide.n_posts} neutral" in verdict(of).why
    assert "too few posts to tell: neutral" in verdict(of).why
    strict = found(truth, mended(truth, champion, 0.02), champion, Limits(margin=0.0, fewest=1))
    assert "unclear" in {each.standing for each in strict.by_label}


def test_what_the_test_cannot_show_is_undecided():
    truth, champion = drawn(400)
    said = judged(truth, mended(truth, champion, 0.01), champion)
    assert said.word == "undecided"
    assert "which may be nothing" in said.why


def test_a_model_that_is_wrongly_sure_is_refused():
    truth, champion = drawn(800)
    better = mended(truth, champion, 0.4)
    of = evidence(truth, sure(better, 0.99), sure(champion, 0.75), labels=LABELS, limits=Limits(), n_resamples=400)
    assert of.ece.difference > 0.05
    assert of.ece.low > 0
    assert verdict(of).word == "refused"
    assert "calibration error" in verdict(of).why


def test_a_calibration_error_that_may_be_chance_is_a_doubt_and_no_fault():
    truth, champion = drawn(800)
    better = mended(truth, champion, 0.5)
    probs = sure(better, (better == truth).mean() - 0.06), sure(champion, (champion == truth).mean())
    of = evidence(truth, *probs, labels=LABELS, limits=USUAL)
    assert of.ece.difference > 0.05
    chancy = replace(of, ece=replace(of.ece, low=-0.01))
    assert verdict(chancy).word == "undecided"
    assert "its calibration error may be too high" in verdict(chancy).why


def test_what_else_is_doubted_and_remarked_stands_in_the_verdict():
    truth, champion = drawn(800)
    of = found(truth, mended(truth, champion, 0.5), champion)
    said = verdict(of, doubts=["no post of far was judged"], remarks=["2 left out"])
    assert said.word == "undecided"
    assert said.why.startswith("undecided: no post of far was judged (800 test posts")
    assert said.why.endswith("; 2 left out)")


def test_a_model_that_takes_three_times_as_long_is_refused_and_an_untimed_one_is_not():
    truth, champion = drawn(800)
    of = found(truth, mended(truth, champion, 0.4), champion)
    assert verdict(of, Latency(30.0, 10.0)).word == "refused"
    assert "it takes 30.0 ms a post, the champion 10.0 ms" in verdict(of, Latency(30.0, 10.0)).why
    assert {verdict(of, took).word for took in (Latency(19.0, 10.0), Latency(), Latency(9.0, None))} == {"promoted"}


def test_the_json_holds_every_figure_under_its_name():
    truth, champion = drawn(200)
    said = json.loads(found(truth, mended(truth, champion, 0.2), champion).json())
    assert set(said) >= {"n_posts", "weighted_f1", "macro_f1", "accuracy", "mcnemar_p", "ece", "champion_ece", "limits"}
    assert [each["label"] for each in said["labels"]] == list(LABELS)
    assert set(said["weighted_f1"]) == {"challenger", "champion", "difference", "low", "high"}


SWAPPED = {
    "promoted": {"refused"},
    "undecided": {"undecided", "refused"},
    "refused": {"promoted", "undecided", "refused"},
}
WORLDS = st.tuples(st.integers(20, 600), st.integers(0, 10_000), st.floats(0, 0.5), st.floats(0, 0.5))


@settings(max_examples=60, deadline=None)
@given(WORLDS)
def test_swapping_the_models_turns_promoted_into_refused(world: tuple[int, int, float, float]):
    n_posts, seed, share, spoils = world
    truth, champion = drawn(n_posts, seed)
    challenger = spoiled(truth, mended(truth, champion, share, seed), seed % 3, spoils)
    there, back = judged(truth, challenger, champion), judged(truth, champion, challenger)
    assert back.word in SWAPPED[there.word]
    assert there.word in SWAPPED[back.word]


@settings(max_examples=40, deadline=None)
@given(WORLDS)
def test_a_model_is_never_promoted_over_itself_and_the_order_of_posts_does_not_matter(world):
    n_posts, seed, share, _ = world
    truth, champion = drawn(n_posts, seed)
    challenger = mended(truth, champion, share, seed)
    assert judged(truth, champion, champion).word == "undecided"
    order = np.random.default_rng(seed).permutation(n_posts)
    there, here = found(truth[order], challenger[order], champion[order]), found(truth, challenger, champion)
    assert (there.whole, there.by_label, there.mcnemar_p) == (here.whole, here.by_label, here.mcnemar_p)
    assert verdict(there).word == verdict(here).word


def test_drawn_by_cells_or_by_posts_it_is_the_same_bootstrap():
    truth, champion = drawn(300)
    challenger = mended(truth, champion, 0.1)
    by_cells = model_against_model(truth, challenger, champion, labels=LABELS)
    by_posts = paired_bootstrap(truth, challenger[None], champion[None], labels=LABELS)
    for one, other in zip(by_cells, by_posts, strict=True):
        assert (one.name, one.one, one.other) == (other.name, pytest.approx(other.one), pytest.approx(other.other))
        assert (one.low, one.high) == (pytest.approx(other.low, abs=0.006), pytest.approx(other.high, abs=0.006))


def test_swapped_models_differ_by_the_negative_to_the_last_draw():
    truth, champion = drawn(120)
    challenger = mended(truth, champion, 0.1)
    there = model_against_model(truth, challenger, champion, labels=LABELS)
    back = model_against_model(truth, champion, challenger, labels=LABELS)
    for one, other in zip(there, back, strict=True):
        assert (one.difference, one.low, one.high) == pytest.approx((-other.difference, -other.high, -other.low))


def test_posts_and_answers_that_do_not_fit_are_named():
    truth, champion = drawn(90)
    with pytest.raises(ValueError, match="of 90 posts"):
        evidence(truth, sure(champion[:80]), sure(champion), labels=LABELS, limits=Limits())
