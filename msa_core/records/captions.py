"""What captioners are asked and answer, and what that is worth to a model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CaptionPrompt:
    """The words that captions were asked with."""

    prompt_sha256: str
    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Caption:
    """What a captioner answered of an image; `status` is ok or refused. Every attempt that was answered is one."""

    caption_id: str
    image_sha256: str
    captioner: str
    model: str
    prompt_sha256: str | None
    text_sha256: str | None
    parameters: str
    temperature: float | None
    attempt: int
    caption: str
    status: str
    reason: str | None
    n_prompt_tokens: int | None
    n_completion_tokens: int | None
    cost_usd: float | None
    latency_s: float


@dataclass(frozen=True, slots=True)
class CaptionWorth:
    """A figure on the validation posts of a snapshot, learned with captions and without; `low` and `high` bound its
    difference. `n_captioned` of the `n_posts` judged have a caption. `towers`: of the models that learned.
    """

    task: str
    source: str
    kind: str
    snapshot_id: str
    name: str
    with_captions: float
    without_captions: float
    difference: float
    low: float
    high: float
    n_posts: int
    n_seeds: int
    n_captioned: int
    towers: str | None = None
