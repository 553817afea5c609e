"""Why a row of a dump is refused: every reason by name, once, with the sentence that explains it."""

from dataclasses import dataclass
from enum import StrEnum


class Reason(StrEnum):
    """The names that stand in `rejects.reason`."""

    TOO_FEW_COLUMNS = "too-few-columns"
    TOO_MANY_COLUMNS = "too-many-columns"
    MALFORMED_ROW = "malformed-row"
    UNSAFE_ID = "unsafe-id"
    UNSAFE_PATH = "unsafe-path"
    DUPLICATED_ID = "duplicated-id"
    UNKNOWN_LABEL = "unknown-label"
    WORD_FILTER = "word-filter"
    MISSING_TEXT = "missing-text"
    EMPTY_TEXT = "empty-text"
    UNDECODABLE_TEXT = "undecodable-text"
    TEXT_TOO_LARGE = "text-too-large"
    MISSING_IMAGE = "missing-image"
    EMPTY_IMAGE = "empty-image"
    NOT_AN_IMAGE = "not-an-image"
    TRUNCATED_IMAGE = "truncated-image"
    BROKEN_IMAGE = "broken-image"
    IMAGE_TOO_LARGE = "image-too-large"
    UNREADABLE_FILE = "unreadable-file"
    CONTENT_CHANGED = "content-changed"

    @property
    def sentence(self) -> str:
        """For whoever reads the summary."""
        return SENTENCES[self]


SENTENCES = {
    Reason.TOO_FEW_COLUMNS: "the row has fewer columns than its format",
    Reason.TOO_MANY_COLUMNS: "the row has more columns than its format",
    Reason.MALFORMED_ROW: "the row cannot be parsed, or a value is of the wrong kind",
    Reason.UNSAFE_ID: "the id is empty, too long, or could name a file elsewhere",
    Reason.UNSAFE_PATH: "the path leads out of the dump",
    Reason.DUPLICATED_ID: "an earlier row of the dump has the same id",
    Reason.UNKNOWN_LABEL: "the label is not in the task's label space",
    Reason.WORD_FILTER: "the text names its own label (the published word filter; off with --no-word-filter)",
    Reason.MISSING_TEXT: "there is no text (taken without one with --allow-missing text)",
    Reason.EMPTY_TEXT: "the text is there and holds nothing",
    Reason.UNDECODABLE_TEXT: "the bytes are neither UTF-8 nor GB18030 nor CP1252, or hold NUL",
    Reason.TEXT_TOO_LARGE: "the text file is larger than any post",
    Reason.MISSING_IMAGE: "there is no image (taken without one with --allow-missing image)",
    Reason.EMPTY_IMAGE: "the image file has no bytes",
    Reason.NOT_AN_IMAGE: "the file is in no image format that is read here",
    Reason.TRUNCATED_IMAGE: "the image file ends before its pixels do",
    Reason.BROKEN_IMAGE: "the image file is whole and its pixels cannot be decoded",
    Reason.IMAGE_TOO_LARGE: "the image has too many pixels or bytes; nothing was decoded",
    Reason.UNREADABLE_FILE: "the system refuses to read the file",
    Reason.CONTENT_CHANGED: "the store holds this id with another text or other images",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason, and what exactly was wrong."""

    reason: Reason
    detail: str | None = None
