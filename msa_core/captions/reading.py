"""An answer as a caption: its fields where it is the JSON that was asked for, else its words as they are."""

import json
import re

from pydantic import ValidationError

from msa_core.captions.prompts import Prompt

LONGEST = 20_000  # characters that anybody looks at
THOUGHT, THOUGHT_OVER = "<think>", "</think>"
FENCE = re.compile(r"^```\w*|```$")
BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff]+")
OBJECT = re.compile(r"\{.*\}", re.DOTALL)
CUT_OFF = re.compile(r'^\{\s*"\w+"\s*:\s*"')  # the beginning of an object that has no end


def caption_of(answer: str, prompt: Prompt) -> str:
    """The fields as one line of text; words around the JSON are dropped, an answer without it is kept whole. Control
    characters become blanks: a model may answer any byte.

    What a model thought aloud first is dropped; where it never ended its thought, there is no answer, and all is kept.
    """
    said = answer.rpartition(THOUGHT_OVER)[2]
    plain = FENCE.sub("", said[:LONGEST].strip()).strip()
    found = OBJECT.search(plain) if THOUGHT not in plain else None
    words = (_of_fields(found[0], prompt) if found else None) or CUT_OFF.sub("", plain)
    return BLANK.sub(" ", words).strip()


def _of_fields(text: str, prompt: Prompt) -> str | None:
    try:
        said = prompt.schema().model_validate_json(text)
    except ValidationError:
        return _first_field(text, prompt)
    return prompt.caption(said.model_dump())


def _first_field(text: str, prompt: Prompt) -> str | None:
    """The description alone, where the other fields are missing or of another kind."""
    try:
        said = json.loads(text)
    except json.JSONDecodeError:
        return None
    first = said.get(prompt.fields[0][0]) if isinstance(said, dict) else None
    return first.strip() if isinstance(first, str) else None
