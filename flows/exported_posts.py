"""The posts of a snapshot as they leave the store: batch by batch, so that memory does not grow with the images."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from warehouse import Moment

POSTS = "from snapshot_posts where snapshot_id = $snapshot_id and part = $part order by post_id"
FILES = (
    "select image_sha256, lower(i.format) as format, b.bytes from image_bytes b join images i using (image_sha256)"
    " where image_sha256 in (select unnest($digests))"
)
POSTS_AT_ONCE = 256
ENDINGS = {"jpeg": "jpg", "mpo": "jpg", "tiff": "tif"}


@dataclass(frozen=True, slots=True)
class Picture:
    """An image's file as it came; `name` is its digest with the ending of its format."""

    name: str
    raw: bytes


@dataclass(frozen=True, slots=True)
class ExportedPost:
    """What others read of a post; text and caption are empty where it has none."""

    post_id: str
    source: str
    source_id: str
    text: str
    label: str
    weight: float
    label_policy: str
    label_origin: str
    caption: str
    digests: list[str]
    pictures: tuple[Picture, ...] = ()


def posts_of(
    moment: Moment, snapshot_id: str, part: str, *, with_pictures: bool = True
) -> Iterator[list[ExportedPost]]:
    """By post_id, at most 256 at a time. `part`: train or validation."""
    names = list(ExportedPost.__slots__[:-1])
    for batch in moment.batches(POSTS, rows=POSTS_AT_ONCE, snapshot_id=snapshot_id, part=part):
        rows = batch.select(names).to_pylist()
        for start in range(0, len(rows), POSTS_AT_ONCE):  # the engine may hand over more at once
            some = rows[start : start + POSTS_AT_ONCE]
            files = (
                _files(moment, sorted({digest for row in some for digest in row["digests"]})) if with_pictures else {}
            )
            yield [_post(row, files) for row in some]


def _post(row: dict[str, Any], files: dict[str, Picture]) -> ExportedPost:
    return ExportedPost(**row, pictures=tuple(files[digest] for digest in row["digests"] if digest in files))


def _files(moment: Moment, digests: list[str]) -> dict[str, Picture]:
    found = moment.table(FILES, digests=digests)
    rows = zip(*(found[name].to_pylist() for name in ("image_sha256", "format", "bytes")), strict=True)
    return {digest: Picture(f"{digest}.{ENDINGS.get(kind, kind)}", raw) for digest, kind, raw in rows}
