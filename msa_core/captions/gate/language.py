"""Whether a caption's own words are in the language that was asked for.

English: scripts first, then words of English; what is likely is asked only of ten words without any of these. Another
language: what is likely, sentence by sentence; one that may be either of two relatives (Danish, Norwegian) is both.
"""

import re
import unicodedata
from itertools import pairwise

from msa_core.captions.gate.lexicon import lexicon
from msa_core.captions.gate.own_words import QUOTATION, Told
from msa_core.captions.prompts import ENGLISH
from msa_core.languages import likely

FEWEST_LETTERS = 12
WINDOW, STEP = 10, 5
MOST_FOREIGN = 0.3
LEAST_LIKELY, MOST_CERTAIN = 0.05, 0.35
SENTENCE = re.compile(r"(?<=[.!?;…؟])\s+|(?<=[。！？；])|\n+")


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
    among = lexicon().languages
    foreign = [each for each in windows if not _has_english(each) and _is_foreign(" ".join(each), ENGLISH, among)]
    return len(foreign) > MOST_FOREIGN * len(windows)


def is_not(said: Told, *, language: str) -> bool:
    """Three letters in ten stand in sentences that are hardly in this language."""
    sentences = SENTENCE.split(said.own.replace(QUOTATION, " "))
    sizes = [sum(map(str.isalpha, sentence)) for sentence in sentences]
    foreign = sum(n for n, each in zip(sizes, sentences, strict=True) if n and _is_foreign(each, language))
    return foreign > MOST_FOREIGN * sum(sizes)


def _is_latin(letter: str) -> bool:
    return unicodedata.name(letter, "").startswith("LATIN")


def _has_english(words: tuple[str, ...]) -> bool:
    if not lexicon().english.isdisjoint(words):
        return True
    return not lexicon().english_pairs.isdisjoint(pairwise(words))


def _is_foreign(text: str, language: str, among: tuple[str, ...] = ()) -> bool:
    """Another language is likely, and this one is not. A sign of some scripts says as much as several letters."""
    if len(text.encode()) < FEWEST_LETTERS:
        return False
    found = likely(text, among)
    return next(iter(found.values())) > MOST_CERTAIN and found[language] < LEAST_LIKELY
