"""What is sent of an image: bounded, upright, opaque, and without what its file says beside the picture."""

import io

import pytest
from PIL import Image

from msa_core.shown_image import shown


def jpeg(size: tuple[int, int] = (40, 30), mode: str = "RGB", **extra: object) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, 128).save(written, "JPEG", **extra)
    return written.getvalue()


def with_place() -> bytes:
    """A photograph that says where it was taken, on its side."""
    exif = Image.Exif()
    exif[274] = 6
    exif.get_ifd(34853)[1] = "N"
    return jpeg(exif=exif)


def test_a_plain_small_jpeg_goes_as_it_is():
    assert shown(raw := jpeg(), widest=40) is raw


def test_what_a_camera_wrote_into_the_file_stays_here_and_the_picture_stands_upright():
    sent = shown(with_place(), widest=40)
    assert sent is not None
    with Image.open(io.BytesIO(sent)) as image:
        assert (image.size, dict(image.getexif())) == ((30, 40), {})


@pytest.mark.parametrize(
    "raw", [jpeg((80, 60)), jpeg(mode="L"), jpeg(mode="CMYK"), jpeg(comment=b"by me"), jpeg(icc_profile=b"x" * 20)]
)
def test_everything_else_is_made_such_a_jpeg(raw: bytes):
    sent = shown(raw, widest=40)
    assert sent is not None
    with Image.open(io.BytesIO(sent)) as image:
        assert (image.format, image.mode, max(image.size)) == ("JPEG", "RGB", 40)
        assert [name for name, _ in image.applist] == ["APP0"]


@pytest.mark.parametrize("hidden", [b"where it was taken " * 500, b"and by whom \xff\xd9", b"\x00"])
def test_nothing_that_follows_the_end_of_a_picture_goes_along(hidden: bytes):
    sent = shown(jpeg() + hidden, widest=40)
    assert sent is not None
    assert hidden not in sent[-len(hidden) :]
    assert sent.endswith(b"\xff\xd9")
    assert len(sent) < 2 * len(jpeg())


def test_a_file_that_is_larger_than_its_picture_is_made_anew():
    raw = jpeg()
    padded = raw[:2] + b"\xff\xe0\x10\x00" + b"by whom".ljust(0xFFE, b" ") + raw[2:]
    sent = shown(padded, widest=40)
    assert sent is not None
    assert b"by whom" not in sent
    assert len(sent) < 40 * 30


@pytest.mark.parametrize("raw", [b"", b"no image", jpeg()[:50]])
def test_what_cannot_be_read_is_none(raw: bytes):
    assert shown(raw, widest=40) is None
