"""Why an answer is no caption: every reason by name, once, with the sentence that explains it."""

from enum import StrEnum


class CaptionReason(StrEnum):
    """The names that stand in `captions.reason`; the gate gives all but the last two."""

    KNOWN_GARBAGE = "known-garbage"
    ONE_CHARACTER_RUN = "one-character-run"
    EMPTY = "empty"
    REPETITION = "repetition"
    TRUNCATED = "truncated"
    TOO_LONG = "too-long"
    WRONG_LANGUAGE = "wrong-language"
    TOO_SHORT = "too-short"
    REFUSAL = "refusal"
    INSTRUCTIONS = "instructions"
    PROMPT_ECHO = "prompt-echo"
    SENTIMENT_WORDS = "sentiment-words"
    ENDPOINT_REJECTED = "endpoint-rejected"
    UNREADABLE_IMAGE = "unreadable-image"

    @property
    def sentence(self) -> str:
        """For whoever reads the summary."""
        return SENTENCES[self]


SENTENCES = {
    CaptionReason.KNOWN_GARBAGE: "the answer holds tokens of the model's own format, or broken characters",
    CaptionReason.ONE_CHARACTER_RUN: "the answer is, or ends up as, one character again and again",
    CaptionReason.EMPTY: "the answer says nothing at all",
    CaptionReason.REPETITION: "the answer says the same again and again",
    CaptionReason.TRUNCATED: "the answer stops before its last sentence does",
    CaptionReason.TOO_LONG: "the answer rambles",
    CaptionReason.WRONG_LANGUAGE: "the answer is not in the language that was asked for, outside of what it quotes",
    CaptionReason.TOO_SHORT: "the answer is too short to describe anything",
    CaptionReason.REFUSAL: "the model declines, or speaks of itself, or the endpoint withholds the answer",
    CaptionReason.INSTRUCTIONS: "the answer gives orders to whoever reads it",
    CaptionReason.PROMPT_ECHO: "the answer repeats the task",
    CaptionReason.SENTIMENT_WORDS: "the answer judges mood, emotion or quality, outside of what it quotes",
    CaptionReason.ENDPOINT_REJECTED: "the endpoint does not take this image",
    CaptionReason.UNREADABLE_IMAGE: "the image cannot be decoded, so nobody was asked",
}
