"""The script of an endpoint: which requests the rules are for, and how often."""

import threading
from dataclasses import dataclass, replace

from tests.captioning.request_log import Asked
from tests.captioning.rules import Rule

CHAT = "/v1/chat/completions"


@dataclass(frozen=True, slots=True)
class Line:
    """`left`: how many more requests, None for all that come. `image`: a digest; None for any."""

    rule: Rule
    left: int | None
    image: str | None
    path: str

    def is_for(self, asked: Asked) -> bool:
        fits = self.image in (None, asked.image) and asked.path.startswith(self.path)
        return fits and self.rule.applies(asked)


class Script:
    """Lines for one image come before lines for any; among these the first that was written, while it lasts."""

    def __init__(self) -> None:
        self._lines: list[Line] = []
        self._lock = threading.Lock()

    def add(self, line: Line) -> None:
        with self._lock:
            self._lines.append(line)
            self._lines.sort(key=lambda each: each.image is None)

    def clear(self) -> None:
        with self._lock:
            self._lines.clear()

    @property
    def waiting(self) -> int:
        """How many answers of counted lines nobody has asked for yet."""
        with self._lock:
            return sum(line.left or 0 for line in self._lines)

    def take(self, asked: Asked) -> Rule | None:
        """The rule for this request, counted as used."""
        with self._lock:
            for place, line in enumerate(self._lines):
                if line.is_for(asked):
                    self._use(place, line)
                    return line.rule
        return None

    def _use(self, place: int, line: Line) -> None:
        if line.left is None:
            return
        self._lines[place : place + 1] = [replace(line, left=line.left - 1)] if line.left > 1 else []
