"""What a moment of the store holds of a source, for those who take its dumps again."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from msa_core.dumps.standing import (
    Index,
    Standing,
    answer_of,
    answer_pair,
    image_list_pair,
    image_pair,
    reject_pair,
    text_pair,
)
from msa_core.errors import DumpError
from warehouse import Moment

TEXTS = "select post_id, text_sha256 from posts where source = $source"
IMAGE_LISTS = "from image_lists where starts_with(post_id, $prefix)"
ANSWERS = "from dump_answers where starts_with(post_id, $prefix)"
REJECTS = "select path, line, reason, source_id from rejects where source = $source"
IMAGES = "select image_sha256 from images"
TAKEN = "from ingests where source = $source and n_posts > 0 and not is_replaced"
KEPT = {
    "keeps_raw": "--keep-raw",
    "keeps_names": "--keep-names",
    "has_splits": "--split-column",
    "has_times": "--time-column",
}


@dataclass(frozen=True, slots=True)
class Manner:
    """How a dump is taken in, where its source must keep to it; named as in the view `ingests`."""

    format: str
    task: str
    keeps_raw: bool
    keeps_names: bool
    has_splits: bool
    has_times: bool


def standing(moment: Moment, source: str) -> Standing:
    """Posts, answers and rejects of the source, images of all sources: asked once, in bulk."""
    images = Index(image_pair(*row) for row in _rows(moment, IMAGES))
    if moment.value("select count(*) from ingests where source = $source", source=source) == 0:
        return Standing(images=images)
    prefix = f"{source}:"
    answers = (
        answer_pair((post_id, annotator, modality), annotation_id, answer_of(label, score))
        for post_id, annotator, modality, annotation_id, label, score in _rows(moment, ANSWERS, prefix=prefix)
    )
    return Standing(
        texts=Index(text_pair(*row) for row in _rows(moment, TEXTS, source=source)),
        image_lists=Index(image_list_pair(*row) for row in _rows(moment, IMAGE_LISTS, prefix=prefix)),
        answers=Index(answers),
        images=images,
        rejects=Index(reject_pair(*row) for row in _rows(moment, REJECTS, source=source)),
    )


def check_source(moment: Moment, source: str, manner: Manner) -> None:
    """A source has one task and one format: what one format withholds, another may reveal. Its posts stay as they were
    taken, so what they lack cannot be added by taking them again. Raises DumpError.
    """
    earlier = moment.table(TAKEN, source=source)
    if earlier.num_rows == 0:
        return
    held = moment.value("select task from posts where source = $source limit 1", source=source)
    if held not in (None, manner.task):
        raise DumpError(f"Source {source!r} holds {held}, this dump {manner.task}. Name another: --source")
    others = set(earlier["format"].to_pylist()) - {manner.format}
    if others:
        raise DumpError(f"Source {source!r} was taken in as {min(others)}, not {manner.format}. Name another: --source")
    for name, option in KEPT.items():
        taken = set(earlier[name].to_pylist())
        if taken == {not getattr(manner, name)}:
            raise DumpError(
                f"Source {source!r} was taken in {'with' if True in taken else 'without'} {option}, and its posts stay "
                "as they were taken. Say it as then, or name another: --source"
            )


def ingest_inputs(moment: Moment, source: str, digest: str) -> list[str]:
    """The inputs of an ingest: the dump of this digest, and the ingests of the source that it follows on.

    The dump that the source was taken from last follows on what it followed on then, so that the same dump twice is one
    run; a dump that comes back after another is a run of its own.
    """
    heads = moment.table("from ingest_heads where source = $source order by run_id", source=source)
    inputs = heads["inputs"].to_pylist()
    if inputs and digest in inputs[0] and all(each == inputs[0] for each in inputs):
        return list(inputs[0])
    return [digest, *heads["run_id"].to_pylist()]


def _rows(moment: Moment, sql: str, **values: str) -> Iterator[tuple[Any, ...]]:
    for batch in moment.batches(sql, rows=65_536, **values):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
