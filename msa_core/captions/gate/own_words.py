"""What a caption says itself, and what it only quotes: the words that stand in the image are nobody's judgement."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from msa_core.captions.gate.lexicon import WORD, lexicon
from msa_core.captions.prompts import QUOTED, Prompt

MOST_CHARACTERS = 4000  # of an answer that are looked at; one that is longer is too long whatever it says
QUOTATION = '""'  # stands in the caption's own words where a quotation was
IMAGE_FIELD = QUOTED.replace("_", " ").capitalize()
PLAIN_FIELDS = ("What is shown", "What the text refers to", "How they go together")
PAIRS = re.compile(r"“[^”]*”|„[^“”]*[“”]|«[^»]*»|「[^」]*」|『[^』]*』|‘[^‘’]*’(?!\w)")
SINGLE = re.compile(r"(?<![\w'])'(?=\S)(?:[^'\n]|(?<=\w)'(?=\w)){1,300}(?<=\S)'(?!\w)")
INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\u202a-\u202e\u2066-\u2069\ufe00-\ufe0f]")


@dataclass(frozen=True, slots=True)
class Told:
    """`own`: the caption without quotations and without the names of fields; `plain`: the same in small letters, each
    in its place; `is_cut`: longer than anybody looks; `is_open`: the last quotation has no end."""

    whole: str
    own: str
    plain: str
    own_words: tuple[str, ...]
    quoted: str
    quoted_words: tuple[str, ...]
    is_cut: bool
    is_open: bool


def told(caption: str, prompt: Prompt) -> Told:
    """The caption, taken apart. Widths and ligatures are evened out (NFKC), what cannot be seen is dropped."""
    whole = evened(caption[:MOST_CHARACTERS])
    fields = [_split_field(label, value) for label, value in _fields(whole, prompt)]
    own = "\n".join(says for says, _, _ in fields)
    quoted = " ".join(quote for _, quotes, _ in fields for quote in quotes)
    if len(fields) == 1 and quoted and len(WORD.findall(own)) < 2:
        own, quoted = whole.replace('"', " "), ""  # an answer that stands in quotation marks as a whole
    plain, quoted = small(own), small(quoted)
    is_cut = len(caption) > MOST_CHARACTERS
    return Told(whole, own, plain, words(plain), quoted, words(quoted), is_cut, fields[-1][2])


def words(plain: str) -> tuple[str, ...]:
    """Of a text in small letters."""
    return tuple(WORD.findall(plain))


def evened(text: str) -> str:
    """Widths and ligatures evened out, without what cannot be seen."""
    return INVISIBLE.sub("", unicodedata.normalize("NFKC", text)[:MOST_CHARACTERS])


def small(text: str) -> str:
    """As long as the text: a letter whose small form is two characters stays. Apostrophes are straight."""
    lower = text.lower()
    if len(lower) != len(text):
        lower = "".join(each.lower() if len(each.lower()) == 1 else each for each in text)
    return lower.replace("’", "'")


@lru_cache(maxsize=64)
def _label(prompt: Prompt) -> re.Pattern[str]:
    """A field's name, as `Prompt.caption` writes it, or as models do that answer in plain text."""
    names = {name.replace("_", " ").capitalize() for name, _ in prompt.fields} | {IMAGE_FIELD, *PLAIN_FIELDS}
    return re.compile(rf'(?:^|(?<=\s))({"|".join(sorted(names))}|(?:^|(?<=[.!?"\]]\s)|(?<=\n))Text):\s*')


def _fields(whole: str, prompt: Prompt) -> list[tuple[str, str]]:
    """(label, value), in order; the first label is empty."""
    parts = _label(prompt).split(whole)
    return [("", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]


def _split_field(label: str, value: str) -> tuple[str, list[str], bool]:
    """A field's own words, its quotations, and whether the last has no end.

    What stands in the field of the image's text is the image's, with or without quotation marks.
    """
    plain = PAIRS.sub(lambda found: f'"{found[0][1:-1]}"', value)
    first = WORD.match(plain)
    if label in {"Text", IMAGE_FIELD} and first and first[0].lower() not in lexicon().absent:
        return QUOTATION, [plain], False
    marks, is_open = _marks(plain)
    edges = [-1, *marks, len(plain)]
    pieces = [plain[left + 1 : right] for left, right in pairwise(edges)]
    singles = SINGLE.findall(own := QUOTATION.join(pieces[::2]))
    return SINGLE.sub(QUOTATION, own), pieces[1::2] + singles, is_open


def _marks(text: str) -> tuple[list[int], bool]:
    """Places of the quotation marks that open and close by turns; quotations within quotations are left out."""
    places, depth = [], 0
    for found in re.finditer('"', text):
        at = found.start()
        before, after = text[at - 1 : at] or " ", text[at + 1 : at + 2] or " "
        if depth == 0 and before.isdigit() and not after.isalnum():
            continue  # inches
        opens = depth == 0 or ((before.isspace() or before in '("') and (after.isalnum() or after in "@#"))
        if depth == (0 if opens else 1):
            places.append(at)
        depth += 1 if opens else -1
    if depth and text.rstrip().endswith('"'):
        return [*places, len(text.rstrip()) - 1], False  # a quotation whose own marks do not match
    return (places, False) if depth == 0 else _by_turns(text)


def _by_turns(text: str) -> tuple[list[int], bool]:
    """Every mark counts; after one that is left over, everything is the caption's own again."""
    places = [found.start() for found in re.finditer('"', text)]
    is_open = len(places) % 2 == 1
    return places[: len(places) - is_open], is_open
