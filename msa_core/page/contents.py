"""What a page shows, as records. Every string is plain text, escaped when the page is made; only charts are markup."""

from dataclasses import dataclass

Cell = str | int | float | None


@dataclass(frozen=True, slots=True)
class Chart:
    """`svg` is markup of our own drawing; `description` says in words what the picture says."""

    slug: str
    title: str
    description: str
    svg: str


@dataclass(frozen=True, slots=True)
class Table:
    """The first `n_names` columns hold names (left), the others figures (right)."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    n_names: int = 1


@dataclass(frozen=True, slots=True)
class Missing:
    """What is not there yet, and the command that makes it."""

    what: str
    command: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A share in [0, 1] of one label, in that label's colour."""

    label: str
    share: float
    colour: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a post is hard; strength in [0, 1]."""

    name: str
    strength: float


@dataclass(frozen=True, slots=True)
class Line:
    """One event in the story of a post: what happened, by whom, its particulars, and the run that wrote it."""

    event: str
    who: str
    what: str
    run_id: str


@dataclass(frozen=True, slots=True)
class HardPost:
    """A post of the queue; `image` is a data URL, None where the post has none that can be shown. `story`: in the order
    in which it happened.
    """

    place: int
    post_id: str
    split: str
    text: str
    image: str | None
    caption: str | None
    given: str | None
    predicted: str | None
    bars: tuple[Bar, ...]
    text_bars: tuple[Bar, ...]
    image_bars: tuple[Bar, ...]
    reasons: tuple[Reason, ...]
    story: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the page; `missing` stands in place of what is not there yet."""

    slug: str
    title: str
    lead: str = ""
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    posts: tuple[HardPost, ...] = ()
    missing: tuple[Missing, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline number with a word on what it counts."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """`lineage`: pairs of a word and an id; nothing here tells the time, so that equal stores give equal pages."""

    title: str
    subtitle: str
    figures: tuple[Figure, ...]
    lineage: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
