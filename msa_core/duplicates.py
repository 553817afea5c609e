"""Near-duplicate posts, of all sources at once: the same words, the same file, or pictures that look the same.

**Words.** Texts are compared without names, links, case, punctuation and a leading `RT`. Fewer than `MIN_LETTERS`
letters that are left ("", "this", "happiness"), or a phrase that apps write by themselves, tell and glue nothing.

**Pictures.** Difference hashes (Krawetz 2013; 64 bits, 8 rows of 8 comparisons) at most `MAX_DISTANCE` bits apart. Why
4, on 1,205 images of MVSA-Single (725,410 pairs; Lanczos filter), every pair up to 11 bits looked at:

    bits apart              0   1   2   3   4   5   6   7   8   9  10  11
    pairs                  12   0   0   0   1   0   4   1   7   6  19  22
    of them, same picture  12   0   0   0   0   0   0   0   0   1   0   0   (9: a box from two sides)
    both hashes telling    11   0   0   0   0   0   0   0   0   3   2  10

    the same image resized to .6, JPEG 50:  <= 2: 94.2 %   <= 3: 98.5 %   <= 4: 99.3 %   <= 5: 99.8 %
    the same image resized to .9, JPEG 70:  <= 2: 95.6 %   <= 3: 98.9 %   <= 4: 99.8 %   <= 5: 100 %
    (hashed with a box filter instead:      <= 2: 77.0 %   <= 3: 87.3 %   <= 4: 94.6 %   <= 5: 97.3 % of the first)

The false pairs are nearly all pictures whose eight rows say the same (a bright middle on a dark ground), so a hash
counts as telling only if enough of its bits change from row to row and along the rows. Then no false pair is left up to
8 bits, and chance pairs halve with each bit, which leaves room for stores that hold many more pairs. Missing a twin is
a leak; a false pair only lets two strangers share a split. A picture that is not telling still equals its own copies
byte for byte, unless it is blank.
"""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pyarrow as pa

from msa_core.records import Cluster

Ints = np.ndarray  # (n,) int64
Hashes = np.ndarray  # (n,) uint64
Flags = np.ndarray  # (n,) bool

MAX_DISTANCE = 4
MIN_LETTERS = 16
MIN_CHANGES = 8  # of 56 comparisons with the row above, and of 56 with the neighbour in the row
WRITTEN_BY_APPS = frozenset(
    {
        "just posted a photo",
        "just posted a video",
        "i posted a new photo to facebook",
        "i posted a new video to facebook",
        "i liked a youtube video",
        "i added a video to a youtube playlist",
        "check out this photo",
    }
)

NAMES_AND_LINKS = re.compile(r"https?://\S*|www\.\S+|<url>|https?\b|@\w+")
WORDS = re.compile(r"[^\W_]+")
WHY = np.array(["none", "text", "image", "both"])


@dataclass(frozen=True, slots=True)
class Pictures:
    """One entry a picture of a post: whose it is (a place in the list of posts), its file's digest, its hash."""

    post: Ints
    image_sha256: Sequence[str]
    dhash: Hashes


def normalise(text: str | None) -> str:
    """The words that make two texts the same; "" where too little is left to tell."""
    if text is None:
        return ""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = WORDS.findall(NAMES_AND_LINKS.sub(" ", folded))
    while words and words[0] == "rt":
        words = words[1:]
    joined = " ".join(words)
    return "" if sum(map(len, words)) < MIN_LETTERS or joined in WRITTEN_BY_APPS else joined


def clusters(post_ids: Sequence[str], texts: Sequence[str | None], pictures: Pictures) -> list[Cluster]:
    """One row a post, in the order given. Links chain: a cluster is whatever links reach.

    Independent of the order of the posts, and near-linear in their number.
    """
    by_text = _same(_codes([normalise(text) for text in texts]), np.arange(len(post_ids)))
    by_image = _picture_links(pictures)
    first, second = (np.concatenate(sides) for sides in zip(by_text, by_image, strict=True))
    group = _components(len(post_ids), first, second)
    why = WHY[_touched(len(post_ids), by_text) + 2 * _touched(len(post_ids), by_image)].tolist()
    names = _names(post_ids, group)
    return [Cluster(*row) for row in zip(post_ids, names, why, strict=True)]


def is_telling(dhash: Hashes) -> Flags:
    """Whether a hash changes enough across and along its rows to stand for one picture."""
    across, along = _changes(dhash)
    return (across >= MIN_CHANGES) & (along >= MIN_CHANGES)


def is_blank(dhash: Hashes) -> Flags:
    """All bits alike: one colour, or one ramp."""
    return (dhash == 0) | (dhash == np.uint64(2**64 - 1))


