"""The Twitter sarcasm set of Cai et al. 2019 ("Multi-modal sarcasm detection in Twitter"), with or without images.

    ['908', 'the text', 1]           train: the label is the hashtag's
    ['916', 'the text', 1, 0]        valid2, test2: hashtag's, then people's; the last one counts

1 = sarcastic. Texts lie in `text/` or beside it, images in `{split}/` or one of IMAGE_FOLDERS as `{id}.jpg|png`.
"""

import ast
import warnings
from pathlib import Path

from msa_core.dumps.lines import Line, first_file, lines
from msa_core.dumps.row import Answer, InlineText, Paths, RawPost, RefusedRow, Rows
from msa_core.errors import DumpError
from msa_core.refusals import Reason

FILES = {  # of several files of a split, the one with people's labels
    "train": ("train", "train2"),
    "val": ("valid2", "valid", "val2", "val"),
    "test": ("test2", "test"),
}
IMAGE_FOLDERS = ("image", "images", "dataset_image")
ENDINGS = ("jpg", "png", "jpeg")
LABELS = {0: "not-sarcastic", 1: "sarcastic"}
# A train text with one of these says its own label; the published 19,816 train posts are those without.
GIVEAWAYS = frozenset(
    ("sarcasm", "sarcastic", "reposting", "<url>", "joke", "humour", "humor", "jokes", "irony", "ironic", "exgag")
)


def read(root: Path, *, word_filter: bool = True) -> Rows:
    """Train, val, test. Val and test are never filtered."""
    found = {split: first_file(root, _candidates(names)) for split, names in FILES.items()}
    if not any(found.values()):
        looked = ", ".join(f"text/{name}.txt" for names in FILES.values() for name in names)
        raise DumpError(f"No label file in {root}: looked for {looked}, also without text/.")
    for split, path in found.items():
        if path is not None:
            folders = _image_folders(root, split)
            for line in lines(root, path):
                yield line if isinstance(line, RefusedRow) else _row(line, split, folders, word_filter)


def _candidates(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{folder}{name}.txt" for name in names for folder in ("text/", ""))


def _row(line: Line, split: str, folders: Paths, word_filter: bool) -> RawPost | RefusedRow:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a text's own backslashes
            row = ast.literal_eval(line.text.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError) as error:
        why = error.msg if isinstance(error, SyntaxError) else "not a literal"  # other words hold memory addresses
        return line.refused(Reason.MALFORMED_ROW, detail=f"no Python list: {why}")
    if not isinstance(row, list | tuple):
        return line.refused(Reason.MALFORMED_ROW, detail="no Python list")
    source_id = str(row[0]) if row else None
    if len(row) < 3:
        return line.refused(Reason.TOO_FEW_COLUMNS, source_id=source_id, detail=f"{len(row)} columns, not 3 or 4")
    if not (isinstance(row[0], str | int) and isinstance(row[1], str)):
        return line.refused(Reason.MALFORMED_ROW, source_id=source_id, detail="id or text of the wrong kind")
    if word_filter and split == "train" and (word := _giveaway(row[1])):
        return line.refused(Reason.WORD_FILTER, source_id=source_id, detail=word)
    image = tuple(f"{folder}/{row[0]}.{ending}" for folder in folders for ending in ENDINGS)
    words = InlineText(row[1], line.encoding)
    return RawPost(str(row[0]), line.path, line.number, words, (image,), (_answer(row[-1]),), official_split=split)


def _giveaway(text: str) -> str | None:
    return min(GIVEAWAYS.intersection(text.split()), default=None)


def _answer(label: object) -> Answer:
    return Answer("hfm", "both", LABELS.get(label, str(label)) if isinstance(label, int) else str(label))


def _image_folders(root: Path, split: str) -> Paths:
    """Those that stand in the dump; one to name where none does."""
    folders = (split, "valid", *IMAGE_FOLDERS) if split == "val" else (split, *IMAGE_FOLDERS)
    return tuple(folder for folder in folders if (root / folder).is_dir()) or IMAGE_FOLDERS[:1]
