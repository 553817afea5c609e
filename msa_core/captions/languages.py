"""The languages that can be told from one another, and how likely each is of a text.

They are py3langid's, which is langid.py (Lui and Baldwin 2012) trained anew. Loading it takes more than a second: done
for the first text that needs it.
"""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

NONE = "zxx"  # the code of what is no language


def known() -> tuple[str, ...]:
    """Their codes, in order."""
    return tuple(sorted(set(_identifier(()).labels) - {NONE}))


def likely(text: str, among: tuple[str, ...] = ()) -> dict[str, float]:
    """How likely each language is, the likeliest first; a short text leaves it open. `among`: these alone, else all."""
    return dict(_identifier(among).rank(text))


@cache
def _identifier(among: tuple[str, ...]) -> "LanguageIdentifier":
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - slow, and many verbs need no gate

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    if among:
        identifier.set_languages(among)
    return identifier
