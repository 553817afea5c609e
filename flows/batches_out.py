"""Batches that were submitted and are not collected yet: what will be asked stands in a journal before it is."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from flows.caption_ledger import Waiting, batches_of, intents
from msa_core.captions.captioner import Picture
from msa_core.captions.endpoint import Endpoint
from msa_core.captions.purse import Prices
from msa_core.errors import CaptionError
from warehouse import Store, lease
from warehouse.journal import Journal

ALL = "all"
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
class Forgotten:
    """What was under way: `addresses` and the ids that endpoints there gave their batches, as far as they did."""

    n_batches: int
    n_images: int
    batch_ids: tuple[str, ...]
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BatchesOut:
    """A batch is known by its tag: first its rows, then the id that the endpoint gave it (None: no line was left)."""

    journal: Journal
    endpoint: Endpoint

    def under_way(self) -> dict[str, Intended]:
        """What was submitted or is to be, by tag. Raises CaptionError where another captioner asked."""
        intended = {line["tag"]: line for line in intents(self.journal)}
        others = [line for line in intended.values() if line["asked"] != self._asked()]
        if others:
            raise CaptionError(
                f"{sum(len(line['rows']) for line in others):,} images are under way in a batch that was asked for "
                f"otherwise: {_differences(others[0]['asked'], self._asked())}. Ask so again, and it is collected; or, "
                "where it never will be, drop it: msa caption-batch --forget all"
            )
        return {tag: _intended(line) for tag, line in intended.items()}

    def intend(self, rows: Sequence[Waiting], *, takes_schema: bool, prices: Prices | None) -> frozenset[str]:
        """These images, in batches; the tags of these."""
        key = [self.endpoint.model, self.endpoint.request.prompt.sha256, self.endpoint.parameters]
        how = {"takes_schema": takes_schema, "prices": asdict(prices) if prices else None}
        parts = {uuid4().hex: rows[start : start + LINES_A_BATCH] for start in range(0, len(rows), LINES_A_BATCH)}
        for tag, part in parts.items():
            self.journal.append({"tag": tag, "asked": self._asked(), "key": key, "rows": part, **how})
        return frozenset(parts)

    def submitted(self) -> dict[str, str | None]:
        """The ids so far, by tag, of what is under way."""
        ids = {line["tag"]: line["batch_id"] for line in self.journal.read() if "batch_id" in line}
        return {tag: ids[tag] for tag in self.under_way() if tag in ids}

    def note(self, tag: str, batch_id: str | None, *, n_unreadable: int) -> None:
        """This batch is submitted, without `n_unreadable` of its images."""
        self.journal.append({"tag": tag, "batch_id": batch_id, "n_unreadable": n_unreadable})

    def n_sent(self, tag: str) -> int:
        """Images of this batch that have a line in it."""
        n_unreadable = sum(line.get("n_unreadable", 0) for line in self.journal.read() if line["tag"] == tag)
        return len(self.under_way()[tag].pictures) - n_unreadable

    def keep_only(self, tags: Iterable[str]) -> None:
        """The others are under way no more: collected, or never submitted."""
        kept = set(tags)
        _drop(self.journal, [tag for tag in self.under_way() if tag not in kept])

    def _asked(self) -> list[str]:
        """Who was asked what."""
        prompt = self.endpoint.request.prompt
        return [self.endpoint.base_url, self.endpoint.model, prompt.name, prompt.sha256, self.endpoint.parameters]


def forget(store: Store, *, which: str = ALL) -> Forgotten:
    """Drops what is under way, whoever was asked: its images wait again, and nobody collects its answers.

    `which`: a batch's id, or ALL. Raises CaptionError where no such batch is under way, LeaseHeld.
    """
    with lease(store.places, "caption"), batches_of(store) as out:
        ids = {line["tag"]: line["batch_id"] for line in out.read() if line.get("batch_id")}
        every = intents(out)
        intended = [line for line in every if which in (ALL, ids.get(line["tag"]))]
        if not intended and which != ALL:
            there = ", ".join(ids[line["tag"]] for line in every if line["tag"] in ids) or "none"
            raise CaptionError(f"No batch {which!r} is under way. Under way: {there}; drop all: --forget {ALL}")
        if len(intended) == len(every):
            out.fold()
        else:
            _drop(out, [line["tag"] for line in intended])
    n_images = sum(len(line["rows"]) for line in intended)
    addresses = tuple(sorted({line["asked"][0] for line in intended}))
    batch_ids = tuple(ids[line["tag"]] for line in intended if line["tag"] in ids)
    return Forgotten(len(intended), n_images, batch_ids, addresses)


def _drop(journal: Journal, tags: Iterable[str]) -> None:
    journal.append_all([{"tag": tag, "is_dropped": True} for tag in tags])


def _differences(then: list[str], now: list[str]) -> str:
    """Of two ways of asking: as one would type them."""
    pairs = zip(_typed(then).items(), _typed(now).values(), strict=True)
    return ", ".join(f"{name} {was}, not {given}" for (name, was), given in pairs if was != given)


def _typed(asked: list[str]) -> dict[str, str]:
    base_url, model, prompt, sha256, parameters = asked
    told = {"MSA_VLM_BASE_URL": base_url, "--model": model, "--prompt": f"{prompt} ({sha256[:12]})"}
    return told | {f"--{name.replace('_', '-')}": str(value) for name, value in json.loads(parameters).items()}


def _intended(line: dict[str, Any]) -> Intended:
    """An older version kept neither schema nor prices: it asked for the schema."""
    prices = line.get("prices")
    pictures = [Picture(image, b"", text, n) for image, text, n in line["rows"]]
    return Intended(pictures, line.get("takes_schema", True), Prices(**prices) if prices else None)
