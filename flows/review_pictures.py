"""Images of posts where reviewers see them: files on the server's disk or, where that is not shared, in the task"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow as pa

from labelstudio.connection import Connection
from labelstudio.pictures import SUFFIX, absent, address, export, name
from msa_core.shown_image import data_url, shown
from warehouse import Moment

BYTES = "from image_bytes where image_sha256 in (select unnest($wanted))"
WIDEST = 1280  # pixels of an image within a task
AT_ONCE = 256


def addresses(moment: Moment, connection: Connection, rows: Sequence[dict[str, Any]]) -> dict[str, tuple[str, ...]]:
    """What a browser asks for, per post."""
    if connection.files is None:
        return embedded(moment, rows)
    return {row["post_id"]: tuple(address(sha256, form) for sha256, form in _images(row)) for row in rows}


def put_back(moment: Moment, connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Export the images of these posts that are not on the server's disk, or no longer."""
    if connection.files is None:
        return
    names = {name(sha256, form): (sha256, form) for row in rows for sha256, form in _images(row)}
    wanted = [names[each] for each in absent(connection.files, iter(names))]
    forms = dict(wanted)
    with ThreadPoolExecutor(2) as pool:
        for batch in moment.batches(BYTES, rows=AT_ONCE, wanted=list(forms)) if forms else ():
            list(pool.map(lambda row: _export(connection.files, row, forms), _rows(batch)))


def _export(files: Path | None, row: tuple[str, bytes], forms: dict[str, str]) -> None:
    sha256, raw = row
    form = forms[sha256]
    visible = raw if form in SUFFIX else shown(raw, widest=WIDEST)
    if files is not None and visible is not None:
        export(files, name(sha256, form), visible)


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
