"""Freezing a training set: labels in force, joined to splits, without the posts that would leak."""

from collections import Counter
from dataclasses import dataclass

import pyarrow.compute as pc

from msa_core.errors import TaskError, TrainingError
from msa_core.records import SnapshotRow
from msa_core.tasks import TASKS
from warehouse import Moment, digest

TRAINABLE = "from trainable_posts where task = $task and $source in ('all', source) order by post_id"
FROZEN = ("post_id", "label", "label_policy", "label_origin", "split", "fold")
CAPTIONED = "select post_id, caption_id from post_captions where kind = $kind"


@dataclass(frozen=True, slots=True)
class Subject:
    """What a model is about: a task, its labels in order, and the source (`all` for every source)."""

    task: str
    source: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Rows by post_id; `n_leaks` were left out. Posts of split train and pool train, those of val stop the training."""

    snapshot_id: str
    about: Subject
    rows: list[SnapshotRow]
    n_leaks: int

    def rows_of(self, *splits: str) -> list[SnapshotRow]:
        """Those of these splits."""
        return [row for row in self.rows if row.split in splits]


def subject(moment: Moment, task: str | None, source: str | None) -> Subject:
    """The one task and source that have labels, or those asked. Raises TrainingError that lists the choices."""
    found = moment.table("select distinct task, source from labels where label is not null order by all")
    pairs = list(zip(*(found[name].to_pylist() for name in ("task", "source")), strict=True))
    if not pairs:
        raise TrainingError("No labelled posts in this store. Ingest a dump with labels first: msa ingest")
    if source not in (None, "all"):
        _one("source", source, sorted({of for _, of in pairs}))
    task = _one("task", task, sorted({each for each, of in pairs if source in (None, "all", of)}))
    source = "all" if source == "all" else _one("source", source, sorted({of for each, of in pairs if each == task}))
    return Subject(task, source, labels_of(moment, task))


def labels_of(moment: Moment, task: str) -> tuple[str, ...]:
    """The label space: the task's own, or the labels that its posts bear."""
    if task in TASKS:
        return TASKS[task].labels
    found = moment.table("select distinct label from labels where task = $task and label is not null", task=task)
    return tuple(sorted(found["label"].to_pylist()))


def freeze(moment: Moment, about: Subject, *, keeps_leaks: bool, captions: str | None = None) -> TrainingSet:
    """Every post weighs the same: 1; with a kind of `captions` each row names its post's. Raises TrainingError where
    nothing can be learned from it.
    """
    found = moment.table(TRAINABLE, task=about.task, source=about.source)
    n_leaks = 0 if keeps_leaks else pc.sum(found["is_leak"]).as_py() or 0
    kept = found if keeps_leaks else found.filter(pc.invert(found["is_leak"]))
    rows = kept.select(FROZEN).to_pylist()
    _check(moment, about, Counter(row["label"] for row in rows if row["split"] != "val"))
    told = _caption_ids(moment, captions, [row["post_id"] for row in rows if row["split"] != "val"])
    rows = [{**row, "caption_id": told[row["post_id"]]} if row["post_id"] in told else row for row in rows]
    snapshot_id = "snapshot-" + digest([about.task, *([str(value) for value in row.values()] for row in rows)])
    usual = {"snapshot_id": snapshot_id, "task": about.task, "score": None, "weight": 1.0, "caption_id": None}
    return TrainingSet(snapshot_id, about, [SnapshotRow(**{**usual, **row}) for row in rows], n_leaks)


def _caption_ids(moment: Moment, kind: str | None, learns: list[str]) -> dict[str, str]:
    """By post. A model that never heard a caption would read those of other posts as noise."""
    if kind is None:
        return {}
    found = moment.table(CAPTIONED, kind=kind)
    told = dict(zip(*(column.to_pylist() for column in found.columns), strict=True))
    if not any(post_id in told for post_id in learns):
        raise TrainingError(f"None of the {len(learns)} training posts has a caption {kind!r}. Make some: msa caption")
    return told


def _one(what: str, asked: str | None, choices: list[str]) -> str:
    if asked is None and len(choices) == 1:
        return choices[0]
    if asked in choices:
        return str(asked)
    listed = f"Choices: {', '.join(choices) or 'none'}"
    if asked is not None:
        raise TrainingError(f"No labelled posts of {what} {asked!r}. {listed}")
    raise TrainingError(
        f"More than one {what} has labels. {listed}. Choose: --{what} {choices[0] if choices else 'NAME'}"
    )


def _check(moment: Moment, about: Subject, counts: Counter[str]) -> None:
    if not moment.value("select count(*) from splits"):
        raise TrainingError("No post has a split yet. Split first: msa split")
    strange = sorted(set(counts) - set(about.labels))
    if strange:
        raise TaskError(
            f"Labels outside task {about.task}: {', '.join(strange)}. Its labels: {', '.join(about.labels)}"
        )
    if not counts:
        raise TrainingError(f"No labelled posts of {about.task} to train on. New posts need a split: msa split")
    if len(counts) == 1:
        raise TrainingError(
            f"All {counts.total()} training posts are {next(iter(counts))}. Ingest posts of another label"
        )
