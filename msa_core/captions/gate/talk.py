"""Answers that talk to the reader instead of describing: refusals, orders, and the task itself come back."""

import re
from collections.abc import Iterator
from functools import lru_cache

from msa_core.captions.gate.lexicon import lexicon
from msa_core.captions.gate.own_words import Told, words
from msa_core.captions.prompts import Prompt

SENTENCE = re.compile(r"(?<=[.!?:;])\s+|\n+|\"\"")
CONDITION = re.compile(r"\W*(?:before|after|if|when|whenever|once|to|in order to|by|until|unless|for)\b")
N = 4  # words of an n-gram that is the prompt's
MOST_ECHO = 0.5
FEWEST_AFTER = 4  # words that must follow "Here is a description:"


def is_refusal(said: Told) -> bool:
    """Declines, apologises, asks for another image."""
    return lexicon().refusal.search(said.plain) is not None


def is_of_itself(said: Told) -> bool:
    """Says I of the model, in whatever words."""
    return lexicon().first_person.search(said.own) is not None


def is_instructions(said: Told) -> bool:
    """Orders to a person or to a later model, code, and talk of labels."""
    if lexicon().instructions.search(said.plain):
        return True
    return any(lexicon().order.match(clause) for clause in _main_clauses(said.plain))


def _main_clauses(plain: str) -> Iterator[str]:
    """Sentences; of one that begins with a condition, also what follows each comma."""
    for sentence in SENTENCE.split(plain):
        yield sentence
        if CONDITION.match(sentence):
            yield from sentence.split(",")[1:]


def is_echo(said: Told, prompt: Prompt) -> bool:
    """Words of the prompt, or of a task like it, or an announcement with next to nothing after it."""
    if lexicon().echo.search(said.plain) or _overlap(said.own_words + said.quoted_words, _grams(prompt)) >= MOST_ECHO:
        return True
    if any(lexicon().echoed_order.match(sentence) for sentence in SENTENCE.split(said.plain)):
        return True
    announced = lexicon().preamble.match(said.plain)
    return announced is not None and len(words(said.plain[announced.end() :])) + len(said.quoted_words) < FEWEST_AFTER


def _overlap(said: tuple[str, ...], asked: frozenset[tuple[str, ...]]) -> float:
    """Share of words that stand in an n-gram of the prompt."""
    if len(said) < N:
        return 0.0
    shared: set[int] = set()
    for start in range(len(said) - N + 1):
        if said[start : start + N] in asked:
            shared.update(range(start, start + N))
    return len(shared) / len(said)


@lru_cache(maxsize=64)
def _grams(prompt: Prompt) -> frozenset[tuple[str, ...]]:
    asked = words(" ".join([prompt.words, *(meaning for _, meaning in prompt.fields)]).lower())
    return frozenset(asked[start : start + N] for start in range(len(asked) - N + 1))
