"""Image files to facts, refusals and pixels."""

import io
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image as Picture

from msa_core.images import MAX_BYTES, dhash, pixels, read_image
from msa_core.records import Image
from msa_core.refusals import Refusal
from msa_core.sample_dump.encoding import huge_png
from tests.msa_core.dump_files import encoded, jpeg, picture

RAMP = np.tile(np.arange(0, 252, 4, dtype=np.uint8), (56, 1))  # (56, 63): ever lighter to the right


def taken(data: bytes) -> Image:
    image = read_image(data)
    assert isinstance(image, Image), image
    return image


def refused(data: bytes) -> str:
    refusal = read_image(data)
    assert isinstance(refusal, Refusal), refusal
    return str(refusal.reason)


def distance(one: int, other: int) -> int:
    return (one ^ other).bit_count()


def test_an_image_is_its_bytes_and_what_its_header_says():
    data = encoded(picture(width=96, height=64))
    image = taken(data)
    assert (image.width, image.height, image.format, image.mode) == (96, 64, "JPEG", "RGB")
    assert (image.bytes, image.n_bytes) == (data, len(data))
    assert len(image.image_sha256) == 64


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_the_hash_says_where_an_image_grows_lighter(form: str):
    assert taken(encoded(Picture.fromarray(RAMP), form)).dhash == 2**64 - 1
    assert taken(encoded(Picture.fromarray(RAMP[:, ::-1].copy()), form)).dhash == 0


def test_the_top_row_is_the_highest_byte_of_the_hash():
    upper = np.where(np.arange(56)[:, None] < 7, RAMP, RAMP[:, ::-1])
    assert taken(encoded(Picture.fromarray(upper), "PNG")).dhash == 0xFF << 56


@pytest.mark.parametrize("seed", range(8))
def test_a_resized_and_recompressed_copy_has_nearly_the_same_hash(seed: int):
    whole = picture(seed, 480, 360)
    copy = encoded(whole.resize((300, 225)), quality=60)
    assert distance(taken(encoded(whole, quality=90)).dhash, taken(copy).dhash) <= 4


@pytest.mark.parametrize("seed", range(8))
def test_decoding_a_jpeg_small_changes_its_hash_hardly(seed: int):
    data = encoded(picture(seed, 640, 480))
    with Picture.open(io.BytesIO(data)) as whole:
        assert distance(dhash(whole.convert("RGB")), taken(data).dhash) <= 2


def test_unlike_images_have_unlike_hashes():
    hashes = [taken(jpeg(seed)).dhash for seed in range(12)]
    assert min(distance(one, other) for n, one in enumerate(hashes) for other in hashes[:n]) > 10


ODD = {
    "cmyk": (encoded(picture().convert("CMYK")), "CMYK"),
    "grey": (encoded(picture().convert("L")), "L"),
    "palette": (encoded(picture().quantize(32), "PNG"), "P"),
    "see-through palette": (encoded(picture().quantize(32), "PNG", transparency=0), "P"),
    "rgba": (encoded(picture().convert("RGBA"), "PNG"), "RGBA"),
    "grey and alpha": (encoded(picture().convert("LA"), "PNG"), "LA"),
    "one bit": (encoded(picture().convert("1"), "PNG"), "1"),
    "sixteen bits": (encoded(Picture.fromarray(RAMP.astype(np.uint16) * 257), "PNG"), "I;16"),
    "float": (encoded(Picture.fromarray(RAMP.astype(np.float32)), "TIFF"), "F"),
    "animated": (encoded(picture(), "GIF", save_all=True, append_images=[picture(1)]), "P"),
    "webp": (encoded(picture(), "WEBP"), "RGB"),
    "progressive": (encoded(picture(), "JPEG", progressive=True), "RGB"),
}


@pytest.mark.parametrize("name", ODD)
def test_unusual_images_are_taken_and_become_rgb(name: str):
    data, mode = ODD[name]
    assert taken(data).mode == mode
    assert pixels(data, 16).shape == (16, 16, 3)


