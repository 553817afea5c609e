"""An image as a page or a screen shows it: a JPEG of bounded size, upright, opaque."""

import base64
import io

import PIL.Image

from msa_core.images import DECODER_ERRORS, FORMATS, upright


def shown(raw: bytes, *, widest: int) -> bytes | None:
    """A JPEG of at most `widest` pixels a side; None where the file cannot be read."""
    try:
        with PIL.Image.open(io.BytesIO(raw), formats=list(FORMATS)) as image:
            image.draft("RGB", (widest, widest))
            small = upright(image).convert("RGB")
            small.thumbnail((widest, widest), PIL.Image.Resampling.BICUBIC)
    except DECODER_ERRORS:
        return None
    written = io.BytesIO()
    small.save(written, "JPEG", quality=80)
    return written.getvalue()


def data_url(jpeg: bytes) -> str:
    """The image within the address itself."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
