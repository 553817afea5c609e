"""Tiny dumps and images, made by hand."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image

from msa_core.dumps import Known, RawPost, RefusedRow, Rows, each_id_once
from msa_core.dumps.checks import checked, space_of
from msa_core.records import Reject

SHARED = Path(os.environ.get("MSA_SHARED_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
NO_SHARED = f"the real dumps are not in {SHARED}: name their folder with MSA_SHARED_DATA"


def picture(seed: int = 0, width: int = 96, height: int = 64) -> Image.Image:
    """Soft and random, so that no two seeds look alike."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, size=(6, 8, 3), dtype=np.uint8))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, form: str = "JPEG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def jpeg(seed: int = 0) -> bytes:
    return encoded(picture(seed))


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """Files by path; text is written as UTF-8."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def mvsa(root: Path, rows: dict[str, str], *, header: str = "ID\ttext,image") -> Path:
    """MVSA-Single with a good text and a good image for each row."""
    labels = "".join(f"{source_id}\t{pair}\r\n" for source_id, pair in rows.items())
    files: dict[str, str | bytes] = {"labelResultAll.txt": f"{header}\r\n{labels}"}
    for number, source_id in enumerate(rows):
        files[f"data/{source_id}.txt"] = f"words of {source_id} \r\n"
        files[f"data/{source_id}.jpg"] = jpeg(number)
    return write(root, files)


def posts(rows: Rows) -> list[RawPost]:
    """All of them; none may be refused."""
    found = list(rows)
    assert all(isinstance(row, RawPost) for row in found), found
    return [row for row in found if isinstance(row, RawPost)]


def reasons(rows: Rows, task: str = "sentiment") -> list[tuple[int, str]]:
    """Line and reason of each row that is refused, after what every format shares; all files are taken for good."""
    opened = (
        (row, row.reject("s") if isinstance(row, RefusedRow) else Known(())) for row in checked(rows, space_of(task))
    )
    return [(found.line, found.reason) for found in each_id_once(opened, "s") if isinstance(found, Reject)]
