"""A folder of backups: each content once, named by its digest, and one file a state that says what lay where."""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from warehouse.clock import after
from warehouse.durable import publish, settle
from warehouse.errors import BackupError
from warehouse.places import Places

FORMAT = 1
NAMED = "%Y-%m-%dT%H-%M-%S.%fZ"
MARK = "backup.json"
SHOWN = 10  # of damaged files, in an error


@dataclass(frozen=True, slots=True)
class Kept:
    """One file of a state: its path in the store, and what it held. `modified_ns` is its time there (Unix)."""

    path: str
    sha256: str
    n_bytes: int
    modified_ns: int
    mode: int


@dataclass(frozen=True, slots=True)
class State:
    """A store at one moment; `name` is that moment (UTC), and after that of every earlier state."""

    name: str
    n_runs: int
    files: tuple[Kept, ...]


class Shelf:
    """Content goes in whole or not at all; a state is written last, and its last line seals it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tmp = root / "tmp"
        self.places = Places(root)  # where the lease lies

    @property
    def store_id(self) -> str | None:
        """Whose backups these are; None in a folder that holds none. Raises BackupError for one of a newer code."""
        try:
            mark = json.loads((self.root / MARK).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        if mark["format"] > FORMAT:
            raise BackupError(f"{self.root} was written by a newer msa-loop. Use that one, or a newer one still.")
        return str(mark["store_id"])

    def mark(self, store_id: str) -> None:
        """Say whose backups these are."""
        self._write(self.root / MARK, [json.dumps({"format": FORMAT, "store_id": store_id})])

    def place(self, sha256: str) -> Path:
        """Where a content lies."""
        return self.root / "objects" / sha256[:2] / sha256

    def is_whole(self, kept: Kept, *, reads: bool) -> bool:
        """Whether the content is there, in its length; `reads` it all to compare the digest too."""
        place = self.place(kept.sha256)
        if not place.is_file() or place.stat().st_size != kept.n_bytes:
            return False
        return not reads or digest_of(place) == kept.sha256

    def aside(self) -> Path:
        """A new empty file that only its owner can read."""
        path = self.tmp / uuid4().hex
        self.tmp.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=False)
        return path

    def states(self) -> list[str]:
        """Names, the oldest first."""
        return sorted(path.stem for path in (self.root / "states").glob("*.jsonl") if _time(path.stem))

    def place_of_state(self, name: str) -> Path:
        """Where its list lies."""
        return self.root / "states" / f"{name}.jsonl"

    def contents(self) -> list[Path]:
        """Of all states, each named by its digest."""
        return sorted(self.root.glob("objects/*/*"))

    def keep(self, state: State) -> None:
        """From here on the state can be restored."""
        lines = [json.dumps({"n_runs": state.n_runs}), *(json.dumps(asdict(kept)) for kept in state.files)]
        self._write(self.place_of_state(state.name), [*lines, _seal(lines)])

    def state(self, name: str) -> State:
        """Raises BackupError where the state's own file is damaged."""
        path = self.place_of_state(name)
        *lines, seal = path.read_text(encoding="utf-8", errors="replace").splitlines() or [""]
        if seal != _seal(lines) or not lines:
            raise BackupError(f"{path} is damaged. Restore another state: {', '.join(self.states())}")
        head, *files = map(json.loads, lines)
        found = tuple(Kept(**each) for each in files)
        if any(Path(each.path).is_absolute() or ".." in Path(each.path).parts for each in found):
            raise BackupError(f"{path} names files outside of a store: it was not written by msa backup.")
        return State(name, head["n_runs"], found)

    def _write(self, path: Path, lines: list[str]) -> None:
        aside = self.aside()
        aside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        publish(aside, path)


def name_after(names: list[str]) -> str:
    """Of a state that is made now: the last of them all, also where one was made while a clock ran ahead."""
    return after(_time(names[-1]) if names else None).strftime(NAMED)


def _time(name: str) -> datetime | None:
    """Null where it is no state's name."""
    try:
        return datetime.strptime(name, NAMED).replace(tzinfo=UTC)
    except ValueError:
        return None


def digest_of(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def settled_digest(path: Path) -> str:
    """What the disk holds of a file just written, not what memory remembers of it."""
    settle(path)
    with path.open("rb") as file:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return hashlib.file_digest(file, "sha256").hexdigest()


def named(paths: Iterable[str]) -> str:
    """The first of them, for an error."""
    found = sorted(paths)
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return ", ".join(found[:SHOWN]) + more


def _seal(lines: Iterable[str]) -> str:
    return json.dumps({"sha256": hashlib.sha256("\n".join(lines).encode()).hexdigest()})
