"""Words that judge mood, emotion or quality; objective ones (smiling, crying, birthday) and names pass."""

import re
import sys
import unicodedata
from functools import cache, lru_cache
from itertools import groupby

from msa_core.captions.gate.lexicon import WORD, lexicon
from msa_core.captions.gate.own_words import Told, evened, small

# what a word may end with, and what stood there before; "er" is left out: number, corner, comforter
ENDINGS = {"s": "", "'s": "", "ly": "", "est": "", "iest": "y", "ier": "y", "ily": "y", "ness": ""}
SENTENCE_END = frozenset(".!?:;\n\"'(")
# scripts that put no blanks between words: Thai, Lao, Burmese, Khmer, kana, Chinese characters
WITHOUT_BLANKS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def is_judgement(said: Told) -> bool:
    """A judging word or phrase that is neither a name nor named as a word (`the word love`)."""
    own, plain = said.own, said.plain
    hidden = [found.span() for found in lexicon().exempt.finditer(plain)]
    hidden += _names(own)
    for start, end in hidden:
        plain = f"{plain[:start]}{'_' * (end - start)}{plain[end:]}"
    if any(_judges(word) for word in WORD.findall(plain)):
        return True
    return lexicon().judging_phrases.search(plain) is not None


def holds_one_of(said: Told, *, judging: tuple[str, ...]) -> bool:
    """A word of the prompt's own list; in scripts without blanks also within what looks like one word."""
    return _listed(judging).search(said.plain) is not None


@lru_cache(maxsize=64)
def _listed(judging: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(_pattern, judging)))


def _pattern(word: str) -> str:
    """In small letters, evened out as answers are; `schön*` also finds what it begins."""
    stem = re.escape(small(evened(word.removesuffix("*"))))
    if WITHOUT_BLANKS.search(word):
        return stem
    within = _within_a_word()
    return rf"(?<!{within}){stem}" if word.endswith("*") else rf"(?<!{within}){stem}(?!{within})"


@cache
def _within_a_word() -> str:
    """A class of characters: marks belong to the word, too, as the vowel signs of Indic scripts do; `\\w` has none."""
    marks = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in {"Mn", "Mc"}]
    runs = ([code for _, code in run] for _, run in groupby(enumerate(marks), lambda each: each[1] - each[0]))
    return rf"[\w{''.join(f'{chr(run[0])}-{chr(run[-1])}' for run in runs)}]"


@lru_cache(2**16)
def _judges(word: str) -> bool:
    """The word, or what it is made from."""
    judging = lexicon().judging_words
    if word in judging:
        return True
    return any(
        word.endswith(ending) and word.removesuffix(ending) + stem in judging for ending, stem in ENDINGS.items()
    )


def _names(own: str) -> list[tuple[int, int]]:
    """Where words stand that begin with a capital letter within a sentence, or that are called words."""
    found = list(WORD.finditer(own))
    titled = _is_titled(found)
    places = []
    for number, word in enumerate(found):
        called = number > 0 and found[number - 1][0].lower() in lexicon().naming
        if called or (not titled and word[0][0].isupper() and _is_name(own, word, found[number + 1 : number + 2])):
            places.append(word.span())
    return places


def _is_titled(found: list[re.Match[str]]) -> bool:
    """Whether Most Words Begin Like This, so that a capital letter says nothing."""
    long = [word[0] for word in found if len(word[0]) > 3]
    return sum(word[0].isupper() for word in long) > 0.6 * len(long)


def _is_name(own: str, word: re.Match[str], after: list[re.Match[str]]) -> bool:
    """Within a sentence, or at its beginning before another one that begins with a capital letter."""
    before = own[: word.start()].rstrip(" ")
    if before and before[-1] not in SENTENCE_END:
        return True
    return bool(after) and after[0][0][0].isupper() and own[word.end() : after[0].start()] == " "
