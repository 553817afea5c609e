"""What a moment of the store holds of a source, for those who take its dumps again."""

from collections.abc import Iterator
from typing import Any

from msa_core.dumps.standing import Index, Standing, answer_of, answer_pair, image_list_pair, image_pair, text_pair
from warehouse import Moment

TEXTS = "select post_id, text_sha256 from posts where source = $source"
IMAGES = "from post_images where starts_with(post_id, $prefix)"
IMAGE_LISTS = f"select post_id, list(image_sha256 order by position) {IMAGES} group by post_id"
ANSWERS = "from answers where origin = 'dump' and starts_with(post_id, $prefix)"
ANSWERED = f"select post_id, annotator, modality, annotation_id, label, score {ANSWERS}"


def standing(moment: Moment, source: str) -> Standing:
    """Posts and answers of the source, images of all sources: asked once, in bulk."""
    prefix = f"{source}:"
    answers = (
        answer_pair((post_id, annotator, modality), annotation_id, answer_of(label, score))
        for post_id, annotator, modality, annotation_id, label, score in _rows(moment, ANSWERED, prefix=prefix)
    )
    return Standing(
        texts=Index(text_pair(*row) for row in _rows(moment, TEXTS, source=source)),
        image_lists=Index(image_list_pair(*row) for row in _rows(moment, IMAGE_LISTS, prefix=prefix)),
        answers=Index(answers),
        images=Index(image_pair(*row) for row in _rows(moment, "select image_sha256 from images")),
    )


def _rows(moment: Moment, sql: str, **values: str) -> Iterator[tuple[Any, ...]]:
    for batch in moment.batches(sql, rows=65_536, **values):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)
