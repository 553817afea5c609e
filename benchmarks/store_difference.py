"""What two stores that lived through the same do not agree on: files byte by byte, rows without observed columns."""

from collections import Counter, defaultdict
from pathlib import Path

from warehouse import Store, declarations
from warehouse.places import Places

# Their runs are named by nothing that is observed; a snapshot's is, by the pulls of reviews that it read.
BYTE_FOR_BYTE = ("ingest", "split", "train", "score")
NAMES = ("run_id", "origin_run_id")


def unequal_files(one: Path, other: Path) -> tuple[int, list[str]]:
    """Fact files of verbs that promise equal bytes: how many were compared, and those that one of the two lacks. A run
    is named by what it read, pulls of reviews among it, so files are compared by fact, verb and content.
    """
    ours, theirs = _files(one), _files(other)
    unequal = []
    for has, lacks in ((ours, theirs), (theirs, ours)):
        for content, paths in has.items():
            unequal += map(str, paths[len(lacks.get(content, ())) :])
    return sum(map(len, ours.values())), unequal


def unequal_rows(one: Path, other: Path) -> dict[str, tuple[int, int, int]]:
    """By fact: rows that are compared, rows that only the first store holds, and only the second. Every row of a
    committed run counts, also one that a view of one row a grain would hide: what was done twice is seen.
    """
    with Store.open(one).moment() as ours, Store.open(other).moment() as theirs:
        found = {}
        for name, fact in declarations.facts().items():
            if name == "runs":
                continue
            aside = {*NAMES, *fact.hides, *(each.name for each in fact.columns if each.is_observed)}
            kept = ", ".join(column.name for column in fact.columns if column.name not in aside)
            asked = f"select {kept} from facts.{name}"
            rows = [Counter(map(repr, each.table(asked).to_pylist())) for each in (ours, theirs)]
            found[name] = rows[0].total(), (rows[0] - rows[1]).total(), (rows[1] - rows[0]).total()
    return found


def _files(store: Path) -> dict[tuple[str, bytes], list[Path]]:
    """By fact, verb and content; runs and their times are left out, and what a killed run left that never committed."""
    found: dict[tuple[str, bytes], list[Path]] = defaultdict(list)
    places = Places(store)
    for path in sorted(store.glob("facts/*/run_id=*/*.parquet")):
        run_id, fact = path.parent.name.removeprefix("run_id="), path.parent.parent.name
        verb = run_id.rpartition("-")[0]
        if places.commit(run_id).exists() and verb in BYTE_FOR_BYTE and fact != "runs":
            found[f"{fact} of {verb}", path.read_bytes()].append(path)
    return found
