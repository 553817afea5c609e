"""A checkpoint as a function: an image, a text and perhaps a caption in, a label and its probabilities out."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import PIL.Image
import torch

from msa_core import checkpoint
from msa_core.batches import Posts, Ragged, encode
from msa_core.clara import Clara
from msa_core.images import pixels, upright
from msa_core.scoring import Scores, score
from msa_core.text import mask

Picture: TypeAlias = "str | Path | bytes | PIL.Image.Image"
Pictures: TypeAlias = "Picture | Sequence[Picture] | None"


@dataclass(frozen=True, slots=True)
class Answer:
    """`probs` by label; those of a modality alone are null where the post has no such modality. `text_probs` are of the
    text with its caption, as the text tower reads them.
    """

    label: str
    confidence: float
    probs: dict[str, float]
    text_probs: dict[str, float] | None
    image_probs: dict[str, float] | None


class Classifier:
    """Gives the numbers that `msa score` gives for the same text, files of images (or their bytes) and caption. A model
    that reads captions wants them of the kind that it was trained on (`network.config.captions`); another model looks
    past any caption.
    """

    def __init__(self, network: Clara, tokenizer: Any) -> None:
        self.network, self.tokenizer = network, tokenizer
        self.labels = network.config.labels

    @classmethod
    def from_pretrained(cls, folder: str | Path, *, device: str | None = None) -> "Classifier":
        """From a checkpoint folder; `device` as torch names it, else a GPU if there is one. Raises MissingWeights."""
        network, tokenizer = checkpoint.load(Path(folder))
        return cls(network.to(device or ("cuda" if torch.cuda.is_available() else "cpu")), tokenizer)

    def predict(self, image: Pictures, text: str | None, caption: str | None = None) -> Answer:
        """One post: a path, bytes or Pillow image, or several of them, or None; a text or None; a caption or None."""
        return self.predict_batch([image], [text], [caption])[0]

    def predict_batch(
        self,
        images: Sequence[Pictures],
        texts: Sequence[str | None],
        captions: Sequence[str | None] | None = None,
        *,
        batch_size: int = 64,
    ) -> list[Answer]:
        """Answers in the order of the posts."""
        told = [None] * len(texts) if captions is None else captions
        for what, some in (("images", images), ("captions", told)):
            if len(some) != len(texts):
                raise ValueError(f"{len(some)} {what} for {len(texts)} texts. Give None where a post has none")
        scores = score(self.network, self.encode(images, texts, told), batch_size=batch_size)
        return [self._answer(scores, row) for row in range(len(texts))]

    def encode(
        self, images: Sequence[Pictures], texts: Sequence[str | None], captions: Sequence[str | None] = ()
    ) -> Posts:
        """Posts ready for the network. Names and links are masked as they were in training: in captions always."""
        config, tokenizer = self.network.config, self.tokenizer
        shown = [text if text is None or not config.is_masked else mask(text) for text in texts]
        told = [caption if caption is None else mask(caption) for caption in captions]
        length = config.caption_length
        tokens, has_text = encode(shown, tokenizer, config.max_length, captions=told, caption_length=length)
        each = [_pictures(some) for some in images]
        decoded = [pixels(_bytes(picture), config.image_size) for some in each for picture in some]
        table = np.stack(decoded) if decoded else np.empty((0, config.image_size, config.image_size, 3), np.uint8)
        rows = iter(range(len(decoded)))
        images_of = Ragged.of([[next(rows) for _ in some] for some in each])
        return Posts(tokens, has_text, images_of, table, pad_id=self.tokenizer.pad_token_id)

    def _answer(self, scores: Scores, row: int) -> Answer:
        pair = scores.pair[row]
        place = int(pair.argmax())
        probs = self._by_label(pair) or {}
        alone = self._by_label(scores.text[row]), self._by_label(scores.image[row])
        return Answer(self.labels[place], float(pair[place]), probs, *alone)

    def _by_label(self, probs: np.ndarray) -> dict[str, float] | None:
        return None if np.isnan(probs).any() else dict(zip(self.labels, probs.tolist(), strict=True))


def _pictures(some: Pictures) -> Sequence[Picture]:
    if some is None:
        return []
    return [some] if isinstance(some, str | Path | bytes | PIL.Image.Image) else some


def _bytes(picture: Picture) -> bytes:
    if isinstance(picture, bytes):
        return picture
    if isinstance(picture, PIL.Image.Image):
        written = io.BytesIO()
        upright(picture).save(written, "PNG", exif=b"")  # turned already: what the camera says must not turn it twice
        return written.getvalue()
    return Path(picture).read_bytes()
