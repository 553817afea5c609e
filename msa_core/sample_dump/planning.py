"""What each post of the sample dump will be, before anything is drawn. Shares are quotas: small dumps keep them too."""

from dataclasses import dataclass, replace

import numpy as np

Rng = np.random.Generator
Pair = tuple[str, str]  # the labels of the text and of the image

POLAR = ("negative", "positive")
LABELS = ("negative", "neutral", "positive")

# (where the signal is, true label of the text, of the image): share of the posts
SHARES = {
    ("both", "positive", "positive"): 0.26,
    ("both", "negative", "negative"): 0.17,
    ("none", "neutral", "neutral"): 0.14,
    ("text", "positive", "neutral"): 0.12,
    ("text", "negative", "neutral"): 0.07,
    ("image", "neutral", "positive"): 0.09,
    ("image", "neutral", "negative"): 0.07,
    ("conflict", "positive", "negative"): 0.04,
    ("conflict", "negative", "positive"): 0.04,
}
NOISE = 0.10  # of the posts that have a label
TWINS = 0.08  # of all posts
TWIN_KINDS = ("image", "text", "both", "copy")  # what a twin shares; a copy has the very same image file
ODD_IMAGES = ("cmyk", "palette", "rgba", "sixteen-bit", "animated", "grey")  # unusual, and fine
ENCODINGS = {"ascii": 0.745, "gb18030": 0.235, "utf-8": 0.01, "cp1252": 0.01}


@dataclass(frozen=True, slots=True)
class PlannedPost:
    """`number` seeds what is drawn; `given` is what the label file will say, `text` and `image` are the truth."""

    number: int
    source_id: str
    kind: str
    text: str
    image: str
    given: Pair
    encoding: str = "ascii"
    twin_of: int | None = None
    twin_kind: str = ""
    oddity: str = ""

    @property
    def is_noisy(self) -> bool:
        return self.given != (self.text, self.image)


def both_label(text: str, image: str) -> str | None:
    """The literature's rule for one post: equal stays, polar beats neutral, positive against negative is none."""
    if image in (text, "neutral"):
        return text
    return image if text == "neutral" else None


def plan(source_ids: list[str], rng: Rng) -> list[PlannedPost]:
    """One post an id: first clean, then twins, noise, encodings and odd images in turn."""
    posts = _clean(source_ids, rng)
    posts = _with_twins(posts, rng)
    posts = _with_noise(posts, rng)
    return _with_odd_images(_with_encodings(posts, rng), rng)


def _quotas(shares: list[float], n: int) -> np.ndarray:
    """Whole numbers that sum to n: index of the share for each of n places, in order."""
    edges = np.round(np.cumsum(shares) / sum(shares) * n).astype(int)
    return np.searchsorted(edges, np.arange(n), side="right")


def _clean(source_ids: list[str], rng: Rng) -> list[PlannedPost]:
    which = rng.permutation(_quotas(list(SHARES.values()), len(source_ids)))
    signals = [list(SHARES)[place] for place in which]
    return [
        PlannedPost(number, source_id, kind, text, image, given=(text, image))
        for number, (source_id, (kind, text, image)) in enumerate(zip(source_ids, signals, strict=True))
    ]


def _with_twins(posts: list[PlannedPost], rng: Rng) -> list[PlannedPost]:
    """Twins stand anywhere after their original and have its truth."""
    n_twins = int(len(posts) * TWINS)
    chosen = rng.choice(len(posts), size=2 * n_twins, replace=False)
    twins = list(posts)
    for place, pair in enumerate(chosen.reshape(-1, 2)):
        first, second = posts[pair.min()], posts[pair.max()]
        kind = TWIN_KINDS[place % len(TWIN_KINDS)]
        twins[second.number] = replace(
            first, number=second.number, source_id=second.source_id, twin_of=first.number, twin_kind=kind
        )
    return twins


def _with_noise(posts: list[PlannedPost], rng: Rng) -> list[PlannedPost]:
    labelled = [post.number for post in posts if both_label(post.text, post.image)]
    noisy = set(rng.choice(labelled, size=round(len(labelled) * NOISE), replace=False).tolist())
    return [replace(post, given=_wrong(post, rng)) if post.number in noisy else post for post in posts]


def _wrong(post: PlannedPost, rng: Rng) -> Pair:
    """A given pair whose label by the literature's rule is not the true one."""
    truth = both_label(post.text, post.image)
    wrong = str(rng.choice([label for label in LABELS if label != truth]))
    if truth == "neutral":
        return [(wrong, wrong), (wrong, "neutral"), ("neutral", wrong)][rng.integers(3)]
    text, image = (wrong if label in POLAR else label for label in (post.text, post.image))
    return text, image


def _with_encodings(posts: list[PlannedPost], rng: Rng) -> list[PlannedPost]:
    """A twin keeps its original's, so that their words stay the same."""
    names = list(ENCODINGS)
    which = rng.permutation(_quotas(list(ENCODINGS.values()), len(posts)))
    places = [which[post.number if post.twin_of is None else post.twin_of] for post in posts]
    return [replace(post, encoding=names[place]) for post, place in zip(posts, places, strict=True)]


def _with_odd_images(posts: list[PlannedPost], rng: Rng) -> list[PlannedPost]:
    """Each unusual kind of image once, on posts whose image no twin shares."""
    originals = {post.twin_of for post in posts}
    free = [post.number for post in posts if post.twin_of is None and post.number not in originals]
    odd = dict(zip(rng.permutation(free).tolist(), ODD_IMAGES, strict=False))
    return [replace(post, oddity=odd.get(post.number, "")) for post in posts]
