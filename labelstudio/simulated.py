"""A reviewer who reads the truth from a file and errs at a given rate; every answer is marked as simulated."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from labelstudio.answers import annotator_of
from labelstudio.connection import ONCE, Connection
from labelstudio.listing import ServerTask


@dataclass(frozen=True, slots=True)
class Simulated:
    """`truth`: the right label by post_id. `error_rate` in [0, 1]: how often another label is given, by chance that
    `seed`, name and post alone decide. `seconds`: lead time of an answer, on average.
    """

    name: str
    labels: tuple[str, ...]
    truth: Mapping[str, str]
    error_rate: float
    seconds: float
    seed: int

    def annotation(self, post_id: str) -> dict[str, Any] | None:
        """In Label Studio's form; None where the truth is not known, so that nothing is made up."""
        right = self.truth.get(post_id)
        if right is None:
            return None
        errs, which, pace = self._chances(post_id)
        wrong = [label for label in self.labels if label != right]
        label = wrong[int(which * len(wrong))] if wrong and errs < self.error_rate else right
        region = {
            "from_name": "both",
            "to_name": "post",
            "type": "choices",
            "value": {"choices": [label]},
            "meta": {"simulated": self.name},
        }
        return {"result": [region], "lead_time": round(self.seconds * (0.5 + pace), 3)}

    def has_answered(self, task: ServerTask) -> bool:
        """Whether an earlier call did."""
        return any(annotator_of(answer) == f"simulated:{self.name}" for answer in task.answers)

    def _chances(self, post_id: str) -> tuple[float, float, float]:
        raw = hashlib.sha256(f"{self.seed}:{self.name}:{post_id}".encode()).digest()
        first, second, third = (int.from_bytes(raw[at : at + 4], "big") / 2**32 for at in (0, 4, 8))
        return first, second, third


def answer(connection: Connection, tasks: Sequence[ServerTask], reviewer: Simulated) -> int:
    """Answer each task once, as a click through the API would. How many were answered."""
    n_answered = 0
    for task in tasks:
        given = reviewer.annotation(str(task.post_id))
        if given is None or reviewer.has_answered(task):
            continue
        with connection.asking(f"answer task {task.task_id}"):
            connection.client.annotations.create(id=task.task_id, request_options=ONCE, **given)
        n_answered += 1
    return n_answered
