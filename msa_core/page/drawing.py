"""matplotlib as a maker of inline SVG: the page's colours, the reader's fonts, a title for those who do not see it.

The same figures give the same bytes: ids are salted with the chart's name, and no date is written.
"""

import io
import re
import warnings
from collections.abc import Callable
from html import escape

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from msa_core.page.colours import INK, QUIET, RULE, VARIABLES
from msa_core.page.contents import Chart

STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a label may hold a dollar sign
    "font.family": "sans-serif",
    "font.size": 10.5,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": QUIET,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": QUIET,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}

NOT_OURS = re.compile(r"<metadata>.*?</metadata>|<style.*?</style>|<!--.*?-->", re.DOTALL)
GROUP_ID = re.compile(r'<g id="[^"]*"')
ATTRIBUTE = re.compile(r'style="[^"]*"')
FAMILY = re.compile(r" ?font-family: [^;\"]*;?")
GAPS = re.compile(r"\s*\n\s*")
SIZE = re.compile(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', re.DOTALL)


def draw(
    slug: str, title: str, description: str, paint: Callable[[Axes], None], *, inches: tuple[float, float] = (5.2, 3.2)
) -> Chart:
    """One pair of axes, painted by `paint`."""

    def fill(figure: Figure) -> None:
        paint(figure.add_subplot())

    return draw_figure(slug, title, description, fill, inches=inches)


def draw_figure(
    slug: str, title: str, description: str, fill: Callable[[Figure], None], *, inches: tuple[float, float]
) -> Chart:
    """A figure of any axes, filled by `fill`."""
    with mpl.rc_context(STYLE | {"svg.hashsalt": slug}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # the reader's fonts draw it
        figure = Figure(figsize=inches, layout="constrained")
        fill(figure)
        written = io.StringIO()
        figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None})
    return Chart(slug, title, description, _inline(written.getvalue(), slug, title, description))


def _inline(svg: str, slug: str, title: str, description: str) -> str:
    """The bare element: no size but its proportions, colours as variables, fonts inherited from the page."""
    body = NOT_OURS.sub("", svg[svg.index("<svg") :])
    body = GAPS.sub("\n", ATTRIBUTE.sub(_restyled, GROUP_ID.sub("<g", body)))
    view = SIZE.search(body)
    box = view.group(1) if view else "0 0 1 1"
    opening = (
        f'<svg class="chart" role="img" viewBox="{box}" aria-labelledby="{slug}-title {slug}-words">'
        f'<title id="{slug}-title">{escape(title)}</title><desc id="{slug}-words">{escape(description)}</desc>'
    )
    return SIZE.sub(lambda _: opening, body, count=1).strip()


def _restyled(attribute: re.Match[str]) -> str:
    style = FAMILY.sub("", attribute.group())
    for colour, name in VARIABLES.items():
        style = style.replace(colour, f"var(--{name})")
    return style


def short(text: str, n: int = 18) -> str:
    """A name that fits beside an axis; control characters would break the drawing."""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    return clean if len(clean) <= n else clean[: n - 1] + "…"
