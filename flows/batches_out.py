"""Batches that were submitted and are not collected yet: what will be asked stands in a journal before it is."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from flows.caption_ledger import Waiting, intents
from msa_core.captions.captioner import Picture
from msa_core.captions.endpoint import Endpoint
from msa_core.captions.purse import Prices
from msa_core.errors import CaptionError
from warehouse.journal import Journal

LINES_A_BATCH = 500  # images lie within the lines, and a batch file holds 200 MB at most


@dataclass(frozen=True, slots=True)
class Intended:
    """One batch: its images, without files; whether it asks for the prompt's fields; `prices` null where none were
    known when it was submitted.
    """

    pictures: list[Picture]
    takes_schema: bool
    prices: Prices | None


@dataclass(frozen=True, slots=True)
class BatchesOut:
    """A batch is known by its tag: first its rows, then the id that the endpoint gave it (None: no line was left)."""

    journal: Journal
    endpoint: Endpoint

    def under_way(self) -> dict[str, Intended]:
        """What was submitted or is to be, by tag. Raises CaptionError where another captioner asked."""
        intended = {line["tag"]: line for line in intents(self.journal)}
        for line in intended.values():
            if line["asked"] != self._asked():
                raise CaptionError(f"A batch is under way, asked by {line['asked']}. Collect it first, so asked.")
        return {tag: _intended(line) for tag, line in intended.items()}

    def intend(self, rows: Sequence[Waiting], *, takes_schema: bool, prices: Prices | None) -> None:
        """These images, in batches."""
        key = [self.endpoint.model, self.endpoint.request.prompt.sha256, self.endpoint.parameters]
        how = {"takes_schema": takes_schema, "prices": asdict(prices) if prices else None}
        for start in range(0, len(rows), LINES_A_BATCH):
            part = rows[start : start + LINES_A_BATCH]
            self.journal.append({"tag": uuid4().hex, "asked": self._asked(), "key": key, "rows": part, **how})

    def submitted(self) -> dict[str, str | None]:
        """The ids so far, by tag."""
        return {line["tag"]: line["batch_id"] for line in self.journal.read() if "batch_id" in line}

    def note(self, tag: str, batch_id: str | None, *, n_unreadable: int) -> None:
        """This batch is submitted, without `n_unreadable` of its images."""
        self.journal.append({"tag": tag, "batch_id": batch_id, "n_unreadable": n_unreadable})

    def n_unreadable(self) -> int:
        """Images that were never sent."""
        return sum(line.get("n_unreadable", 0) for line in self.journal.read())

    def keep_only(self, tags: Iterable[str]) -> None:
        """What was not submitted waits again."""
        kept = set(tags)
        self.journal.append_all([{"tag": tag, "is_dropped": True} for tag in self.under_way() if tag not in kept])

    def _asked(self) -> list[str]:
        """Who was asked what."""
        prompt = self.endpoint.request.prompt
        return [self.endpoint.base_url, self.endpoint.model, prompt.name, prompt.sha256, self.endpoint.parameters]


def _intended(line: dict[str, Any]) -> Intended:
    """An older version kept neither schema nor prices: it asked for the schema."""
    prices = line.get("prices")
    pictures = [Picture(image, b"", text, n) for image, text, n in line["rows"]]
    return Intended(pictures, line.get("takes_schema", True), Prices(**prices) if prices else None)
