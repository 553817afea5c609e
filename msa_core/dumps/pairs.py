"""CLARA's pairs of one image and one text, in either of two layouts.

    labelResultAll.txt (or the only .txt)   id | label | text     images in images/{id}.jpg
    {split}/annotations.csv                 image_path,text,label  images in {split}/images/; also without {split}/

A CSV may have a column `id`; without one the image's name is the id. Such ids may begin anew in each split folder, so
the folder's name is part of them: `train-0001`, `test-0001`.
"""

import re
from pathlib import Path, PurePosixPath

from msa_core.dumps.delimited import Row, csv_rows
from msa_core.dumps.lines import Line, lines
from msa_core.dumps.row import Answer, InlineText, RawPost, RefusedRow, Rows
from msa_core.errors import DumpError
from msa_core.refusals import Reason

TABLE = "annotations.csv"
FOLDERS = {"train/": "train", "val/": "val", "valid/": "val", "test/": "test", "": None}
BAR = re.compile(r"\s*\|\s*")
ENDINGS = ("jpg", "jpeg", "png")


def read(root: Path) -> Rows:
    """Train, val, test where there are folders, else the one label file."""
    folders = [folder for folder in FOLDERS if (root / folder / TABLE).is_file()]
    for folder in folders:
        for row in csv_rows(root, folder + TABLE, ("image_path", "text", "label")):
            yield row if isinstance(row, RefusedRow) else _of_table(row, folder)
    if not folders:
        yield from _read_lines(root, _label_file(root))


def _label_file(root: Path) -> str:
    found = sorted(path.name for path in root.glob("*.txt") if path.is_file())
    if "labelResultAll.txt" in found:
        return "labelResultAll.txt"
    if len(found) != 1:
        listed = ", ".join(found) or "none"
        raise DumpError(
            f"No label file in {root}: looked for train|val|test/{TABLE}, {TABLE}, labelResultAll.txt "
            f"or a single .txt (found {listed})."
        )
    return found[0]


def _read_lines(root: Path, path: str) -> Rows:
    for line in lines(root, path):
        if isinstance(line, RefusedRow):
            yield line
            continue
        fields = BAR.split(line.text.strip(), maxsplit=2)
        if not (line.number == 1 and [field.lower() for field in fields] == ["id", "label", "text"]):
            yield _of_line(line, fields)


def _of_line(line: Line, fields: list[str]) -> RawPost | RefusedRow:
    if len(fields) < 3:
        return line.refused(Reason.TOO_FEW_COLUMNS, source_id=fields[0], detail=f"{len(fields)} columns, not 3")
    source_id, label, text = fields
    image = tuple(f"images/{source_id}.{ending}" for ending in ENDINGS)
    words = InlineText(text, line.encoding)
    return RawPost(source_id, line.path, line.number, words, (image,), (Answer("pairs", "both", label),))


def _of_table(row: Row, folder: str) -> RawPost:
    named, text, label = (str(row.values[name]) for name in ("image_path", "text", "label"))
    named = named.strip()
    source_id = str(row.values.get("id") or PurePosixPath(named).stem).strip()
    prefix = folder.replace("/", "-") if source_id else ""
    image = (f"{folder}{named}", f"{folder}images/{named}")
    return RawPost(
        prefix + source_id,
        row.path,
        row.number,
        InlineText(text, row.encoding),
        (image,),
        (Answer("pairs", "both", label),),
        official_split=FOLDERS[folder],
    )
