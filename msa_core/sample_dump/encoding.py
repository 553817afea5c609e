"""Image files of the sample dump: ordinary JPEG, unusual files that are fine, and twins."""

import io
import struct
import zlib

import numpy as np
from PIL import Image

from msa_core.sample_dump.planning import Rng


def jpeg(image: Image.Image, quality: int = 85) -> bytes:
    """The file that a phone would have sent: baseline, in the image's own mode."""
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def twin(image: Image.Image, rng: Rng) -> bytes:
    """Resized by .6 to .9 and recompressed at 50 to 70: other bytes, the same picture."""
    share = rng.uniform(0.6, 0.9)
    smaller = image.resize((round(image.width * share), round(image.height * share)), Image.Resampling.LANCZOS)
    return jpeg(smaller, quality=int(rng.integers(50, 71)))


def odd(image: Image.Image, oddity: str) -> bytes:
    """The picture in a mode or format that dumps hold under `.jpg` now and then."""
    if oddity == "cmyk":
        return jpeg(image.convert("CMYK"))
    if oddity == "grey":
        return jpeg(image.convert("L"))
    buffer = io.BytesIO()
    if oddity == "palette":
        image.quantize(64).save(buffer, "PNG")
    elif oddity == "rgba":
        see_through = image.convert("RGBA")
        see_through.putalpha(200)
        see_through.save(buffer, "PNG")
    elif oddity == "sixteen-bit":
        Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257).save(buffer, "PNG")
    else:
        image.save(buffer, "GIF", save_all=True, append_images=[image.rotate(180)], duration=200, loop=0)
    return buffer.getvalue()


def huge_png(side: int = 13_000) -> bytes:
    """A black square of 1 bit a pixel: 20 KB that decode to half a gigabyte of RGB. Written row by row."""
    packer = zlib.compressobj(9)
    row = bytes(1 + (side + 7) // 8)
    pixels = b"".join(packer.compress(row * 100) for _ in range(side // 100)) + packer.compress(row * (side % 100))
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels + packer.flush()) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
