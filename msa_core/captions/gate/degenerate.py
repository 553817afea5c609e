"""Answers of a decoder that has lost its way: runs, loops, and tokens that no description holds."""

import re
import zlib
from collections import Counter

from msa_core.captions.gate.lexicon import lexicon
from msa_core.captions.gate.own_words import Told

RUN, QUOTED_RUN = re.compile(r"(\S)(?:\s*\1){6,}"), re.compile(r"(\S)(?:\s*\1){24,}")
LOOP, QUOTED_LOOP = re.compile(r"(\S{2,5}?)(?:\s*\1){7,}"), re.compile(r"(\S{2,5}?)(?:\s*\1){19,}")
ODD = re.compile(r"[{}\[\]\\^~`|<>_=§¤¬¦¨´¸]")
N = 3  # words of an n-gram
LONGEST_PERIOD = 30


def is_garbage(said: Told) -> bool:
    """Tokens of a model's own format anywhere; or a quotation that is mostly signs that nobody writes."""
    if lexicon().garbage.search(said.whole):
        return True
    return len(said.quoted) >= 30 and len(ODD.findall(said.quoted)) > 0.4 * len(said.quoted)


def is_run(said: Told) -> bool:
    """One character again and again, also with blanks between; a poster may shout for two dozen characters."""
    if RUN.search(said.own) or QUOTED_RUN.search(said.quoted):
        return True
    letters = Counter("".join(said.own.replace('"', "").split()))
    return letters.total() >= 12 and letters.most_common(1)[0][1] > 0.5 * letters.total()


def is_repetition(said: Told) -> bool:
    """Too few different n-grams, or a block of words that follows upon itself; a quotation may repeat more."""
    every = said.own_words + said.quoted_words
    if _distinct(said.own_words, 8) < 0.55 or _distinct(every, 24) < 0.35 or _loops(said.own_words):
        return True
    if LOOP.search(said.own) or QUOTED_LOOP.search(said.quoted):
        return True
    return len(said.whole) > 200 and len(zlib.compress(said.whole.encode())) < 0.2 * len(said.whole.encode())


def _distinct(words: tuple[str, ...], fewest: int) -> float:
    """Share of different n-grams, numbers being all alike; 1 where there are fewer than `fewest`."""
    even = ["0" if word.isdigit() else word for word in words]
    grams = list(zip(*(even[start:] for start in range(N)), strict=False))
    return len(set(grams)) / len(grams) if len(grams) >= fewest else 1.0


def _loops(words: tuple[str, ...]) -> bool:
    """A block of words at least four times in a row (a single word: six times)."""
    if len(set(words)) == len(words):
        return False
    for period in range(1, min(LONGEST_PERIOD, len(words) // 4) + 1):
        run, needed = 0, max(3 * period, 5)
        for earlier, later in zip(words, words[period:], strict=False):
            run = run + 1 if earlier == later else 0
            if run >= needed:
                return True
    return False
