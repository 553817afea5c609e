"""What two stores that lived through the same do not agree on: files byte by byte, rows without observed columns."""

from collections import Counter
from pathlib import Path

from warehouse import Store, declarations

BYTE_FOR_BYTE = ("ingest", "split", "snapshot", "train", "score")  # their runs depend on nothing that is observed
NAMES = ("run_id", "origin_run_id")


def unequal_files(one: Path, other: Path) -> tuple[int, list[str]]:
    """Fact files of verbs that promise equal bytes: how many were compared, and those that differ or are missing."""
    ours, theirs = _files(one), _files(other)
    names = sorted(ours.keys() | theirs.keys())
    return len(names), [name for name in names if ours.get(name) != theirs.get(name)]


def unequal_rows(one: Path, other: Path) -> dict[str, tuple[int, int, int]]:
    """By fact: rows that are compared, rows that only the first store holds, and only the second."""
    with Store.open(one).moment() as ours, Store.open(other).moment() as theirs:
        found = {}
        for name, fact in declarations.facts().items():
            if name == "runs":
                continue
            aside = {*NAMES, *fact.hides, *(each.name for each in fact.columns if each.comment.startswith("observed"))}
            kept = ", ".join(column.name for column in fact.columns if column.name not in aside)
            rows = [Counter(map(repr, each.table(f"select {kept} from {name}").to_pylist())) for each in (ours, theirs)]
            found[name] = rows[0].total(), (rows[0] - rows[1]).total(), (rows[1] - rows[0]).total()
    return found


def _files(store: Path) -> dict[str, bytes]:
    """By name; runs and their times are left out."""
    found = {}
    for path in sorted((store / "facts").glob("*/run_id=*/*.parquet")):
        verb = path.parent.name.removeprefix("run_id=").rpartition("-")[0]
        if verb in BYTE_FOR_BYTE and path.parent.parent.name != "runs":
            found[str(path.relative_to(store))] = path.read_bytes()
    return found
