"""One self-contained HTML page: no script, no request, every text of the world escaped."""

from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from msa_core.page.colours import LIGHT
from msa_core.page.contents import Cell, Page

MINUS = "\N{MINUS SIGN}"


def written(cell: Cell) -> str:
    """Counts with thousands, figures with three places, a dash for what is not there."""
    if cell is None:
        return "–"
    if isinstance(cell, int):
        return f"{cell:,}"
    return cell if isinstance(cell, str) else f"{cell:.3f}".replace("-", MINUS)


def percent(share: float) -> str:
    """A share in [0, 1] as a whole number of hundredths; what is not nothing never reads 0 %."""
    return "< 1 %" if 0 < share < 0.005 else f"{share:.0%}".replace("%", " %")


def render(page: Page) -> str:
    """The same page gives the same text."""
    return _template().render(page=page)


@cache
def _template() -> Template:
    world = Environment(
        loader=FunctionLoader(_read), autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined
    )
    world.filters |= {"written": written, "percent": percent, "ours": Markup}
    world.globals |= {"colours": LIGHT, "style": Markup(_read("page.css"))}  # noqa: S704
    return world.get_template("page.html")


def _read(name: str) -> str:
    return files("msa_core.page").joinpath(name).read_text(encoding="utf-8")
