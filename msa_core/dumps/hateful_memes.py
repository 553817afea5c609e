"""Facebook Hateful Memes: `{"id": 42953, "img": "img/42953.png", "label": 0, "text": "…"}`, one JSON object a line.

Kiela et al. 2020. 1 = hateful. Labels may be missing: of a test they are then withheld.
"""

from pathlib import Path

from msa_core.dumps.cells import WrongKind, word
from msa_core.dumps.lines import Line, first_file, json_object, label_file, lines
from msa_core.dumps.row import Answer, InlineText, RawPost, RefusedRow, Rows
from msa_core.refusals import Reason

SPLITS = {
    "train.jsonl": "train",
    "dev.jsonl": "val",
    "dev_seen.jsonl": "val",
    "dev_unseen.jsonl": "val",
    "test.jsonl": "test",
    "test_seen.jsonl": "test",
    "test_unseen.jsonl": "test",
}
LABELS = {"0": "not-hateful", "1": "hateful"}


def read(root: Path) -> Rows:
    """File by file; `dev_seen` and `dev_unseen` share posts, which count once."""
    label_file(root, *SPLITS)
    for path, split in SPLITS.items():
        if first_file(root, (path,)):
            for line in lines(root, path):
                yield line if isinstance(line, RefusedRow) else _row(line, split)


def _label(value: object) -> str | None:
    """1.0 is 1 and NaN is none, as a column with gaps would have it."""
    try:
        said = word(value, "label")
    except WrongKind:
        said = str(value)
    return said and LABELS.get(said, said)


def _row(line: Line, split: str) -> RawPost | RefusedRow:
    row = json_object(line)
    if isinstance(row, RefusedRow):
        return row
    source_id = str(row.get("id", ""))
    missing = [name for name in ("id", "img", "text") if row.get(name) is None]
    if missing:
        return line.refused(Reason.TOO_FEW_COLUMNS, source_id=source_id, detail=f"without {', '.join(missing)}")
    image, text, label = row["img"], row["text"], _label(row.get("label"))
    if not (isinstance(row["id"], int | str) and isinstance(image, str) and isinstance(text, str)):
        return line.refused(Reason.MALFORMED_ROW, source_id=source_id, detail="id, img or text of the wrong kind")
    answers = () if label is None else (Answer("hateful-memes", "both", label),)
    return RawPost(
        source_id,
        line.path,
        line.number,
        InlineText(text, line.encoding),
        ((image,),),
        answers,
        official_split=split,
        is_official_unlabelled=split == "test" and label is None,
    )
