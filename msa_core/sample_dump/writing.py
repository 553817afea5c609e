"""Draws, composes and writes the planned posts, in the order of their ids."""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from msa_core.errors import DumpError
from msa_core.sample_dump.broken import BROKEN, BrokenRow, break_row
from msa_core.sample_dump.encoding import jpeg, odd, twin
from msa_core.sample_dump.phrases import address, compose, encode
from msa_core.sample_dump.planning import PlannedPost, Rng, both_label, plan
from msa_core.sample_dump.scenes import draw

STREAMS = ("plan", "ids", "text", "address", "image", "twin", "quality")
TRUTH = ("id", "text", "image", "both", "kind", "is_noisy", "twin_of", "twin_kind", "encoding", "oddity", "broken")


@dataclass(frozen=True, slots=True)
class SampleDump:
    """What was written: good rows, of them noisy and twins, and rows that must be refused."""

    path: Path
    n_posts: int
    n_noisy: int
    n_twins: int
    n_broken: int


@dataclass(frozen=True, slots=True)
class _Chance:
    """Streams of chance that never touch: one more face in one image changes no other post."""

    seed: int

    def of(self, stream: str, number: int = 0) -> Rng:
        return np.random.default_rng([self.seed, STREAMS.index(stream), number])


def write_sample_dump(
    path: Path, *, n_posts: int = 600, seed: int = 7, broken: bool = True, on_done: Callable[[int], None] | None = None
) -> SampleDump:
    """`n_posts` good rows and, if `broken`, a row of each kind in BROKEN on top. DumpError where files stand."""
    if path.exists() and any(path.iterdir()):
        raise DumpError(f"{path} is not empty. Name a new folder, or remove it first: rm -r {path}")
    (path / "data").mkdir(parents=True)
    chance = _Chance(seed)
    good_ids, broken_ids = _ids(n_posts, len(BROKEN) if broken else 0, chance.of("ids"))
    posts = plan(good_ids, chance.of("plan"))
    for post in posts:
        _write_files(path / "data", post.source_id, _text(post, chance), _image(post, chance))
        if on_done:
            on_done(1)
    broken_rows = _break(broken_ids, posts, chance)
    for row in broken_rows:
        _write_files(path / "data", row.source_id, row.text, row.image)
    _write_labels(path / "labelResultAll.txt", posts, broken_rows)
    _write_truth(path / "truth.csv", posts, broken_rows)
    n_twins = sum(post.twin_of is not None for post in posts)
    return SampleDump(path, n_posts, sum(post.is_noisy for post in posts), n_twins, len(broken_rows))


def _ids(n_good: int, n_broken: int, rng: Rng) -> tuple[list[str], list[str]]:
    """Rising numbers with gaps, as in the real dump; the broken ones stand anywhere among them."""
    numbers = np.cumsum(rng.choice([1, 1, 1, 2, 5], size=n_good + n_broken))
    is_broken = np.zeros(len(numbers), dtype=bool)
    is_broken[rng.choice(len(numbers), size=n_broken, replace=False)] = True
    return [str(n) for n in numbers[~is_broken]], [str(n) for n in rng.permutation(numbers[is_broken])]


def _text(post: PlannedPost, chance: _Chance) -> bytes:
    """A twin in text repeats its original's words, encoding too, with another user and link."""
    shares = post.twin_kind in ("text", "both")
    number = post.twin_of if shares and post.twin_of is not None else post.number
    words = address(compose(post.text, chance.of("text", number)), chance.of("address", post.number))
    return encode(words, post.encoding)


def _image(post: PlannedPost, chance: _Chance) -> bytes:
    shares = post.twin_kind in ("image", "both", "copy")
    number = post.twin_of if shares and post.twin_of is not None else post.number
    picture = draw(post.image, chance.of("image", number))
    if post.twin_kind in ("image", "both"):
        return twin(picture, chance.of("twin", post.number))
    return odd(picture, post.oddity) if post.oddity else _ordinary(picture, chance.of("quality", number))


def _ordinary(picture: Image.Image, rng: Rng) -> bytes:
    return jpeg(picture, quality=int(rng.integers(80, 91)))


def _break(source_ids: list[str], posts: list[PlannedPost], chance: _Chance) -> list[BrokenRow]:
    rows = []
    for place, (kind, source_id) in enumerate(zip(BROKEN, source_ids, strict=False)):
        number = len(posts) + place
        text = encode(address(compose("positive", chance.of("text", number)), chance.of("address", number)), "ascii")
        image = jpeg(draw("positive", chance.of("image", number)))
        named = {"unsafe-id": "../outside", "duplicated-id": posts[len(posts) // 2].source_id}.get(kind, source_id)
        rows.append(break_row(kind, named, text, image))
    return rows


def _write_files(folder: Path, source_id: str, text: bytes | None, image: bytes | None) -> None:
    if text is not None:
        (folder / f"{source_id}.txt").write_bytes(text)
    if image is not None:
        (folder / f"{source_id}.jpg").write_bytes(image)


def _write_labels(path: Path, posts: list[PlannedPost], broken_rows: list[BrokenRow]) -> None:
    """In the order of the ids; a duplicated row stands after its first, the unsafe id at the end."""
    rows = [(int(post.source_id), 0, f"{post.source_id}\t{','.join(post.given)}") for post in posts]
    rows += [(int(row.source_id) if row.source_id.isdigit() else 2**31, 1, row.row) for row in broken_rows]
    lines = ["ID\ttext,image", *(line for *_, line in sorted(rows))]
    path.write_bytes("".join(line + "\r\n" for line in lines).encode("ascii"))


def _write_truth(path: Path, posts: list[PlannedPost], broken_rows: list[BrokenRow]) -> None:
    """`both` is empty where text and image conflict; a broken row has no truth, only its name."""
    with path.open("w", newline="", encoding="ascii") as file:
        write = csv.writer(file, lineterminator="\n")
        write.writerow(TRUTH)
        for post in posts:
            write.writerow(_truth(post, posts))
        for row in broken_rows:
            write.writerow([row.source_id, "", "", "", "", "", "", "", "", "", row.kind])


def _truth(post: PlannedPost, posts: list[PlannedPost]) -> list[str | int]:
    twin_of = "" if post.twin_of is None else posts[post.twin_of].source_id
    label = both_label(post.text, post.image) or ""
    noisy = int(post.is_noisy)
    return [
        *(post.source_id, post.text, post.image, label, post.kind, noisy),
        *(twin_of, post.twin_kind, post.encoding, post.oddity, ""),
    ]
