"""Whether a caption's own words are English: scripts first, then words of English, then langid.

py3langid is langid.py (Lui and Baldwin 2012) trained anew. It errs on short texts, so it is asked only about words
among which there is no word of English. Loading it takes more than a second: done for the first such caption.
"""

import unicodedata
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from msa_core.captions.gate.lexicon import lexicon
from msa_core.captions.gate.own_words import Told

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

FEWEST_LETTERS = 12
WINDOW, STEP = 10, 5
MOST_FOREIGN = 0.3
LEAST_ENGLISH, MOST_CERTAIN = 0.05, 0.35


def is_other_script(said: Told) -> bool:
    """Three letters in ten are not Latin."""
    letters = [letter for letter in said.own if letter.isalpha()]
    n_other = sum(1 for letter in letters if letter > "\u024f" and not _is_latin(letter))
    return n_other > MOST_FOREIGN * len(letters)


def is_other_language(said: Told) -> bool:
    """Three in ten windows of words hold no word of English, and are another language to langid."""
    words = said.own_words
    starts = range(0, max(len(words) - STEP, 1), STEP)
    windows = [words[start : start + WINDOW] for start in starts]
    foreign = [window for window in windows if not _has_english(window) and _is_foreign(" ".join(window))]
    return len(foreign) > MOST_FOREIGN * len(windows)


@cache
def _identifier() -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - slow, and many verbs need no gate

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(lexicon().languages)
    return identifier


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


def _has_english(words: tuple[str, ...]) -> bool:
    if not lexicon().english.isdisjoint(words):
        return True
    return not lexicon().english_pairs.isdisjoint(pairwise(words))


def _is_foreign(text: str) -> bool:
    """Another language is likely, and English is not."""
    if len(text) < FEWEST_LETTERS:
        return False
    ranked = _identifier().rank(text)
    return ranked[0][1] > MOST_CERTAIN and dict(ranked)["en"] < LEAST_ENGLISH
