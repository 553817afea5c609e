"""What two stores that lived through the same do not agree on: files byte by byte, rows without observed columns."""

from collections import Counter
from pathlib import Path

from warehouse import Store, declarations

BYTE_FOR_BYTE = ("ingest", "split", "snapshot", "train", "score")  # their runs depend on nothing that is observed
NAMES = ("run_id", "origin_run_id")


def unequal_files(one: Path, other: Path) -> tuple[int, Counter[str]]:
    """Fact files of verbs that promise equal bytes: how many were compared, and those that one of the two lacks. A run
    is named by what it read, pulls of reviews among it, so files are compared by fact, verb and content.
    """
    ours, theirs = _files(one), _files(other)
    unequal: Counter[str] = Counter()
    for side, more in (("first", ours - theirs), ("second", theirs - ours)):
        for (name, _), n in more.items():
            unequal[f"{name}, only of the {side}"] += n
    return ours.total(), unequal


def unequal_rows(one: Path, other: Path) -> dict[str, tuple[int, int, int]]:
    """By fact: rows that are compared, rows that only the first store holds, and only the second."""
    with Store.open(one).moment() as ours, Store.open(other).moment() as theirs:
        found = {}
        for name, fact in declarations.facts().items():
            if name == "runs":
                continue
            aside = {*NAMES, *fact.hides, *(each.name for each in fact.columns if each.is_observed)}
            kept = ", ".join(column.name for column in fact.columns if column.name not in aside)
            rows = [Counter(map(repr, each.table(f"select {kept} from {name}").to_pylist())) for each in (ours, theirs)]
            found[name] = rows[0].total(), (rows[0] - rows[1]).total(), (rows[1] - rows[0]).total()
    return found


def _files(store: Path) -> Counter[tuple[str, bytes]]:
    """By fact, verb and content; runs and their times are left out, and what a killed run left that never committed."""
    found: Counter[tuple[str, bytes]] = Counter()
    for path in (store / "facts").glob("*/run_id=*/*.parquet"):
        verb, fact = path.parent.name.removeprefix("run_id=").rpartition("-")[0], path.parent.parent.name
        is_committed = (store / "facts" / "runs" / path.parent.name).exists()
        if is_committed and verb in BYTE_FOR_BYTE and fact != "runs":
            found[f"{fact} of {verb}", path.read_bytes()] += 1
    return found
