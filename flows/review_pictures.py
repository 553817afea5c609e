"""Images of posts where reviewers see them: files on the server's disk or, where that is not shared, in the task"""

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from labelstudio.connection import Connection
from labelstudio.pictures import SUFFIX, absent, address, export, name
from msa_core.shown_image import data_url, shown
from warehouse import Moment

BYTES = "from image_bytes join images using (image_sha256) where image_sha256 in (select unnest($wanted))"
EXPORTED = ("image_sha256", "bytes", "format")
WIDEST = 1280  # pixels of an image within a task
AT_ONCE = 256


def addresses(moment: Moment, connection: Connection, rows: Sequence[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """What a browser asks for, per post."""
    if connection.files is None:
        return embedded(moment, rows)
    return {row["post_id"]: tuple(address(sha256, form) for sha256, form in _images(row)) for row in rows}


def put_back(moment: Moment, connection: Connection, addresses: Iterable[str]) -> None:
    """Export the images of these addresses that are not on the server's disk, or no longer."""
    if connection.files is None:
        return
    wanted = absent(connection.files, addresses)
    for batch in moment.batches(BYTES, rows=AT_ONCE, wanted=wanted) if wanted else ():
        for sha256, raw, form in zip(*(batch[column].to_pylist() for column in EXPORTED), strict=True):
            visible = raw if form in SUFFIX else shown(raw, widest=WIDEST)
            if visible is not None:
                export(connection.files, name(sha256, form), visible)


def embedded(moment: Moment, rows: Sequence[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """The images as addresses that hold them, shrunk."""
    wanted = sorted({sha256 for row in rows for sha256, _ in _images(row)})
    found: dict[str, str] = {}
    for batch in moment.batches(BYTES, rows=AT_ONCE, wanted=wanted) if wanted else ():
        for sha256, raw in _rows(batch):
            jpeg = shown(raw, widest=WIDEST)
            found[sha256] = data_url(jpeg) if jpeg else ""
    return {row["post_id"]: tuple(found[sha256] for sha256, _ in _images(row) if found[sha256]) for row in rows}


def _images(row: dict[str, Any]) -> Iterable[tuple[str, str]]:
    return zip(row["images"], row["formats"], strict=True)


def _rows(batch: pa.RecordBatch) -> Iterable[tuple[str, bytes]]:
    return zip(batch["image_sha256"].to_pylist(), batch["bytes"].to_pylist(), strict=True)
