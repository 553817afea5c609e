"""The caption as second segment of the text: what it changes, what it may not, and models that know of none."""

import json
from dataclasses import replace

import numpy as np
import PIL.Image
import pytest

from msa_core import Classifier, checkpoint
from msa_core.batches import Ragged, encode, make_batch
from msa_core.presets import Asked, clara_config
from msa_core.scoring import score
from tests.msa_core.clara_by_hand import LABELS, TEXTS, network, posts

KIND, LENGTH = "pixels:pixels-1:none", 12
CAPTION = "a sunny day in a room"
BEFORE_CAPTIONS = {
    "task", "labels", "vision", "text", "image_size", "max_length", "width", "n_layers", "n_heads", "dropout",
    "trains", "lora_rank", "lora_alpha", "lora_dropout", "precision", "is_masked",
}  # fmt: skip


@pytest.fixture(scope="module")
def made():
    return network(captions=KIND, caption_length=LENGTH)


@pytest.fixture(scope="module")
def tokenizer(made):
    return made[1].tokenizer


def segments(tokenizer, texts, captions, max_length=24, length=LENGTH) -> list[list[int]]:
    tokens, _ = encode(texts, tokenizer, max_length, captions=captions, caption_length=length)
    return [tokens.values[start:end].tolist() for start, end in zip(tokens.starts, tokens.starts[1:], strict=False)]


def test_text_and_caption_are_one_sequence_of_two_segments(tokenizer):
    (found,) = segments(tokenizer, ["lovely day"], [CAPTION])
    marks = tokenizer.cls_token_id, tokenizer.sep_token_id
    text, caption = (tokenizer(words, add_special_tokens=False)["input_ids"] for words in ("lovely day", CAPTION))
    assert found == [marks[0], *text, marks[1], *caption[: LENGTH - 1], marks[1]]


def test_a_long_text_leaves_the_caption_its_room(tokenizer):
    (found,) = segments(tokenizer, ["so lovely " * 200], [CAPTION])
    (short,) = segments(tokenizer, ["so"], [CAPTION])
    (alone,) = segments(tokenizer, ["so"], [None])
    assert len(alone) < len(short)
    assert found[24:] == short[len(alone) :]


def test_each_segment_is_cut_on_its_own_marks_included(tokenizer):
    (found,) = segments(tokenizer, ["so lovely " * 200], [CAPTION * 50])
    assert len(found) == 24 + LENGTH
    assert (found[23], found[-1]) == (tokenizer.sep_token_id,) * 2
    (alone,) = segments(tokenizer, ["so lovely " * 200], [None])
    assert found[:24] == alone


@pytest.mark.parametrize("nothing", [[None], [""], ["  \n"], []])
def test_a_post_without_a_caption_is_its_text_token_by_token(tokenizer, nothing):
    plain, _ = encode(["lovely day"], tokenizer, 24)
    assert segments(tokenizer, ["lovely day"], nothing) == [plain.values.tolist()]


def test_a_model_that_reads_no_captions_is_given_none(tokenizer):
    assert segments(tokenizer, TEXTS[:3], [CAPTION] * 3, length=0) == segments(tokenizer, TEXTS[:3], [])


def test_a_caption_alone_gives_a_post_words(tokenizer):
    _, has_words = encode([None, None, " ", "so"], tokenizer, 24, captions=[CAPTION, None, "", None], caption_length=9)
    assert has_words.tolist() == [True, False, False, True]
    _, has_words = encode([None], tokenizer, 24, captions=[CAPTION])
    assert has_words.tolist() == [False]


def told(towers, captions):
    """Twelve posts with these captions."""
    tokens, has_text = encode(TEXTS[:12], towers.tokenizer, 24, captions=captions, caption_length=LENGTH)
    return replace(posts(towers, 12, has_labels=False), tokens=tokens, has_text=has_text)


