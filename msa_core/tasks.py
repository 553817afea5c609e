"""Tasks and their label spaces, as data. A list of probs is in the order of `Task.labels`."""

from dataclasses import dataclass


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
