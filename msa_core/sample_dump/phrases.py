"""Texts of posts, composed: a sentence with a tone, hashtags, a user, a link."""

from dataclasses import dataclass

from msa_core.sample_dump.planning import Rng


@dataclass(frozen=True, slots=True)
class Tone:
    """Words that carry a label; every other word is shared by all tones."""

    words: tuple[str, ...]
    clauses: tuple[str, ...]
    tags: tuple[str, ...]


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("|"))


TONES = {
    "positive": Tone(
        _split(
            "lovely|amazing|wonderful|brilliant|gorgeous|delicious|happy|fantastic|excited|beautiful|perfect|proud"
            "|joyful|awesome|thrilled|stunning"
        ),
        _split(
            "love it so much|best feeling ever|can't stop smiling|so grateful for this|this made my day"
            "|laughing with friends|what a win|dreams do come true|thank you all|cheers to that"
        ),
        _split("#happy|#love|#blessed|#joy|#excited|#smile|#bestday|#grateful|#winning|#yay"),
    ),
    "negative": Tone(
        _split(
            "awful|terrible|heartbroken|disgusting|miserable|angry|horrible|sad|furious|dreadful|rotten|lonely|broken"
            "|tragic|hopeless|cruel"
        ),
        _split(
            "I hate this|worst feeling ever|can't stop crying|so tired of it|this ruined everything"
            "|nobody even cares|what a disaster|still in pain|shame on them|lost for words"
        ),
        _split("#sad|#hate|#depressed|#angry|#rejected|#pain|#worstday|#upset|#disgusted|#cry"),
    ),
    "neutral": Tone(
        _split(
            "scheduled|regular|listed|standard|updated|printed|numbered|usual|official|general|monthly|local|available"
            "|recorded|second|daily"
        ),
        _split(
            "details follow|doors open at nine|see the notes|part two of four|photo from the archive"
            "|map is attached|as of this morning|same place as before|number on the back|for the record"
        ),
        _split("#info|#news|#update|#schedule|#notes|#report|#weekly|#archive|#listing|#agenda"),
    ),
}

SENTENCES = _split(
    "{word} {time} at the {place}|this {thing} at the {place} is {word}|feeling {word} about the {thing}"
    "|the {word} {thing} from the {place}|our {thing} was {word} {time}|{time} the {place} looks {word}"
    "|another {word} {thing} {time}|they call the {thing} {word}|saw one {word} {thing} near the {place}"
    "|“{word}” is what they say of the {thing}|my sister finds the {place} {word}|is the {thing} really {word} ?"
)
TIMES = _split(
    "today|tonight|this morning|last night|yesterday|on Monday|this weekend|right now|after work|before noon"
)
PLACES = _split(
    "beach|station|market|office|stadium|garden|library|bridge|harbour|museum|school|corner shop|airport|village|cinema"
    "|hospital|river|playground|theatre|main square"
)
THINGS = _split(
    "game|meal|dress|train ride|concert|haircut|meeting|birthday cake|phone|photo|parade|exam result|coffee|new car"
    "|painting|weather|speech|match|puppy|hotel room|film|rehearsal|workout|sandwich"
)
TOPIC_TAGS = _split(
    "#travel|#food|#football|#fashion|#art|#tbt|#work|#family|#music|#city|#weekend|#photo|#fitness|#dog"
)
NAMES = _split("kate|liam|maria|noah|ines|omar|yuki|pavel|greta|hugo|aisha|finn|lucia|tom|wei|nora")
SURNAMES = _split("_b|smith|92|_official|wood|xo|_lee|2go|bakes|runs|_fm|daily|rose|west")
LETTERS = list("abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789")
PLAIN = str.maketrans({"“": '"', "”": '"', "’": "'", "é": "e"})


def compose(label: str, rng: Rng) -> str:
    """A text with the label's tone; `{user}` and `{url}` stand open for `address`. One in eight says it only once."""
    tone = TONES[label]
    sentence = _one(SENTENCES, rng).format(
        word=_one(tone.words, rng), time=_one(TIMES, rng), place=_one(PLACES, rng), thing=_one(THINGS, rng)
    )
    parts = ["RT {user}:"] if rng.random() < 0.2 else []
    parts.append(sentence[0].upper() + sentence[1:])
    if rng.random() > 0.125:
        parts += [_one(("!", ",", "-", "..."), rng) + " " + _one(tone.clauses, rng), _one(tone.tags, rng)]
    parts += [_one(TOPIC_TAGS, rng) for _ in range(rng.integers(0, 3))]
    parts += ["with {user}"] if rng.random() < 0.25 else []
    parts += ["{url}"] if rng.random() < 0.6 else []
    return " ".join(parts)


def address(text: str, rng: Rng) -> str:
    """Fills in who and where: twins of one text differ only here."""
    user = "@" + _one(NAMES, rng) + _one(SURNAMES, rng)
    url = "http://t.co/" + "".join(rng.choice(LETTERS, size=10))
    return text.replace("{user}", user).replace("{url}", url)


def encode(text: str, encoding: str) -> bytes:
    """As the dump's encodings show it: curly quotes in GB18030, an emoji in UTF-8, an accent in CP1252; CRLF."""
    if encoding == "ascii":
        return (text.translate(PLAIN) + " \r\n").encode("ascii")
    ending = {"gb18030": " “so they say”", "utf-8": " ☕", "cp1252": " at the café"}[encoding]
    return (text + ending + " \r\n").encode(encoding)


def _one(choices: tuple[str, ...], rng: Rng) -> str:
    return choices[rng.integers(len(choices))]
