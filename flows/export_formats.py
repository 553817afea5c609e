"""The forms in which a snapshot leaves the store; each writer takes posts batch by batch and holds no more than one."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from flows.cells import defused
from flows.exported_posts import ExportedPost
from warehouse.query import write_parquet

PARQUET, FOLDER, CSV = "parquet", "folder", "csv"
FORMATS = (PARQUET, FOLDER, CSV)
WORDS = ("post_id", "text", "source", "source_id", "label_policy", "label_origin", "caption")
IMAGE = pa.struct({"bytes": pa.binary(), "path": pa.string()})


@dataclass(frozen=True, slots=True)
class Shape:
    """What decides columns and cells: the labels in order, whether some post has several images, and whether CSV is to
    be safe for a spreadsheet, not exact.
    """

    labels: tuple[str, ...]
    has_several: bool
    is_safe: bool = False

    def features(self) -> list[dict[str, Any]]:
        """The columns of the Parquet form, as the hub's front matter says them."""
        several = [{"name": "other_images", "list": "image"}] if self.has_several else []
        names = {str(place): label for place, label in enumerate(self.labels)}
        return [
            {"name": "image", "dtype": "image"},
            *several,
            {"name": "label", "dtype": {"class_label": {"names": names}}},
            {"name": "weight", "dtype": "float64"},
            *({"name": name, "dtype": "string"} for name in WORDS),
        ]

    def schema(self) -> pa.Schema:
        """The same as Arrow, with what the library `datasets` wants to know of images and labels."""
        several = {"other_images": pa.list_(IMAGE)} if self.has_several else {}
        words = dict.fromkeys(WORDS, pa.string())
        kinds = {
            "image": {"_type": "Image"},
            **({"other_images": {"feature": {"_type": "Image"}, "_type": "List"}} if several else {}),
            "label": {"names": list(self.labels), "_type": "ClassLabel"},
            "weight": {"dtype": "float64", "_type": "Value"},
            **{name: {"dtype": "string", "_type": "Value"} for name in WORDS},
        }
        fields = {"image": IMAGE, **several, "label": pa.int64(), "weight": pa.float64(), **words}
        return pa.schema(fields, metadata={"huggingface": json.dumps({"info": {"features": kinds}})})


def write(form: str, folder: Path, part: str, batches: Iterable[list[ExportedPost]], shape: Shape) -> str:
    """One part of the set; the path that `datasets` finds it by, in the folder."""
    if form == PARQUET:
        path = folder / "data" / f"{part}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_parquet(shape.schema(), _as_arrow(batches, shape), path)
        return f"data/{part}.parquet"
    if form == FOLDER:
        _write_folder(folder / part, batches, shape)
        return f"{part}/**"
    _write_csv(folder / f"{part}.csv", batches, is_safe=shape.is_safe)
    return f"{part}.csv"


def write_cleaned(path: Path, posts: Iterable[tuple[str, str]]) -> int:
    """Rows `guid,tag`, as the course set has them; how many."""
    n_posts = 0
    with path.open("w", newline="\n", encoding="utf-8") as file:
        file.write("guid,tag\n")
        for source_id, label in posts:
            file.write(f"{source_id},{label}\n")
            n_posts += 1
    return n_posts


def _as_arrow(batches: Iterable[list[ExportedPost]], shape: Shape) -> Iterator[pa.RecordBatch]:
    for posts in batches:
        pictures = [[{"bytes": each.raw, "path": each.name} for each in post.pictures] for post in posts]
        columns: dict[str, Sequence[Any]] = {
            "image": [some[0] if some else None for some in pictures],
            "other_images": [some[1:] for some in pictures],
            "label": [shape.labels.index(post.label) for post in posts],
            **{name: [getattr(post, name) for post in posts] for name in ("weight", *WORDS)},
        }
        schema = shape.schema()
        yield pa.RecordBatch.from_pydict({name: columns[name] for name in schema.names}, schema=schema)


def _write_folder(folder: Path, batches: Iterable[list[ExportedPost]], shape: Shape) -> None:
    """Each image once, beside the lines that name it."""
    folder.mkdir(parents=True)
    with (folder / "metadata.jsonl").open("w", encoding="utf-8") as lines:
        for post in (post for posts in batches for post in posts):
            names = [each.name for each in post.pictures]
            for each in post.pictures:
                if not (folder / each.name).exists():
                    (folder / each.name).write_bytes(each.raw)
            told = {name: getattr(post, name) for name in ("label", "weight", *WORDS)}
            several = {"other_images": " ".join(names[1:])} if shape.has_several else {}
            line = {"file_name": names[0] if names else None, **several, **told}
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")


def _write_csv(path: Path, batches: Iterable[list[ExportedPost]], *, is_safe: bool) -> None:
    """Without images: their digests stand in their place."""
    columns = ("label", "weight", *WORDS)
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow([*columns, "image_sha256"])
        for post in (post for posts in batches for post in posts):
            cells = [*(getattr(post, name) for name in columns), " ".join(post.digests)]
            rows.writerow([defused(cell) for cell in cells] if is_safe else cells)