def test_captions_of_others_and_their_padding_change_nothing(made):
    clara, towers = made
    some = [CAPTION if n % 3 == 0 else None for n in range(12)]
    mixed, silent = score(clara, told(towers, some)), score(clara, told(towers, [None] * 12))
    alone = score(clara, told(towers, some), batch_size=1)
    for name in ("pair", "text", "image"):
        np.testing.assert_allclose(getattr(mixed, name), getattr(alone, name), atol=1e-5)
        without = [n for n in range(12) if n % 3]
        np.testing.assert_allclose(getattr(mixed, name)[without], getattr(silent, name)[without], atol=1e-5)


def test_a_caption_is_heard_by_the_text_and_never_by_the_image(made):
    clara, towers = made
    with_captions, without = score(clara, told(towers, [CAPTION] * 12)), score(clara, told(towers, [None] * 12))
    np.testing.assert_array_equal(with_captions.image, without.image)
    for name in ("pair", "text"):
        assert not np.allclose(getattr(with_captions, name), getattr(without, name), atol=1e-4)


def test_tiny_towers_have_positions_for_both_segments(made):
    assert made[1].tokenizer.model_max_length == 24 + LENGTH
    wide, its = network(max_length=60, caption_length=40, captions=KIND)
    assert wide.text.config.max_position_embeddings == 100
    tokens, has_text = encode(["so " * 200], its.tokenizer, 60, captions=[CAPTION * 50], caption_length=40)
    one = replace(posts(its, 1, has_labels=False), tokens=tokens, has_text=has_text, images=Ragged.of([[0]]))
    assert make_batch(one, np.arange(1)).tokens.shape == (1, 100)
    assert np.isfinite(score(wide, one).pair).all()


def test_settings_without_captions_say_nothing_of_them():
    silent, telling = (
        clara_config(Asked(towers="tiny").reading(kind, 48), "sentiment", LABELS, is_masked=True)
        for kind in (None, KIND)
    )
    assert set(silent.plain()) == BEFORE_CAPTIONS
    assert telling.plain() == {**silent.plain(), "captions": KIND, "caption_length": 48}
    assert silent.caption_length == 0


def test_a_checkpoint_from_before_captions_is_one_without_them(tmp_path):
    clara, towers = network()
    checkpoint.save(clara, towers.tokenizer, tmp_path, {})
    assert set(json.loads((tmp_path / "config.json").read_text())) == BEFORE_CAPTIONS
    loaded, _ = checkpoint.load(tmp_path)
    assert loaded.config == clara.config
    assert (loaded.config.captions, loaded.config.caption_length) == (None, 0)
    classifier, plain = Classifier.from_pretrained(tmp_path), posts(towers, 12, has_labels=False)
    np.testing.assert_array_equal(score(loaded, plain).pair, score(clara, plain).pair)
    assert classifier.predict(None, "lovely day", CAPTION) == classifier.predict(None, "lovely day")


@pytest.fixture(scope="module")
def classifier(made, tmp_path_factory):
    clara, towers = made
    folder = tmp_path_factory.mktemp("captioned")
    checkpoint.save(clara, towers.tokenizer, folder, {})
    assert checkpoint.config_of(folder) == clara.config
    return Classifier.from_pretrained(folder)


def test_the_classifier_reads_captions_where_its_model_does(classifier):
    picture = PIL.Image.fromarray(np.full((40, 50, 3), 90, dtype=np.uint8))
    captions = [CAPTION, None, "a table"]
    together = classifier.predict_batch([picture] * 3, ["lovely"] * 3, captions)
    for caption, answer in zip(captions, together, strict=True):
        alone = classifier.predict(picture, "lovely", caption)
        assert alone.probs == pytest.approx(answer.probs, abs=1e-5)
    assert together[0].probs != together[1].probs
    assert together[0].image_probs == pytest.approx(together[1].image_probs, abs=1e-5)


def test_names_that_an_image_shows_are_masked_like_those_of_a_text(classifier):
    named = classifier.predict(None, "lovely", "a screenshot by @jane_doe, see http://t.co/abc")
    assert named == classifier.predict(None, "lovely", "a screenshot by @user, see <url>")


def test_as_many_captions_as_texts(classifier):
    with pytest.raises(ValueError, match="2 captions for 1 texts"):
        classifier.predict_batch([None], ["one"], [None, None])
