"""Options that the verbs of captions share, and what they mean together."""

from dataclasses import dataclass
from typing import Annotated

import typer

from msa_core.captions.purse import Prices
from msa_core.errors import CaptionError

POSTS = ("hard", "all")

ModelOption = Annotated[str | None, typer.Option(help="Of the endpoint. [MSA_VLM_MODEL]")]
PromptOption = Annotated[str, typer.Option(help="objective, ocr, meme, or a .toml file like them.")]
WithTextOption = Annotated[bool, typer.Option("--with-text", help="Put the post's text into the prompt, as data.")]
PostsOption = Annotated[str, typer.Option(help="hard: those that were mined; all: also the rest. Never test.")]
SourceOption = Annotated[str | None, typer.Option(help="Only posts of this source.")]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Images, at most; hardest first.")]
SideOption = Annotated[int, typer.Option(min=28, help="Longest side, in pixels, of the image that is sent.")]
MaxTokensOption = Annotated[int, typer.Option(min=1, help="Of an answer.")]
TemperatureOption = Annotated[float, typer.Option(min=0, help="Of the first answer.")]
RetryTemperatureOption = Annotated[float, typer.Option(min=0, help="Of the second, where the gate refuses the first.")]
PriceOption = Annotated[float | None, typer.Option(min=0, help="US dollars a million tokens.")]
BudgetOption = Annotated[float | None, typer.Option(help="US dollars that this command may spend.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Calls, tokens and dollars; ask nothing.")]
RetryRefusedOption = Annotated[bool, typer.Option("--retry-refused", help="Ask again what the gate refused.")]
NewPromptOption = Annotated[bool, typer.Option("--new-prompt", help="The prompt was changed, and that is meant.")]


@dataclass(frozen=True, slots=True)
class Paying:
    """Prices in US dollars a million tokens, None where nobody knows them; and what one command may spend."""

    prices: Prices | None = None
    budget_usd: float | None = None


FREE = Paying()


def one_of(posts: str) -> str:
    """Raises typer.BadParameter."""
    if posts not in POSTS:
        raise typer.BadParameter(f"--posts takes {' or '.join(POSTS)}, not {posts!r}; test posts are never described")
    return posts


def paying_of(prompt_price: float | None, completion_price: float | None, budget_usd: float | None) -> Paying:
    """Raises CaptionError where a budget could not be kept."""
    if budget_usd is not None and budget_usd <= 0:
        raise CaptionError(f"A budget of ${budget_usd:g} buys nothing. Give more, or leave --budget-usd away.")
    if (prompt_price is None) != (completion_price is None):
        raise CaptionError("--prompt-price and --completion-price belong together, in dollars a million tokens.")
    if prompt_price is None or completion_price is None:
        if budget_usd is None:
            return FREE
        raise CaptionError("--budget-usd wants --prompt-price and --completion-price, in dollars a million tokens.")
    return Paying(Prices(prompt_price, completion_price), budget_usd)
