"""A store with a queue, its project on the real server, and a reviewer who clicks through the API."""

from dataclasses import dataclass
from typing import Any

from label_studio_sdk import LabelStudio

from flows.audit import audit
from flows.review_pull import Pulled, pull
from flows.review_push import Asked, Pushed, push
from msa_core.records import Doubt, Model, Prediction
from warehouse import Store


@dataclass(frozen=True, slots=True)
class QueueDesk:
    """Verbs on one project of one store; what the server holds is read through the SDK."""

    store: Store
    title: str
    client: LabelStudio

    def push(self, n: int = 5, *, overlap: int | None = None, opinion: str = "hidden", restore: bool = False) -> Pushed:
        return push(self.store, asked=Asked(None, n, overlap, opinion), project=self.title, restore=restore)

    def pull(self, *, full: bool = False) -> Pulled:
        return pull(self.store, project=self.title, full=full)

    @property
    def project(self) -> Any:
        (found,) = [each for each in self.client.projects.list(title=self.title) if each.title == self.title]
        return found

    def tasks(self) -> list[Any]:
        """By id, which is the order in which they were sent."""
        return sorted(self.client.tasks.list(project=self.project.id), key=lambda task: task.id)

    def answer(self, task_id: int, *choices: str, name: str = "both") -> int:
        """The id of the new annotation; without a choice the task is skipped."""
        region = {"from_name": name, "to_name": "post", "type": "choices", "value": {"choices": list(choices)}}
        made = self.client.annotations.create(
            id=task_id, result=[region] if choices else [], was_cancelled=not choices, lead_time=4.0
        )
        return int(made.id)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        with self.store.moment() as moment:
            return [tuple(row.values()) for row in moment.table(sql).to_pylist()]

    def newer_model(self) -> None:
        """Another model has doubts of the posts that are out, each of another strength."""
        ids = sorted(task.data["post_id"] for task in self.tasks())
        run = self.store.begin("train", parameters={"n": 2}, inputs=[], version=1)
        assert run is not None
        labels, name = ("negative", "neutral", "positive"), "clara-new"
        with run:
            run.write("models", [Model(name, "clara", "sentiment", labels, "{}", None, "s", 1, 1, "{}", "0" * 64, 1.0)])
            run.write("predictions", [a_prediction(post_id, name) for post_id in ids])
            run.write("doubts", [Doubt(post_id, name, "entropy", n / len(ids)) for n, post_id in enumerate(ids)])

    def is_exact(self) -> bool:
        """Each pushed post has one task, and each task is known."""
        on_server = sorted((task.data["post_id"], task.id) for task in self.tasks())
        in_store = sorted(self.ask("select post_id, task_id from task_answers"))
        return on_server == in_store

    def is_clean(self) -> bool:
        """Every promise of the store holds."""
        return not any(found.n_broken for found in audit(self.store))


def a_prediction(post_id: str, model_id: str) -> Prediction:
    return Prediction(post_id, model_id, 0, (0.2, 0.3, 0.5), "positive", 0.5, None, None, None, None, True, None)
