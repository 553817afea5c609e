"""Processes that are kept at work: what dies is started again, unless it does so again and again."""

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from flows.review_server import say_now
from msa_core.errors import MsaError

if TYPE_CHECKING:
    from flows.attended import Attended

LOOK_EVERY_S = 0.5
RESTARTS, WITHIN_S = 5, 300.0


class Kept:
    """A process by the name that people are told."""

    def __init__(self, name: str, start: "Callable[[], Attended]") -> None:
        self.name = name
        self._start = start
        self._died_at: list[float] = []
        self.child = start()

    def look(self) -> None:
        """Raises MsaError with its last words where it died too often."""
        if self.child.is_alive:
            return
        self.child.stop()  # what it left behind
        now = time.monotonic()
        self._died_at = [at for at in self._died_at if now - at < WITHIN_S] + [now]
        if len(self._died_at) > RESTARTS:
            raise MsaError(
                f"The {self.name} died {RESTARTS} times. The end of {self.child.log}: {self.child.last_words()}"
            )
        say_now(f"the {self.name} died and is started again; its log: {self.child.log}.old")
        self.child = self._start()


def watch(kept: Sequence[Kept]) -> None:
    """Until Ctrl-C."""
    try:
        while True:
            for each in kept:
                each.look()
            time.sleep(LOOK_EVERY_S)
    except KeyboardInterrupt:
        return
