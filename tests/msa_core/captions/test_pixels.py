"""The embedded captioner: what it measures is so, and it says no more."""

import asyncio
import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from msa_core.captions.captioner import Rejected
from msa_core.captions.gate import refused
from msa_core.captions.pixels import Pixels, described
from msa_core.captions.prompts import prompt_named


def as_png(image: Image.Image) -> bytes:
    written = io.BytesIO()
    image.save(written, "PNG")
    return written.getvalue()


def plain(colour: str, size: tuple[int, int] = (200, 200)) -> bytes:
    return as_png(Image.new("RGB", size, colour))


@pytest.mark.parametrize("colour", ["black", "white", "red", "green", "blue", "yellow", "purple", "pink", "orange"])
def test_a_plain_image_is_of_its_colour(colour: str):
    assert f"mostly {colour};" in described(plain(colour))


def test_two_halves_are_two_colours():
    image = Image.new("RGB", (100, 100), "blue")
    image.paste("white", (0, 0, 40, 100))
    assert "mostly blue and white;" in described(as_png(image))


@pytest.mark.parametrize(
    ("size", "words"),
    [((300, 100), "wider than high"), ((100, 300), "higher than wide"), ((100, 105), "nearly square")],
)
def test_the_shape_is_that_of_the_image(size: tuple[int, int], words: str):
    assert words in described(plain("grey", size))


def test_light_and_contrast_are_measured():
    assert "dark, low contrast" in described(plain("black"))
    assert "bright, low contrast" in described(plain("white"))
    chess = (np.indices((96, 96)).sum(0) // 12 % 2 * 255).astype(np.uint8)
    assert "high contrast" in described(as_png(Image.fromarray(chess)))


def test_grain_and_flat_areas_are_told_apart():
    noise = np.random.default_rng(0).integers(60, 200, (300, 300, 3), dtype=np.uint8)
    assert "grain as in a photograph" in described(as_png(Image.fromarray(noise)))
    assert "flat areas as in a screenshot" in described(plain("white"))


def test_writing_has_more_fine_edges_than_none():
    page = Image.new("RGB", (192, 192), "white")
    draw = ImageDraw.Draw(page)
    for line in range(4, 184, 12):
        draw.text((4, line), "some words that fill a line of it", fill="black")
    share = int(described(as_png(page)).rpartition("on ")[2].partition("%")[0])
    assert share > 10
    assert "on 0% of the area" in described(plain("white"))


def test_it_says_the_same_every_time_and_its_words_would_pass_the_gate():
    data = plain("red", (64, 48))
    first, second = (asyncio.run(Pixels().say(data)).caption for _ in range(2))
    assert first == second
    assert refused(first, prompt=prompt_named("objective")) is None


def test_a_file_that_is_no_image_is_rejected():
    with pytest.raises(Rejected):
        described(b"no image")
