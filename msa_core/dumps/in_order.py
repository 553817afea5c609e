"""Work in threads, results in the order of the values, never more than a window of them in memory."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Value = TypeVar("Value")
Result = TypeVar("Result")

VALUES_A_TASK = 8  # handing one over costs as much as reading a file
TASKS_A_THREAD = 3


def in_order(
    work: Callable[[Value], Result], values: Iterable[Value], *, n_threads: int, values_a_task: int = VALUES_A_TASK
) -> Generator[Result, None, None]:
    """Takes more values only when the oldest results are taken. What `work` raises is raised here. More values a task
    are faster, where results are small.
    """
    left = iter(values)
    with ThreadPoolExecutor(n_threads) as pool:
        waiting: deque[Future[list[Result]]] = deque()
        try:
            while piece := list(islice(left, values_a_task)):
                waiting.append(pool.submit(_each, work, piece))
                if len(waiting) >= TASKS_A_THREAD * n_threads:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _each(work: Callable[[Value], Result], piece: list[Value]) -> list[Result]:
    return [work(value) for value in piece]
