"""Answers on their way to the disk: those that wait are kept together, so that one write serves many."""

import asyncio
from collections.abc import Callable, Sequence

from msa_core.records import Caption

Keep = Callable[[list[Caption]], None]


class Keeping:
    """`keep` stores answers for good and runs in a thread; what it has returned from is safe."""

    def __init__(self, keep: Keep) -> None:
        self._keep = keep
        self._waiting: asyncio.Queue[tuple[Sequence[Caption], asyncio.Future[None] | None] | None] = asyncio.Queue()

    def soon(self, rows: Sequence[Caption]) -> None:
        """Before `run` returns."""
        self._waiting.put_nowait((rows, None))

    async def kept(self, rows: Sequence[Caption]) -> None:
        """Returns once they are."""
        kept = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((rows, kept))
        await kept

    def end(self) -> None:
        """Nothing comes any more."""
        self._waiting.put_nowait(None)

    async def run(self) -> None:
        """Until `end`. Raises what `keep` raises."""
        is_over = False
        while not is_over:
            waiting = [await self._waiting.get()]
            while not self._waiting.empty():
                waiting.append(self._waiting.get_nowait())
            is_over = None in waiting
            groups = [each for each in waiting if each is not None]
            rows = [row for some, _ in groups for row in some]
            if rows:
                await asyncio.to_thread(self._keep, rows)
            for _, kept in groups:
                if kept is not None and not kept.done():
                    kept.set_result(None)
