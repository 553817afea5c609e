"""Tasks and their label spaces, as data. A list of probs is in the order of `Task.labels`."""

from dataclasses import dataclass

from msa_core.errors import TaskError


@dataclass(frozen=True, slots=True)
class Task:
    """`labels` is empty for a regression, whose truth lies between `low` and `high`."""

    name: str
    labels: tuple[str, ...]
    low: float | None = None
    high: float | None = None


TASKS = {
    task.name: task
    for task in (
        Task("sentiment", ("negative", "neutral", "positive")),
        Task("sarcasm", ("not-sarcastic", "sarcastic")),
        Task("hate", ("not-hateful", "hateful")),
        Task("sentiment-score", (), low=-3.0, high=3.0),
    )
}


def task_named(name: str) -> Task:
    """Raises TaskError that lists the tasks."""
    if name not in TASKS:
        raise TaskError(f"No task {name!r}. Tasks: {', '.join(TASKS)}")
    return TASKS[name]
