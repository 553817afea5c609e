"""Whether an answer of a vision-language model may be used as a caption, and why not.

The order of the checks is fixed, the cheapest and most certain first; the first that holds names the reason:

refusal             withheld by the endpoint (`finish` is "content_filter"), however much of it came
known-garbage       tokens of a model's own format, broken characters
one-character-run   `!!!!!!!!`
empty               nothing, or a word for nothing
repetition          loops
truncated           cut off by the endpoint (`finish` is "length")
too-long            more than 250 words
wrong-language      another script
too-short           fewer than four words
refusal             declines
prompt-echo         the task comes back
instructions        orders to the reader, or to a later model
refusal             speaks of itself
wrong-language      Latin letters, but not English; or not the language that the prompt names
sentiment-words     judges mood, emotion or quality
truncated           stops in the middle of a sentence

What stands in quotation marks, or in the field of the image's text, is the image's: it may be in any language, judge,
order and shout; only garbage, long runs and long loops are refused there too.

A prompt of one's own may name another language than English: then too short is what has fewer than six letters or
signs, `me` and `my` are words like any, and only words that the prompt lists (`judging`) judge. Or it may say that
answers judge (`may_judge`).
"""

from collections.abc import Callable
from functools import partial

from msa_core.captions.gate import degenerate, judgement, language, substance, talk
from msa_core.captions.gate.own_words import Told, told
from msa_core.captions.prompts import ENGLISH, Prompt
from msa_core.captions.reasons import CaptionReason

BEFORE_THE_CUT: tuple[tuple[CaptionReason, Callable[[Told], bool]], ...] = (
    (CaptionReason.KNOWN_GARBAGE, degenerate.is_garbage),
    (CaptionReason.ONE_CHARACTER_RUN, degenerate.is_run),
    (CaptionReason.EMPTY, substance.is_empty),
    (CaptionReason.REPETITION, degenerate.is_repetition),
)
CUT_OFF, WITHHELD = "length", "content_filter"


def refused(caption: str, *, prompt: Prompt, finish: str = "stop") -> CaptionReason | None:
    """The reason, or None for a caption that may be used. `finish`: why the endpoint says that the answer ended."""
    if finish == WITHHELD:
        return CaptionReason.REFUSAL
    said = told(caption, prompt)
    for reason, holds in BEFORE_THE_CUT:
        if holds(said):
            return reason
    if finish == CUT_OFF:
        return CaptionReason.TRUNCATED
    return next((reason for reason, holds in _of_whole_answers(prompt) if holds(said)), None)


def _never(_: Told) -> bool:
    """A check that the prompt has switched off."""
    return False


def _of_whole_answers(prompt: Prompt) -> tuple[tuple[CaptionReason, Callable[[Told], bool]], ...]:
    is_english = prompt.language == ENGLISH
    is_other_language = language.is_other_language if is_english else partial(language.is_not, language=prompt.language)
    return (
        (CaptionReason.TOO_LONG, substance.is_too_long),
        (CaptionReason.WRONG_LANGUAGE, language.is_other_script if is_english else _never),
        (CaptionReason.TOO_SHORT, substance.is_too_short if is_english else substance.is_next_to_nothing),
        (CaptionReason.REFUSAL, talk.is_refusal),
        (CaptionReason.PROMPT_ECHO, lambda said: talk.is_echo(said, prompt)),
        (CaptionReason.INSTRUCTIONS, talk.is_instructions),
        (CaptionReason.REFUSAL, talk.is_of_itself if is_english else _never),
        (CaptionReason.WRONG_LANGUAGE, is_other_language),
        (CaptionReason.SENTIMENT_WORDS, _judging(prompt)),
        (CaptionReason.TRUNCATED, substance.is_unfinished),
    )


def _judging(prompt: Prompt) -> Callable[[Told], bool]:
    """The gate's own words judge in English; a prompt may list others, in any language."""
    if prompt.judging:
        return partial(judgement.holds_one_of, judging=prompt.judging)
    return _never if prompt.may_judge or prompt.language != ENGLISH else judgement.is_judgement
