"""Texts of posts: bytes to words, and words without names or links."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from msa_core.refusals import Reason, Refusal

ENCODINGS = ("utf-8", "gb18030", "cp1252")

# Every repetition is bounded or starts only where a word starts: a hostile text of a megabyte must not stall a worker.
ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
USER = re.compile(r"[@＠]\w*[^\W_]\w*")
LINK = re.compile(
    r"""(?<![a-z0-9])(?:
          https?:\S*                  # also cut short by the platform: http:/…
        | www\.\S+
        | htt(?:ps?)?…
        | [a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}\.(?:com|co|net|org|ly|be|me|tv|uk|cn|de|fr|jp|gl)/\S+
    )""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text and the codec that read it."""

    text: str
    encoding: str


def decode(data: bytes) -> Decoded | Refusal:
    """UTF-8, then GB18030, then CP1252, each strictly; a byte order mark is not part of the text.

    NUL marks UTF-16 or binary data, which UTF-8 would let through as noise: refused.
    """
    for encoding in ENCODINGS:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" in text:
            return Refusal(Reason.UNDECODABLE_TEXT, "NUL: UTF-16 or binary data")
        return Decoded(text.removeprefix("\ufeff"), encoding)
    return Refusal(Reason.UNDECODABLE_TEXT, f"neither of {', '.join(ENCODINGS)}")


def are_masked(texts: Iterable[str | None]) -> bool:
    """Whether masking would change none of them; no text has nothing to mask."""
    return all(text is None or mask(text) == text for text in texts)


def mask(text: str) -> str:
    """Links become `<url>`, user names and mail addresses `@user`; masking twice changes nothing more."""
    return USER.sub("@user", ADDRESS.sub("@user", LINK.sub("<url>", text)))
