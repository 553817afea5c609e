"""What the two MVSA dumps share: `labelResultAll.txt`, and `data/{id}.jpg` beside `data/{id}.txt`.

    ID<tab>text,image[<tab>text,image …]
    1<tab>positive,neutral

Niu et al. 2016, "Sentiment analysis on multi-view social data".
"""

from pathlib import Path

from msa_core.dumps.lines import Line, label_file, lines
from msa_core.dumps.row import Answer, RawPost, RefusedRow, Rows, TextFile
from msa_core.errors import DumpError
from msa_core.refusals import Reason

LABELS = "labelResultAll.txt"
FORMAT_OF = {1: "mvsa-single", 3: "mvsa-multiple"}


def read_mvsa(root: Path, annotators: tuple[str, ...]) -> Rows:
    """One pair of labels an annotator."""
    path = label_file(root, LABELS)
    for line in lines(root, path):
        if isinstance(line, RefusedRow):
            yield line
        elif line.number == 1 and line.text.split("\t")[0].strip().lower() == "id":
            _check_header(root, line, len(annotators))
        else:
            yield _row(line, annotators)


def _check_header(root: Path, line: Line, n_annotators: int) -> None:
    n_pairs = len(line.text.rstrip().split("\t")) - 1
    if n_pairs != n_annotators and n_pairs in FORMAT_OF:
        raise DumpError(
            f"{root / LABELS} has {n_pairs} annotators, {FORMAT_OF[n_annotators]} has {n_annotators}. "
            f"Ingest it as {FORMAT_OF[n_pairs]}."
        )


def _row(line: Line, annotators: tuple[str, ...]) -> RawPost | RefusedRow:
    source_id, *pairs = (field.strip() for field in line.text.rstrip().split("\t"))
    if len(pairs) != len(annotators):
        few = len(pairs) < len(annotators)
        reason = Reason.TOO_FEW_COLUMNS if few else Reason.TOO_MANY_COLUMNS
        return line.refused(reason, source_id=source_id, detail=f"{len(pairs)} pairs, not {len(annotators)}")
    answers: list[Answer] = []
    for annotator, pair in zip(annotators, pairs, strict=True):
        labels = pair.split(",")
        if len(labels) != 2:
            reason = Reason.TOO_FEW_COLUMNS if len(labels) < 2 else Reason.TOO_MANY_COLUMNS
            return line.refused(reason, source_id=source_id, detail=f"{pair!r} is no pair text,image")
        answers += [Answer(annotator, "text", labels[0]), Answer(annotator, "image", labels[1])]
    text, image = TextFile((f"data/{source_id}.txt",)), (f"data/{source_id}.jpg",)
    return RawPost(source_id, line.path, line.number, text, (image,), tuple(answers))
