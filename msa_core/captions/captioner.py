"""Who describes images: what is handed over, what comes back unchecked, and what can go wrong with one image."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from msa_core.captions.prompts import Prompt


@dataclass(frozen=True, slots=True)
class Picture:
    """An image to describe: its file as it came, and how often it was asked about before, so that a second answer is
    drawn otherwise. `text`: of the post, only where it belongs into the prompt.
    """

    image_sha256: str
    data: bytes
    text: str | None = None
    n_attempts: int = 0


@dataclass(frozen=True, slots=True)
class Decoding:
    """How an answer is drawn; part of a caption's key. `side`: longest side in pixels of the image that is sent."""

    temperature: float = 0.2
    retry_temperature: float = 0.8
    max_tokens: int = 300
    side: int = 768

    def json(self) -> str:
        """As the fact keeps it."""
        return json.dumps(asdict(self), sort_keys=True)

    def temperature_of(self, attempt: int) -> float:
        """Every second attempt is the retry."""
        return self.retry_temperature if attempt % 2 else self.temperature


@dataclass(frozen=True, slots=True)
class Said:
    """One answer, not looked at yet. `finish`: stop, or length where it was cut off. Tokens are what was billed."""

    caption: str
    finish: str
    n_prompt_tokens: int | None
    n_completion_tokens: int | None
    latency_s: float


class Captioner(Protocol):
    """`name`, `model`, `prompt`, `parameters` and the attempt decide an answer as far as anything does."""

    @property
    def name(self) -> str:
        """How images are described."""

    @property
    def model(self) -> str:
        """By whom."""

    @property
    def prompt(self) -> Prompt | None:
        """What is asked; None where nothing is."""

    @property
    def parameters(self) -> str:
        """JSON of what decides the decoding."""

    @property
    def timeout_s(self) -> float:
        """Seconds after which one call is given up."""

    def temperature_of(self, attempt: int) -> float | None:
        """Of sampling; None where nothing is sampled."""

    def most_tokens(self, picture: Picture) -> tuple[int, int]:
        """Prompt and completion tokens that no call for this image should exceed."""

    async def prepared(self, picture: Picture, attempt: int) -> Any:
        """What `say` sends: made while other calls are in flight. Raises Rejected."""

    async def say(self, request: Any) -> Said:
        """One call. Raises Again, Rejected, CaptionError."""


class Again(Exception):  # noqa: N818
    """The call may succeed later: too many at once, an error of the server, a dropped connection, half an answer.

    `after_s`: the server's own wish; `is_limit`: it answers, and asks for patience; `is_billed`: perhaps it was paid;
    `is_silent`: no reply came at all.
    """

    def __init__(
        self,
        words: str,
        *,
        after_s: float | None = None,
        is_limit: bool = False,
        is_billed: bool = False,
        is_silent: bool = False,
    ) -> None:
        super().__init__(words)
        self.after_s = after_s
        self.is_limit = is_limit
        self.is_billed = is_billed
        self.is_silent = is_silent


class Rejected(Exception):  # noqa: N818
    """The endpoint takes no such image; or UNREADABLE: the file cannot be decoded, so nobody was asked."""


UNREADABLE = "unreadable"
