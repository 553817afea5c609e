"""Work in threads, results in the order of the values, never more than a window of them in memory."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Value = TypeVar("Value")
Result = TypeVar("Result")

WINDOW_A_THREAD = 8


def in_order(
    work: Callable[[Value], Result], values: Iterable[Value], *, n_threads: int
) -> Generator[Result, None, None]:
    """Takes the next value only when the oldest result is taken. What `work` raises is raised here."""
    with ThreadPoolExecutor(n_threads) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for value in values:
                waiting.append(pool.submit(work, value))
                if len(waiting) >= WINDOW_A_THREAD * n_threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