def near_pairs(hashes: Hashes, distance: int = MAX_DISTANCE) -> tuple[Ints, Ints]:
    """Places (i, j) of all pairs of distinct hashes at most `distance` bits apart, each once, i < j.

    The bits are dealt into `distance + 2` bands; that many changed bits leave two bands untouched (pigeonhole), so each
    pair agrees on some two bands, and only hashes that do are compared. Two bands are 21 bits at distance 4: a hundred
    thousand hashes meet about a third of their number by chance.
    """
    n_bands = distance + 2
    bands = [sum(1 << bit for bit in range(start, 64, n_bands)) for start in range(n_bands)]
    found = [np.empty((0, 2), dtype=np.int64)]
    for one, other in combinations(bands, 2):
        found.extend(_agreeing(hashes, np.uint64(one | other), distance))
    pairs = np.unique(np.concatenate(found), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _agreeing(hashes: Hashes, mask: np.uint64, distance: int) -> list[np.ndarray]:
    """Pairs that agree under the mask and are near: neighbours in sorted order, then next but one, and so on."""
    keys = hashes & mask
    order = np.argsort(keys, kind="stable")
    keys, sorted_hashes = keys[order], hashes[order]
    start: np.ndarray = np.arange(len(keys))
    step, found = 1, []
    while len(start):
        start = start[start + step < len(keys)]
        start = start[keys[start] == keys[start + step]]
        is_near = np.bitwise_count(sorted_hashes[start] ^ sorted_hashes[start + step]) <= distance
        pairs = np.stack([order[start[is_near]], order[start[is_near] + step]], axis=1)
        found.append(np.sort(pairs, axis=1))
        step += 1
    return found


def _changes(dhash: Hashes) -> tuple[Ints, Ints]:
    across = (dhash ^ (dhash >> np.uint64(8))) & np.uint64(0x00FFFFFFFFFFFFFF)
    along = (dhash ^ (dhash >> np.uint64(1))) & np.uint64(0x7F7F7F7F7F7F7F7F)
    return np.bitwise_count(across), np.bitwise_count(along)


def _codes(values: Sequence[str]) -> Ints:
    """A number for each distinct value, -1 for the empty one."""
    encoded = pa.array(values, type=pa.string()).dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    empty = encoded.dictionary.index("").as_py()
    return np.where(codes == empty, -1, codes)


def _same(codes: Ints, posts: Ints) -> tuple[Ints, Ints]:
    """Links between posts that follow each other under one code; code -1 links nothing."""
    posts, codes = posts[codes >= 0], codes[codes >= 0]
    order = np.lexsort((posts, codes))
    posts, codes = posts[order], codes[order]
    follows = (codes[1:] == codes[:-1]) & (posts[1:] != posts[:-1])
    return posts[:-1][follows], posts[1:][follows]


def _picture_links(pictures: Pictures) -> tuple[Ints, Ints]:
    """Same file, same hash, near hashes. Two pictures of one post are no link."""
    files = np.where(is_blank(pictures.dhash), -1, _codes(pictures.image_sha256))
    telling = is_telling(pictures.dhash)
    distinct, codes = np.unique(pictures.dhash[telling], return_inverse=True)
    owners = pictures.post[telling]
    links = [_same(files, pictures.post), _same(codes, owners), _across(near_pairs(distinct), codes, owners)]
    first, second = (np.concatenate(sides) for sides in zip(*links, strict=True))
    return first, second


def _across(near: tuple[Ints, Ints], codes: Ints, owners: Ints) -> tuple[Ints, Ints]:
    """Links between the posts under two near codes: each side's posts to another post of the other side."""
    order = np.lexsort((owners, codes))
    codes, owners = codes[order], owners[order]
    start = np.searchsorted(codes, np.arange(codes.max(initial=-1) + 2))
    lowest, highest = owners[start[:-1]], owners[start[1:] - 1]
    one, other = near
    first = np.concatenate([lowest[one], highest[one]])
    second = np.concatenate([highest[other], lowest[other]])
    return first[first != second], second[first != second]


def _touched(n: int, links: tuple[Ints, Ints]) -> Ints:
    is_touched = np.zeros(n, dtype=np.int64)
    is_touched[np.concatenate(links)] = 1
    return is_touched


def _components(n: int, first: Ints, second: Ints) -> Ints:
    """The smallest place that links reach from each place: union-find by hooking and pointer jumping, in arrays."""
    parent = np.arange(n)
    while True:
        one, other = parent[first], parent[second]
        if np.array_equal(one, other):
            return parent
        np.minimum.at(parent, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(parent, parent[parent]):
            parent = parent[parent]


def _names(post_ids: Sequence[str], group: Ints) -> list[str]:
    """`cluster-<digest of its smallest post_id>`."""
    smallest: dict[int, str] = {}
    for post_id, root in zip(post_ids, group.tolist(), strict=True):
        smallest[root] = min(post_id, smallest.get(root, post_id))
    names = {root: "cluster-" + hashlib.sha256(name.encode()).hexdigest()[:16] for root, name in smallest.items()}
    return [names[root] for root in group.tolist()]
