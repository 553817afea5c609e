"""How much an answer says, and whether it was finished."""

import re

from msa_core.captions.gate.lexicon import lexicon
from msa_core.captions.gate.own_words import QUOTATION, Told

MOST_WORDS = 250
MOST_LENGTH = 2500  # characters, for scripts without blanks
FEWEST_WORDS = 4
FEWEST_LETTERS = 6  # where words cannot be counted: a sign of some scripts is a word
ENDED = re.compile(r"[.!?…][\"')\]]*\s+(?=[A-Z])")


def is_empty(said: Told) -> bool:
    """Nothing but blanks, signs, or words for nothing."""
    every = said.own_words + said.quoted_words
    return set(every) <= lexicon().absent or said.whole.strip(" \n\t\"'.`").casefold() == "n/a"


def is_too_short(said: Told) -> bool:
    """Fewer than four words, or a few more that would fit any image."""
    absent, generic = lexicon().absent, lexicon().generic
    own = [word for word in said.own_words if word not in absent]
    telling = [word for word in own if word not in generic]
    if said.quoted_words:
        return not telling and len(said.quoted_words) < FEWEST_WORDS
    return len(own) < FEWEST_WORDS or (len(telling) < 2 and len(own) < 2 * FEWEST_WORDS)


def is_next_to_nothing(said: Told) -> bool:
    """Fewer than six letters or signs, in any language; quotations count."""
    return sum(map(str.isalnum, said.own + said.quoted)) < FEWEST_LETTERS


def is_too_long(said: Told) -> bool:
    """More words than a description of one image needs; quotations count."""
    n_words = len(said.own_words) + len(said.quoted_words)
    return said.is_cut or n_words > MOST_WORDS or len(said.whole) > MOST_LENGTH


def is_unfinished(said: Told) -> bool:
    """Stops with a comma, a word that wants another, an open quotation, or without the end mark that others have."""
    whole, own = said.whole.rstrip(), said.own.rstrip()
    if whole.endswith((",", ";", ":", "-", "–", "—", "(", "&", "/")):
        return True
    ended = whole.endswith((".", "!", "?", "…", '"', "'", ")", "]")) or own.endswith(QUOTATION)
    if ended:
        return False
    if said.is_open or (said.own_words and said.own_words[-1] in lexicon().dangling):
        return True
    last = own.rsplit("\n", 1)[-1]
    return len(ENDED.findall(last)) >= 2 and set(last.casefold().split()[-1:]).isdisjoint(lexicon().absent)
