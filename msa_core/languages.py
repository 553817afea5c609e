"""The languages that can be told from one another, how likely each is of a text, and which one a post is in.

They are py3langid's, which is langid.py (Lui and Baldwin 2012) trained anew. Loading it takes more than a second: done
for the first text that needs it.
"""

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

NONE = "zxx"  # the code of what is no language
FEWEST_BYTES = 20  # of letters, so that ten signs of Chinese say enough
MOST_OPEN = 0.5
TOO_SHORT, UNCLEAR = "too-short", "unclear"
WORDLESS = re.compile(r"https?://\S+|www\.\S+|[@#]\w+|\bRT\b")


def known() -> tuple[str, ...]:
    """Their codes, in order."""
    return tuple(sorted(set(_identifier(()).labels) - {NONE}))


def likely(text: str, among: tuple[str, ...] = ()) -> dict[str, float]:
    """How likely each language is, the likeliest first; a short text leaves it open. `among`: these alone, else all."""
    return dict(_identifier(among).rank(text))


def language_of(text: str) -> str:
    """A code such as `en`; `unclear` where no language is likelier than all others together. Links, names and tags say
    nothing of it.
    """
    said = " ".join(WORDLESS.sub(" ", text).split())
    if len("".join(filter(str.isalpha, said)).encode()) < FEWEST_BYTES:
        return TOO_SHORT
    language, chance = next(iter(likely(said).items()))
    return language if chance > MOST_OPEN else UNCLEAR


@cache
def _identifier(among: tuple[str, ...]) -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - slow, and many verbs need no gate

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    if among:
        identifier.set_languages(among)
    return identifier
