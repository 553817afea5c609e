"""Answers on their way to the disk: out of this process at once, on the disk together, so that one sync serves many."""

import asyncio
from collections.abc import Callable

from msa_core.records import Caption

Write = Callable[[list[Caption]], None]


class Keeping:
    """A kill cannot lose what `write` has returned from, nor a power cut what came before a `settle`.

    `settle` takes milliseconds and runs in a thread.
    """

    def __init__(self, write: Write, settle: Callable[[], None]) -> None:
        self._write = write
        self._settle = settle
        self._waiting: asyncio.Queue[asyncio.Future[None] | None] = asyncio.Queue()

    def soon(self, rows: list[Caption]) -> None:
        """Written now, on the disk before `run` returns."""
        self._write(rows)

    async def kept(self, rows: list[Caption]) -> None:
        """Written now; returns once they are on the disk."""
        self._write(rows)
        kept = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait(kept)
        await kept

    def end(self) -> None:
        """Nothing comes any more."""
        self._waiting.put_nowait(None)

    async def run(self) -> None:
        """Until `end`. Raises what `settle` raises."""
        is_over = False
        while not is_over:
            waiting = [await self._waiting.get()]
            while not self._waiting.empty():
                waiting.append(self._waiting.get_nowait())
            is_over = None in waiting
            await asyncio.to_thread(self._settle)
            for kept in waiting:
                if kept is not None and not kept.done():
                    kept.set_result(None)
