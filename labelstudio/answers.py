"""What a reviewer's answer says, checked: the server takes anything, the store only what the screen offers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labelstudio.listing import ServerAnswer, ServerTask
from labelstudio.screen import STATUS_OF

MODALITIES = ("both", "text", "image")
Given = tuple[str, str | None, float | None, str]  # modality, label, score, status


@dataclass(frozen=True, slots=True)
class Said:
    """One answer about one modality, as the store will hold it. `nth` tells apart several of one person on one post."""

    post_id: str
    annotator: str
    modality: str
    label: str | None
    score: float | None
    status: str
    comment: str | None
    origin: str
    model_id_shown: str | None
    lead_time_s: float | None
    annotated_at: datetime
    task_id: int
    server_id: int


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An answer that cannot be taken. `post_id` is null where the task names no post of the store."""

    reason: str
    detail: str
    post_id: str | None
    annotator: str
    task_id: int
    server_id: int


class _Refusal(Exception):  # noqa: N818
    """Carries a reason by name and what was found."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason, self.detail = reason, detail


@dataclass(frozen=True, slots=True)
class Reader:
    """`labels` of the task; none where it is a regression between `low` and `high`."""

    labels: tuple[str, ...]
    low: float | None = None
    high: float | None = None

    def read(self, task: ServerTask, posts: Mapping[str, str | None]) -> Iterator[Said | Unreadable]:
        """Every answer of a task: read, or refused with its reason. `posts`: those of the store, each with why its
        answers are not taken; None where they are.
        """
        post_id = task.post_id if task.post_id in posts else None
        reason = posts.get(task.post_id, "unknown-post") if task.post_id else "task-without-post"
        for answer in task.answers:
            try:
                if reason is not None:
                    raise _Refusal(reason, str(task.post_id)[:200])
                yield from self._said(task, answer, list(self._given(answer)))
            except _Refusal as refusal:
                who = annotator_of(answer)
                yield Unreadable(refusal.reason, refusal.detail, post_id, who, task.task_id, answer.server_id)

    def _said(self, task: ServerTask, answer: ServerAnswer, given: Sequence[Given]) -> Iterator[Said]:
        annotator = annotator_of(answer)
        comment = _comment(answer.result)
        for modality, label, score, status in given:
            yield Said(
                post_id=str(task.post_id),
                annotator=annotator,
                modality=modality,
                label=label,
                score=score,
                status=status,
                comment=comment if modality == "both" else None,
                origin="simulated" if annotator.startswith("simulated") else "label-studio",
                model_id_shown=task.model_id_shown,
                lead_time_s=answer.lead_time_s,
                annotated_at=answer.updated_at,
                task_id=task.task_id,
                server_id=answer.server_id,
            )

    def _given(self, answer: ServerAnswer) -> Iterator[Given]:
        """Each thing that was judged."""
        if answer.is_skipped:
            yield "both", None, None, "skipped"
            return
        judged = [self._region(region) for region in answer.result if region.get("from_name") != "comment"]
        names = [modality for modality, *_ in judged]
        if "both" not in names:
            raise _Refusal("nothing-on-the-pair", f"judged: {', '.join(names) or 'nothing'}")
        if len(set(names)) < len(names):
            raise _Refusal("several-choices", f"judged: {', '.join(names)}")
        yield from judged

    def _region(self, region: Mapping[str, Any]) -> Given:
        name = region.get("from_name")
        value = region.get("value")
        if name == "score" and not self.labels:
            return ("both", None, self._score(value), "given")
        if name not in MODALITIES:
            raise _Refusal("unknown-field", str(name)[:200])
        choices = value.get("choices") if isinstance(value, Mapping) else None
        if not isinstance(choices, list) or len(choices) != 1:
            raise _Refusal("several-choices" if choices else "no-choice", f"{name}: {str(choices)[:200]}")
        return (str(name), *self._choice(str(name), choices[0]))

    def _choice(self, modality: str, choice: Any) -> tuple[str | None, None, str]:
        is_word = isinstance(choice, str)
        if is_word and modality == "both" and choice in STATUS_OF:
            return None, None, STATUS_OF[choice]
        if not is_word or choice not in self.labels:
            raise _Refusal("unknown-choice", f"{modality}: {str(choice)[:200]}")
        return str(choice), None, "given"

    def _score(self, value: Any) -> float:
        number = value.get("number") if isinstance(value, Mapping) else None
        low, high = self.low or 0.0, self.high or 0.0
        if not isinstance(number, int | float) or not low <= number <= high:
            raise _Refusal("score-out-of-range", f"{str(number)[:50]}, asked for {low} to {high}")
        return float(number)


def annotator_of(answer: ServerAnswer) -> str:
    """By user id; a simulated reviewer's answers carry its own name and never a person's."""
    for region in answer.result:
        name = (region.get("meta") or {}).get("simulated") if isinstance(region.get("meta"), Mapping) else None
        if name:
            return f"simulated:{name}"
    return f"label-studio:{answer.user_id}"


def _comment(result: Sequence[Mapping[str, Any]]) -> str | None:
    lines: list[str] = []
    for region in result:
        value = region.get("value")
        if region.get("from_name") == "comment" and isinstance(value, Mapping):
            text = value.get("text") or ()
            lines.extend([text] if isinstance(text, str) else map(str, text))
    return "\n".join(lines) or None
