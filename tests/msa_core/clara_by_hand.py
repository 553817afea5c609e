"""A small network and a few posts made by hand, for tests of everything that stands on them."""

from dataclasses import replace

import numpy as np

from msa_core import checkpoint
from msa_core.batches import Posts, Ragged, encode
from msa_core.clara import Clara, ClaraConfig
from msa_core.towers import Towers, towers_of

LABELS = ("negative", "neutral", "positive")
WORDS = {"negative": "awful rain again", "neutral": "a table in a room", "positive": "lovely sunny day"}
TEXTS = [f"{WORDS[label]} {n} {'so ' * (n % 5)}" for n in range(20) for label in LABELS]
CONFIG = ClaraConfig("sentiment", LABELS, "tiny", "tiny", 32, 24, 32, 2, 4, trains="all", lora_rank=0)


def network(**changes: object) -> tuple[Clara, Towers]:
    """The network in evaluation, and its towers."""
    config = replace(CONFIG, **changes)  # type: ignore[arg-type]
    towers = towers_of(config, TEXTS, seed=0)
    return checkpoint.build(config, towers, seed=0).eval(), towers


def posts(towers: Towers, n: int = 60, *, has_labels: bool = True) -> Posts:
    """One image each whose brightness tells the label, and a text that tells it too."""
    tokens, has_text = encode(TEXTS[:n], towers.tokenizer, CONFIG.max_length)
    pixels = np.random.default_rng(0).integers(0, 60, (n, 32, 32, 3), dtype=np.uint8)
    pixels += (np.arange(n, dtype=np.uint8) % 3 * 90)[:, None, None, None]
    labels = np.arange(n, dtype=np.int64) % 3 if has_labels else None
    return Posts(tokens, has_text, Ragged.of([[row] for row in range(n)]), pixels, labels)
