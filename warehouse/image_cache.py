"""Decoded images, once each, as memory maps: training never decodes. The cache can be thrown away and rebuilt."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from warehouse.durable import publish

Uint8 = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Pixels:
    """Rows of several memory maps as if they were one array (N, size, size, 3)."""

    maps: tuple[Uint8, ...]
    shard: NDArray[np.int32]
    row: NDArray[np.int64]
    size: int

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, index: NDArray[np.int64] | Sequence[int]) -> Uint8:
        """Copies of the asked rows, in that order."""
        wanted = np.asarray(index, dtype=np.int64)
        found = np.empty((len(wanted), self.size, self.size, 3), dtype=np.uint8)
        shards = self.shard[wanted]
        for shard in np.unique(shards):
            at = np.flatnonzero(shards == shard)
            found[at] = self.maps[shard][self.row[wanted[at]]]
        return found


class ImageCache:
    """One folder a size; each `add` is one more shard, renamed into place, so any number of processes may add."""

    def __init__(self, folder: Path, *, size: int) -> None:
        self.folder = folder / f"images-{size}"
        self.size = size
        self._maps: list[Uint8] = []
        self._where: dict[str, tuple[int, int]] = {}
        self._read: set[str] = set()
        self._refresh()

    def missing(self, digests: Iterable[str]) -> list[str]:
        """Those that are not cached yet, each once, in their order."""
        return [digest for digest in dict.fromkeys(digests) if digest not in self._where]

    def add(self, digests: Sequence[str], pixels: Uint8) -> None:
        """Keep `pixels` (N, size, size, 3) for good."""
        name = sha256("".join(digests).encode()).hexdigest()[:16]
        aside = self.folder / f".{name}-{uuid4().hex[:8]}"
        self.folder.mkdir(parents=True, exist_ok=True)
        aside.with_suffix(".json").write_text(json.dumps(list(digests)), encoding="utf-8")
        with aside.with_suffix(".npy").open("wb") as file:
            np.save(file, np.ascontiguousarray(pixels, dtype=np.uint8))
        publish(aside.with_suffix(".npy"), self.folder / f"{name}.npy")
        publish(aside.with_suffix(".json"), self.folder / f"{name}.json")
        self._refresh()

    def rows(self, digests: Sequence[str]) -> Pixels:
        """The cached images of these digests, in that order; KeyError names one that is missing."""
        places = np.array([self._where[digest] for digest in digests], dtype=np.int64).reshape(-1, 2)
        return Pixels(tuple(self._maps), places[:, 0].astype(np.int32), places[:, 1], self.size)

    def _refresh(self) -> None:
        for index in sorted(self.folder.glob("[!.]*.json")):
            if index.name in self._read:
                continue
            self._read.add(index.name)
            shard = len(self._maps)
            self._maps.append(np.load(index.with_suffix(".npy"), mmap_mode="r"))
            for row, digest in enumerate(json.loads(index.read_text(encoding="utf-8"))):
                self._where.setdefault(digest, (shard, row))
