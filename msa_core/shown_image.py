"""An image as a page or a screen shows it: a JPEG of bounded size, upright, opaque."""

import base64
import io

import PIL.Image
import PIL.JpegImagePlugin

from msa_core.images import DECODER_ERRORS, FORMATS, upright

END = b"\xff\xd9"  # never stands within the coded picture, where ff is followed by 00


def shown(raw: bytes, *, widest: int) -> bytes | None:
    """A JPEG of at most `widest` pixels a side, without metadata (where it was taken, and by whom); the file itself
    where it is one already. None where the file cannot be read.
    """
    try:
        with PIL.Image.open(io.BytesIO(raw), formats=list(FORMATS)) as image:
            if _is_one(image, widest) and _is_bare(raw, image.width * image.height):
                return raw
            image.draft("RGB", (widest, widest))
            small = upright(image).convert("RGB")
            small.thumbnail((widest, widest), PIL.Image.Resampling.BICUBIC)
    except DECODER_ERRORS:
        return None
    small.info.clear()  # a comment would be written along
    written = io.BytesIO()
    small.save(written, "JPEG", quality=80)
    return written.getvalue()


def _is_one(image: PIL.Image.Image, widest: int) -> bool:
    if not isinstance(image, PIL.JpegImagePlugin.JpegImageFile) or image.mode != "RGB":
        return False
    return max(image.size) <= widest and all(name == "APP0" for name, _ in image.applist)  # that is JFIF: no metadata


def _is_bare(raw: bytes, n_pixels: int) -> bool:
    """Nothing follows the first end of an image, and no byte beside the picture could be many."""
    return raw.find(END) == len(raw) - len(END) and len(raw) <= n_pixels


def data_url(jpeg: bytes) -> str:
    """The image within the address itself."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()
