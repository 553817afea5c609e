"""Answers of the outside world, kept line by line as they come, until a committed run has folded them in."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from warehouse.durable import writing
from warehouse.places import Places


class Journal:
    """Use as a context. Each line is on the disk when `append` returns; a torn last line is looked past."""

    def __init__(self, places: Places, verb: str, name: str) -> None:
        self.path: Path = places.journal / verb / f"{name}.jsonl"

    def __enter__(self) -> "Journal":
        with writing(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._end_torn_line()
            self._file = self.path.open("ab", buffering=0)  # nothing waits that a full disk could lose later
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()
        if not self.path.stat().st_size:
            self.path.unlink()

    def append(self, answer: Mapping[str, Any]) -> None:
        """Keep one answer for good."""
        self.append_all([answer])

    def append_all(self, answers: Iterable[Mapping[str, Any]]) -> None:
        """Keep several with one write to the disk."""
        self.hand_over(answers)
        self.settle()

    def hand_over(self, answers: Iterable[Mapping[str, Any]]) -> None:
        """A kill of this process cannot lose them any more; a power cut can, until `settle` returns."""
        lines = "".join(json.dumps(answer, sort_keys=True, ensure_ascii=False) + "\n" for answer in answers)
        with writing(self.path.parent):
            left = memoryview(lines.encode())
            while left:
                left = left[self._file.write(left) :]

    def settle(self) -> None:
        """Return when all that was handed over is on the disk; from any thread."""
        with writing(self.path.parent):
            os.fsync(self._file.fileno())

    def read(self) -> Iterator[dict[str, Any]]:
        """The whole answers, in the order they came."""
        if not self.path.exists():
            return
        with self.path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    yield json.loads(line)
                except json.JSONDecodeError:
                    continue

    def fold(self) -> None:
        """Forget the answers: a committed run holds them."""
        if self.path.exists():
            os.truncate(self.path, 0)

    def _end_torn_line(self) -> None:
        if self.path.exists() and not self.path.read_bytes().endswith(b"\n"):
            with self.path.open("ab") as file:
                file.write(b"\n")
