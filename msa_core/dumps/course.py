"""The course set over MVSA's files: `train.txt` and `test_without_label.txt`, rows `guid,tag`, files in `data/`.

The dump names no validation and withholds the labels of its test. So its train is no official split (val and test
are made from it), and its test is an official test without labels.
"""

from pathlib import Path

from msa_core.dumps.lines import Line, first_file, label_file, lines
from msa_core.dumps.row import Answer, RawPost, RefusedRow, Rows, TextFile
from msa_core.refusals import Reason

TRAIN, TEST = "train.txt", "test_without_label.txt"
WITHHELD = ("null", "")


def read(root: Path) -> Rows:
    """Train first. Either file may be absent, not both."""
    label_file(root, TRAIN, TEST)
    for path in (TRAIN, TEST):
        if first_file(root, (path,)):
            yield from _read_file(root, path)


def _read_file(root: Path, path: str) -> Rows:
    for line in lines(root, path):
        if isinstance(line, RefusedRow):
            yield line
        elif not (line.number == 1 and line.text.replace(" ", "").lower() == "guid,tag"):
            yield _row(line, is_test=path == TEST)


def _row(line: Line, *, is_test: bool) -> RawPost | RefusedRow:
    fields = [field.strip() for field in line.text.split(",")]
    if len(fields) != 2:
        reason = Reason.TOO_FEW_COLUMNS if len(fields) < 2 else Reason.TOO_MANY_COLUMNS
        return line.refused(reason, source_id=fields[0], detail=f"{len(fields)} columns, not 2")
    source_id, tag = fields
    is_withheld = is_test and tag.lower() in WITHHELD
    return RawPost(
        source_id,
        line.path,
        line.number,
        TextFile((f"data/{source_id}.txt",)),
        ((f"data/{source_id}.jpg",),),
        () if is_withheld else (Answer("course", "both", tag),),
        official_split="test" if is_test else None,
        is_official_unlabelled=is_withheld,
    )
