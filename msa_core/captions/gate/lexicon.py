"""The words of the gate, as `lexicon.toml` lists them, ready to be looked for."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Sets and patterns are of small letters, except `garbage` and `first_person`."""

    garbage: re.Pattern[str]
    absent: frozenset[str]
    generic: frozenset[str]
    dangling: frozenset[str]
    refusal: re.Pattern[str]
    first_person: re.Pattern[str]
    instructions: re.Pattern[str]
    order: re.Pattern[str]
    echo: re.Pattern[str]
    echoed_order: re.Pattern[str]
    preamble: re.Pattern[str]
    languages: tuple[str, ...]
    english: frozenset[str]
    english_pairs: frozenset[tuple[str, ...]]
    judging_words: frozenset[str]
    judging_phrases: re.Pattern[str]
    exempt: re.Pattern[str]
    naming: frozenset[str]


@cache
def lexicon() -> Lexicon:
    """Read once."""
    told = tomllib.loads(files("msa_core.captions.gate").joinpath("lexicon.toml").read_text(encoding="utf-8"))
    nothing, sentiment, language, echo = told["nothing"], told["sentiment"], told["language"], told["echo"]
    return Lexicon(
        garbage=_any_of([], [told["garbage"]["characters"], *told["garbage"]["signs"]]),
        absent=_words(nothing["absent"]),
        generic=_words(nothing["generic"]),
        dangling=_words(nothing["dangling"]),
        refusal=_any_of(told["refusal"]["patterns"], told["refusal"]["signs"]),
        first_person=_any_of(told["refusal"]["first_person"]),
        instructions=_any_of(told["instructions"]["patterns"], told["instructions"]["signs"]),
        order=_order(told["instructions"]),
        echo=_any_of(echo["patterns"], echo["signs"]),
        echoed_order=_any_of(echo["orders"]),
        preamble=re.compile(echo["preamble"]),
        languages=tuple(language["known"].split()),
        english=_words(language["english"]),
        english_pairs=frozenset(tuple(each.split()) for each in language["english_pairs"]),
        judging_words=_words(sentiment["words"]),
        judging_phrases=_any_of(sentiment["phrases"]),
        exempt=_any_of([f"(?:{each})\\b" for each in sentiment["exempt"]]),
        naming=_words(sentiment["naming"]),
    )


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


def _any_of(patterns: list[str], signs: Sequence[str] = ()) -> re.Pattern[str]:
    """`patterns` begin where a word does; this is said once, so that a word's first letter rules most of them out."""
    at_a_word = [rf"\b(?:{'|'.join(patterns)})"] if patterns else []
    return re.compile("|".join([*at_a_word, *signs]))


def _order(told: dict[str, str]) -> re.Pattern[str]:
    """The beginning of a sentence that orders something."""
    leading, sure, nouns, doubtful, objects = (
        "|".join(told[name].split())
        for name in ("leading", "orders", "nouns_after_orders", "doubtful_orders", "objects_of_orders")
    )
    order = rf"(?:{sure})\b(?!-| (?:{nouns})\b)|(?:{doubtful})\s+(?:{objects})\b"
    return re.compile(rf"\W*(?:(?:{leading})\b[\s,]*)*(?:{order})")
