"""A checkpoint as a folder, and as a function."""

import io

import numpy as np
import PIL.Image
import pytest
import torch

from msa_core import Classifier, checkpoint
from msa_core.errors import MissingWeights
from tests.msa_core.clara_by_hand import LABELS, network


@pytest.fixture(scope="module", params=["all", "lora", "hybrid"])
def folder(request, tmp_path_factory):
    place = tmp_path_factory.mktemp(request.param)
    clara, towers = network(trains=request.param, lora_rank=0 if request.param == "all" else 2)
    for name, weights in clara.named_parameters():
        if ".lora_B" in name:
            torch.nn.init.normal_(weights)
    checkpoint.save(clara, towers.tokenizer, place, {"best_epoch": 1})
    return place


def _picture(shade: int) -> PIL.Image.Image:
    return PIL.Image.fromarray(np.full((40, 50, 3), shade, dtype=np.uint8))


def test_a_folder_gives_back_the_same_network(folder):
    rank = 0 if folder.name.startswith("all") else 2
    clara, _ = network(trains=checkpoint.config_of(folder).trains, lora_rank=rank)
    loaded, _ = checkpoint.load(folder)
    assert loaded.config == clara.config
    assert [name for name, _ in loaded.named_parameters()] == [name for name, _ in clara.named_parameters()]
    assert not loaded.training


def test_saving_twice_gives_the_same_bytes(folder, tmp_path):
    loaded, tokenizer = checkpoint.load(folder)
    checkpoint.save(loaded, tokenizer, tmp_path / "again", {"best_epoch": 1})
    assert checkpoint.digest(tmp_path / "again") == checkpoint.digest(folder)
    assert not [path for path in folder.rglob("*") if path.suffix in (".pt", ".bin", ".pkl")]


def test_an_answer_has_label_confidence_and_probs_of_each_modality(folder):
    answer = Classifier.from_pretrained(folder).predict(_picture(90), "lovely sunny day")
    assert answer.label == max(answer.probs, key=answer.probs.__getitem__)
    assert answer.confidence == answer.probs[answer.label]
    for probs in (answer.probs, answer.text_probs, answer.image_probs):
        assert tuple(probs) == LABELS
        assert sum(probs.values()) == pytest.approx(1, abs=1e-5)


def test_a_path_its_bytes_and_its_picture_are_one_image(folder, tmp_path):
    written = io.BytesIO()
    _picture(120).save(written, "PNG")
    (tmp_path / "post.png").write_bytes(written.getvalue())
    pictures = [tmp_path / "post.png", str(tmp_path / "post.png"), written.getvalue(), _picture(120)]
    answers = Classifier.from_pretrained(folder).predict_batch(pictures, ["a table"] * 4)
    for answer in answers[1:]:
        assert answer.probs == pytest.approx(answers[0].probs, abs=1e-6)


def test_a_turned_photograph_is_upright_from_its_path_and_as_a_picture(folder, tmp_path):
    """Half black, half white, and the camera was held on its side: orientation 6."""
    photo, turned = PIL.Image.new("RGB", (64, 48)), PIL.Image.Exif()
    photo.paste("white", (0, 24, 64, 48))
    turned[274] = 6
    photo.save(tmp_path / "photo.jpg", exif=turned)
    classifier = Classifier.from_pretrained(folder)
    with PIL.Image.open(tmp_path / "photo.jpg") as opened:
        shown = [classifier.encode([one], [None]).pixels for one in (tmp_path / "photo.jpg", opened, photo)]
    np.testing.assert_allclose(shown[1], shown[0], atol=8)
    assert np.abs(shown[2].astype(int) - shown[0]).max() > 200


def test_posts_may_lack_a_modality_or_have_several_images(folder):
    classifier = Classifier.from_pretrained(folder)
    pictures = [None, _picture(10), [_picture(10), _picture(200)], None]
    several = classifier.predict_batch(pictures, ["awful rain", None, "a table", None])
    assert [answer.image_probs is None for answer in several] == [True, False, False, True]
    assert [answer.text_probs is None for answer in several] == [False, True, False, True]
    assert all(np.isfinite(answer.confidence) for answer in several)


def test_a_batch_says_what_each_post_says_alone(folder):
    classifier = Classifier.from_pretrained(folder)
    pictures, texts = [_picture(10), None, _picture(99)], ["awful rain again so so", "a table", "lovely"]
    together = classifier.predict_batch(pictures, texts)
    for picture, text, answer in zip(pictures, texts, together, strict=True):
        assert classifier.predict(picture, text).probs == pytest.approx(answer.probs, abs=1e-5)


def test_names_and_links_are_masked_as_they_were_in_training(folder):
    classifier = Classifier.from_pretrained(folder)
    named = classifier.predict(None, "lovely day @jane_doe http://t.co/abc")
    assert named == classifier.predict(None, "lovely day @user <url>")


def test_a_folder_without_a_checkpoint_says_so(tmp_path):
    with pytest.raises(MissingWeights, match="msa train clara"):
        Classifier.from_pretrained(tmp_path)


def test_as_many_images_as_texts(folder):
    with pytest.raises(ValueError, match="2 images for 1 texts"):
        Classifier.from_pretrained(folder).predict_batch([None, None], ["one"])