def test_sixteen_bits_keep_their_shades():
    data, _ = ODD["sixteen bits"]
    assert taken(data).dhash == 2**64 - 1
    assert np.ptp(pixels(data, 16).astype(int)) > 200


def test_what_is_see_through_lies_on_white():
    clear = Picture.new("RGBA", (40, 40), (0, 0, 0, 0))
    assert pixels(encoded(clear, "PNG"), 8).min() == 255


def test_of_an_animation_the_first_frame_counts():
    red, blue = (Picture.new("RGB", (20, 20), colour) for colour in ("red", "blue"))
    data = encoded(red, "GIF", save_all=True, append_images=[blue])
    assert pixels(data, 4)[0, 0].tolist() == [255, 0, 0]


def test_a_photograph_is_turned_as_the_camera_says():
    exif = Picture.Exif()
    exif[0x0112] = 6
    half = np.zeros((64, 64, 3), dtype=np.uint8)
    half[:, :32] = 255  # light on the left; turned by 90 degrees: above
    seen = pixels(encoded(Picture.fromarray(half), exif=exif), 16)
    assert seen[2].min() > 200
    assert seen[13].max() < 55


def test_an_orientation_that_cannot_be_read_changes_nothing():
    data = encoded(picture(), exif=b"Exif\0\0MM\0*\0\0\0\x08broken")
    assert np.array_equal(pixels(data, 16), pixels(encoded(picture()), 16))


def test_pixels_show_the_whole_image():
    wide = np.zeros((50, 200, 3), dtype=np.uint8)
    wide[:, :100, 0] = 255
    wide[:, 100:, 2] = 255
    seen = pixels(encoded(Picture.fromarray(wide), "PNG"), 10)
    assert seen.dtype == np.uint8
    assert seen[:, 0].tolist() == [[255, 0, 0]] * 10
    assert seen[:, 9].tolist() == [[0, 0, 255]] * 10


def test_small_images_grow_to_the_size():
    assert pixels(encoded(picture(width=3, height=2)), 32).shape == (32, 32, 3)


@pytest.mark.parametrize("share", [0.25, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("options", [{}, {"progressive": True}])
def test_a_jpeg_that_ends_early_is_truncated(share: float, options: dict[str, bool]):
    data = encoded(picture(0, 400, 300), quality=90, **options)
    assert refused(data[: int(len(data) * share)]) == "truncated-image"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "WEBP"])
def test_a_file_that_ends_in_its_header_is_truncated(form: str):
    assert refused(encoded(picture(), form)[:18]) == "truncated-image"


def test_an_empty_file_is_no_image():
    assert refused(b"") == "empty-image"


@pytest.mark.parametrize(
    "data",
    [
        b"404 Not Found\r\n" * 40,
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%!PS-Adobe-3.0 EPSF",
        b"RIFFabcdWAVEfmt ",
    ],
    ids=["text", "svg", "postscript", "sound"],
)
def test_what_only_bears_the_name_is_not_an_image(data: bytes):
    assert refused(data) == "not-an-image"


def test_a_huge_image_in_a_small_file_is_refused_before_it_is_decoded():
    bomb = huge_png(13_000)
    assert len(bomb) < 30_000
    start = time.process_time()
    assert refused(bomb) == "image-too-large"
    assert time.process_time() - start < 0.2


def test_more_pixels_than_pillow_itself_allows_are_refused_too():
    assert refused(huge_png(20_000)) == "image-too-large"


def test_a_file_of_too_many_bytes_is_not_opened():
    assert refused(b"\xff\xd8\xff" + bytes(MAX_BYTES)) == "image-too-large"


def test_a_whole_file_with_damaged_pixels_is_broken():
    data = bytearray(encoded(picture(0, 200, 200), "PNG"))
    start = data.index(b"IDAT") + 4
    data[start : start + 40] = bytes(40)
    assert refused(bytes(data)) == "broken-image"


def test_threads_see_what_one_thread_sees():
    files = [jpeg(seed) for seed in range(24)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(read_image, files)) == [read_image(data) for data in files]
