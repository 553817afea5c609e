"""The captioner where there is no vision-language model: a plain sentence of what can be measured, and no more."""

import asyncio
import io
import math
import time
from dataclasses import dataclass

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from msa_core.captions.captioner import UNREADABLE, Picture, Rejected, Said
from msa_core.captions.prompts import Prompt
from msa_core.images import DECODER_ERRORS, FORMATS, upright

SIDE = 96  # pixels: enough for colours, light and edges
COLOURS = {
    "black": (0, 0, 0),
    "grey": (128, 128, 128),
    "white": (255, 255, 255),
    "red": (200, 30, 30),
    "orange": (240, 140, 30),
    "yellow": (240, 220, 60),
    "green": (50, 140, 60),
    "turquoise": (70, 190, 190),
    "blue": (50, 90, 190),
    "purple": (120, 60, 150),
    "pink": (240, 160, 190),
    "brown": (120, 80, 50),
    "beige": (220, 200, 170),
}
NAMES = tuple(COLOURS)
VALUES = np.array(list(COLOURS.values()), dtype=np.float32)  # (K, 3)


@dataclass(frozen=True, slots=True)
class Pixels:
    """Embedded, free, the same every time; it says what it is and knows nothing of what an image shows."""

    name: str = "pixels"
    model: str = "pixels-1"
    prompt: Prompt | None = None
    parameters: str = "{}"
    timeout_s: float = math.inf

    def temperature_of(self, attempt: int) -> float | None:
        """Nothing is sampled."""
        return None

    def most_tokens(self, picture: Picture) -> tuple[int, int]:
        """Nothing is billed."""
        return 0, 0

    async def prepared(self, picture: Picture, attempt: int) -> bytes:
        """The file as it is."""
        return picture.data

    async def say(self, request: bytes) -> Said:
        """Raises Rejected where the file cannot be decoded."""
        started = time.perf_counter()
        caption = await asyncio.to_thread(described, request)
        return Said(caption, "stop", 0, 0, time.perf_counter() - started)


def described(data: bytes) -> str:
    """One sentence on colours, light, contrast, shape and kind. Raises Rejected."""
    try:
        with PIL.Image.open(io.BytesIO(data), formats=list(FORMATS)) as image:
            image.draft("RGB", (2 * SIDE, 2 * SIDE))
            shown = upright(image).convert("RGB")
    except DECODER_ERRORS as error:
        raise Rejected(UNREADABLE) from error
    colours = np.asarray(shown.resize((SIDE, SIDE), PIL.Image.Resampling.BOX))
    grey = colours.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    edges = np.abs(np.diff(grey, axis=1))[:-1] + np.abs(np.diff(grey, axis=0))[:, :-1]
    parts = [
        f"Measured from its pixels: mostly {_colours(colours)}",
        f"{_light(float(grey.mean()))}, {_contrast(float(grey.std()))}",
        _shape(shown.width / shown.height),
        _kind(edges),
        f"fine edges, as letters have, on {_text_share(edges):.0%} of the area",
    ]
    return "; ".join(parts) + "."


def _colours(pixels: NDArray[np.uint8]) -> str:
    """Names of the colours that cover most, at most three, each at least a tenth."""
    flat = pixels.reshape(-1, 3).astype(np.float32)
    nearest = ((flat[:, None] - VALUES[None]) ** 2).sum(2).argmin(1)
    shares = np.bincount(nearest, minlength=len(NAMES)) / len(flat)
    order = np.argsort(-shares, kind="stable")[:3]
    *others, last = (NAMES[place] for place in order if shares[place] >= 0.1 or place == order[0])
    return f"{', '.join(others)} and {last}" if others else last


def _light(mean: float) -> str:
    return "dark" if mean < 70 else "bright" if mean > 180 else "of middle brightness"


def _contrast(spread: float) -> str:
    return "low contrast" if spread < 35 else "high contrast" if spread > 75 else "middle contrast"


def _shape(ratio: float) -> str:
    return "wider than high" if ratio > 1.1 else "higher than wide" if ratio < 0.9 else "nearly square"


def _kind(edges: NDArray[np.float32]) -> str:
    """Screenshots and drawings have large areas without any change; photographs hardly do."""
    return "flat areas as in a screenshot or a drawing" if (edges < 1.5).mean() > 0.45 else "grain as in a photograph"


def _text_share(edges: NDArray[np.float32]) -> float:
    """Share of 5 × 5 blocks where sharp edges and flat ground alternate, as letters do."""
    side = len(edges) // 5 * 5
    blocks = edges[:side, :side].reshape(side // 5, 5, side // 5, 5).swapaxes(1, 2).reshape(-1, 25)
    sharp, flat = (blocks > 60).mean(1), (blocks < 12).mean(1)
    return float(((sharp > 0.15) & (flat > 0.2)).mean())
