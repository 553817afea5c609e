"""What every row must pass before anything it names is opened, whatever its format."""

import math
from dataclasses import dataclass, replace

from msa_core.dumps.row import Answer, Paths, RawPost, RefusedRow, Rows, TextFile
from msa_core.errors import TaskError
from msa_core.refusals import Reason, Refusal
from msa_core.tasks import TASKS

MAX_NAME = 200  # bytes of an id or a label


@dataclass(frozen=True, slots=True)
class Space:
    """The answers that a task allows: `labels`, or any where there are none, or numbers from `low` to `high`."""

    labels: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None

    def checked(self, answer: Answer) -> Answer | None:
        """In the space's own spelling; None where the answer is outside."""
        if answer.label in self.labels:
            return answer
        said = (answer.label or "").strip()
        if self.low is not None and self.high is not None:
            score = _number(said)
            return replace(answer, label=None, score=score) if self.low <= score <= self.high else None
        if self.labels:
            said = said if said in self.labels else said.lower()
            return replace(answer, label=said) if said in self.labels else None
        return replace(answer, label=said) if _is_name(said) else None


def space_of(task: str, labels: tuple[str, ...] = ()) -> Space:
    """Of a known task, or of people's own with the labels that they name. Raises TaskError where both differ."""
    known = TASKS.get(task)
    if known is None:
        return Space(labels)
    if labels and set(labels) != set(known.labels):
        raise TaskError(f"The labels of {task} are {', '.join(known.labels) or 'numbers'}. Name your own task: --task")
    return Space(known.labels, known.low, known.high)


def checked(rows: Rows, space: Space) -> Rows:
    """Safe ids and paths, labels of the space. Whether an id is free is known only when its file is opened."""
    for row in rows:
        if isinstance(row, RefusedRow):
            yield row
            continue
        refusal = _refusal(row)
        answers = tuple(answer for answer in map(space.checked, row.answers) if answer)
        if refusal is None and len(answers) != len(row.answers):
            refusal = Refusal(Reason.UNKNOWN_LABEL, ", ".join(str(answer.label) for answer in row.answers))
        if refusal is not None:
            yield RefusedRow(row.path, row.line, refusal.reason, row.source_id, refusal.detail)
        else:
            yield row if answers == row.answers else replace(row, answers=answers)


def _refusal(row: RawPost) -> Refusal | None:
    if not is_safe_id(row.source_id):
        return Refusal(Reason.UNSAFE_ID)
    files = row.images if not isinstance(row.text, TextFile) else (row.text.paths, *row.images)
    return next((Refusal(Reason.UNSAFE_PATH, paths[0]) for paths in files if not _are_inside(paths)), None)


def is_safe_id(source_id: str) -> bool:
    """May name a file: printable, not too long, no separator, no step upwards."""
    return _is_name(source_id) and source_id not in (".", "..") and not set("/\\") & set(source_id)


def _is_name(text: str) -> bool:
    return text.isprintable() and 0 < len(text.encode()) <= MAX_NAME


def _are_inside(paths: Paths) -> bool:
    """Relative, and never upwards."""
    for path in paths:
        steps = path.replace("\\", "/").split("/")
        if not path or steps[0] == "" or ".." in steps or "\0" in path or not _is_unicode(path):
            return False
    return True


def _is_unicode(text: str) -> bool:
    """No half of a surrogate pair, which JSON can spell and no file name holds."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _number(said: str) -> float:
    try:
        return float(said)
    except ValueError:
        return math.nan
