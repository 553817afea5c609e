"""Rows that a reader must refuse, one of each kind, and the files that they name."""

from dataclasses import dataclass

from msa_core.sample_dump.encoding import huge_png

BROKEN = (
    "missing-image",
    "missing-text",
    "empty-text",
    "empty-file",
    "truncated-image",
    "not-an-image",
    "huge-image",
    "unknown-label",
    "too-few-columns",
    "duplicated-id",
    "unsafe-id",
    "undecodable-text",
)
ROWS = {"unknown-label": "positive,cheerful", "too-few-columns": "positive"}


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """`row` is the line of the label file; `text` and `image` are the files' bytes, None where the file is absent."""

    kind: str
    source_id: str
    row: str
    text: bytes | None
    image: bytes | None


def break_row(kind: str, source_id: str, text: bytes, image: bytes) -> BrokenRow:
    """A good row of two good files, broken in one way. A duplicated id comes with no files: they stand already."""
    row = f"{source_id}\t" + ROWS.get(kind, "positive,positive")
    match kind:
        case "missing-image":
            return BrokenRow(kind, source_id, row, text, None)
        case "missing-text":
            return BrokenRow(kind, source_id, row, None, image)
        case "empty-text":
            return BrokenRow(kind, source_id, row, b" \r\n", image)
        case "undecodable-text":  # neither UTF-8 nor GB18030 nor CP1252
            return BrokenRow(kind, source_id, row, b"so good \x81 to see\r\n", image)
        case "duplicated-id":
            return BrokenRow(kind, source_id, row, None, None)
        case _:
            return BrokenRow(kind, source_id, row, text, _broken_image(kind, image))


def _broken_image(kind: str, image: bytes) -> bytes:
    files = {
        "empty-file": b"",
        "truncated-image": image[: len(image) * 3 // 5],
        "not-an-image": b"404 Not Found\r\n" * 40,
    }
    return huge_png() if kind == "huge-image" else files.get(kind, image)
