"""Images of posts, drawn: warm light and smiles, grey rain and tears, or plain things on a pale ground.

A soft random field lies under every scene, as light and shade do in photographs: without it flat grounds would
share one difference hash. Sizes are 240 to 500 px.
"""

import numpy as np
from PIL import Image, ImageDraw

from msa_core.sample_dump.planning import Rng

Colour = tuple[int, int, int]

GROUNDS: dict[str, list[tuple[Colour, Colour]]] = {  # top and bottom of the scene
    "positive": [
        ((255, 214, 110), (255, 150, 90)),
        ((255, 190, 170), (255, 226, 120)),
        ((150, 210, 255), (255, 220, 120)),
    ],
    "negative": [((74, 82, 98), (40, 44, 54)), ((96, 100, 110), (52, 58, 72)), ((58, 66, 92), (30, 30, 40))],
    "neutral": [
        ((226, 224, 216), (196, 198, 196)),
        ((206, 216, 214), (226, 226, 224)),
        ((214, 208, 190), (188, 190, 180)),
    ],
}
INKS: dict[str, list[Colour]] = {
    "positive": [(255, 92, 80), (255, 170, 0), (240, 80, 160), (90, 190, 70), (255, 240, 60)],
    "negative": [(84, 96, 130), (60, 60, 66), (110, 120, 140), (70, 50, 60)],
    "neutral": [(120, 140, 150), (150, 130, 104), (110, 126, 110), (168, 166, 170), (90, 96, 110)],
}
SKINS: list[Colour] = [(255, 224, 189), (234, 192, 134), (198, 134, 66), (141, 85, 36), (255, 205, 60)]


def draw(label: str, rng: Rng) -> Image.Image:
    """RGB. The label decides ground, faces and shapes; everything else is chance."""
    width, height = (int(side) for side in rng.integers(240, 501, size=2))
    image = Image.fromarray(_ground(label, width, height, rng))
    pen = ImageDraw.Draw(image)
    for _ in range(rng.integers(3, 8)):
        _shape(pen, label, image.size, rng)
    if label == "negative":
        _rain(pen, image.size, rng)
    if label != "neutral":
        for _ in range(rng.integers(1, 4)):
            _face(pen, label, image.size, rng)
    return image


def _ground(label: str, width: int, height: int, rng: Rng) -> np.ndarray:
    """A gradient from top to bottom under a soft field of light, with grain: (height, width, 3) uint8."""
    top, bottom = np.array(GROUNDS[label][rng.integers(len(GROUNDS[label]))], dtype=np.float32)
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    field = Image.fromarray(rng.normal(0, 28, size=(5, 6)).astype(np.float32))
    light = np.asarray(field.resize((width, height), Image.Resampling.BICUBIC))[..., None]
    grain = rng.integers(-5, 6, size=(height, width, 1), dtype=np.int8)
    return np.clip(top + (bottom - top) * down + light + grain, 0, 255).astype(np.uint8)


def _place(size: tuple[int, int], rng: Rng) -> tuple[int, int]:
    return int(rng.integers(0, size[0])), int(rng.integers(0, size[1]))


def _shape(pen: ImageDraw.ImageDraw, label: str, size: tuple[int, int], rng: Rng) -> None:
    """Round and bright for joy, jagged for grief, boxes for things."""
    x, y = _place(size, rng)
    reach = int(rng.integers(12, min(size) // 5))
    ink = INKS[label][rng.integers(len(INKS[label]))]
    if label == "positive":
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=ink)
    elif label == "negative":
        pen.polygon([(x, y - reach), (x + reach, y + reach), (x - reach // 2, y + reach // 3)], fill=ink)
    else:
        pen.rectangle((x - reach, y - reach // 2, x + reach, y + reach), fill=ink, outline=(80, 80, 80), width=2)


def _rain(pen: ImageDraw.ImageDraw, size: tuple[int, int], rng: Rng) -> None:
    starts = rng.integers(0, (size[0], size[1]), size=(60, 2))
    for x, y in starts.tolist():
        pen.line((x, y, x - 6, y + 22), fill=(150, 160, 180), width=2)


def _face(pen: ImageDraw.ImageDraw, label: str, size: tuple[int, int], rng: Rng) -> None:
    """A circle with eyes and a mouth that curves up or down; the sad one has a tear."""
    reach = int(rng.integers(min(size) // 9, min(size) // 5))
    x = int(rng.integers(reach, size[0] - reach))
    y = int(rng.integers(reach, size[1] - reach))
    skin = SKINS[rng.integers(len(SKINS))]
    if label == "negative":
        skin = (skin[0] * 2 // 3, skin[1] * 2 // 3, skin[2] * 3 // 4)
    pen.ellipse((x - reach, y - reach, x + reach, y + reach), fill=skin, outline=(40, 30, 30), width=2)
    eye = max(2, reach // 8)
    for side in (-1, 1):
        centre = x + side * reach // 3, y - reach // 4
        pen.ellipse((centre[0] - eye, centre[1] - eye, centre[0] + eye, centre[1] + eye), fill=(20, 20, 20))
    wide, pen_width = reach // 2, max(2, reach // 10)
    if label == "positive":
        pen.arc((x - wide, y - wide // 2, x + wide, y + wide), 20, 160, fill=(150, 20, 30), width=pen_width)
    else:
        pen.arc((x - wide, y + wide // 3, x + wide, y + wide * 2), 200, 340, fill=(60, 10, 20), width=pen_width)
        pen.line((x + reach // 3, y, x + reach // 3, y + reach // 2), fill=(120, 180, 255), width=pen_width)
