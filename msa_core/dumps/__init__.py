"""Raw dumps: one reader a format, and what every row passes on its way to a fact.

unpacked(path)   folder or archive → folder
Dump.rows        label files → RawPost or RefusedRow, safe ids and paths, labels of the task
manifest         the files' digests → the dump's identity
open_post        texts and images opened once → Taken, Known or Reject
each_id_once     of the rows of one id the first that is not refused for itself
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from msa_core.dumps import course, hateful_memes, hfm, mvsa_multiple, mvsa_single, pairs, table
from msa_core.dumps.archive import unpacked
from msa_core.dumps.checks import Space, checked, space_of
from msa_core.dumps.in_order import in_order
from msa_core.dumps.manifest import Manifest, manifest
from msa_core.dumps.once import Opened, each_id_once
from msa_core.dumps.opening import Known, Taken, Taking, open_post
from msa_core.dumps.row import RawPost, RefusedRow, Rows
from msa_core.dumps.standing import Standing
from msa_core.dumps.table import Columns
from msa_core.errors import DumpError

__all__ = [
    "FORMATS",
    "Columns",
    "Dump",
    "Format",
    "Known",
    "Manifest",
    "Opened",
    "RawPost",
    "RefusedRow",
    "Rows",
    "Standing",
    "Taken",
    "Taking",
    "each_id_once",
    "format_named",
    "in_order",
    "manifest",
    "open_dump",
    "open_post",
    "space_of",
]


@dataclass(frozen=True, slots=True)
class Format:
    """`task` is None where people name it."""

    name: str
    task: str | None
    what: str
    read: Callable[..., Rows]


FORMATS = {
    each.name: each
    for each in (
        Format("mvsa-single", "sentiment", "MVSA-Single: labelResultAll.txt, data/", mvsa_single.read),
        Format("mvsa-multiple", "sentiment", "MVSA-Multiple: three annotators", mvsa_multiple.read),
        Format("course", "sentiment", "train.txt, test_without_label.txt over MVSA's data/", course.read),
        Format("pairs", "sentiment", "id | label | text, or annotations.csv, with images/", pairs.read),
        Format("hfm", "sarcasm", "Twitter sarcasm of Cai et al. 2019", hfm.read),
        Format("hateful-memes", "hate", "Facebook Hateful Memes: train.jsonl …", hateful_memes.read),
        Format("table", None, "your own CSV, TSV, JSONL or Parquet", table.read),
    )
}


@dataclass(frozen=True, slots=True)
class Dump:
    """A folder, the reader of its format, and the answers that its task allows."""

    root: Path
    read: Callable[[Path], Rows]
    space: Space = field(default_factory=Space)

    def rows(self) -> Rows:
        """In the dump's order. Raises DumpError where there is no label file."""
        return checked(self.read(self.root), self.space)


def format_named(name: str) -> Format:
    """Raises DumpError that lists the formats."""
    if name not in FORMATS:
        raise DumpError(f"No format {name!r}. Formats: {', '.join(FORMATS)}")
    return FORMATS[name]


@contextmanager
def open_dump(
    name: str, path: Path, scratch: Path, *, space: Space, word_filter: bool = True, columns: Columns | None = None
) -> Iterator[Dump]:
    """A folder, an archive (unpacked under `scratch` meanwhile), or the file of a table.

    `word_filter` is heard by hfm, `columns` by table. Raises DumpError where there is nothing to read.
    """
    read = format_named(name).read
    if name == "hfm":
        read = partial(read, word_filter=word_filter)
    if name == "table":
        read = partial(read, columns=columns or Columns())
        if table.is_table(path):
            yield Dump(path.parent, partial(read, file=path.name), space)
            return
    with unpacked(path, scratch) as root:
        yield Dump(root, read, space)
