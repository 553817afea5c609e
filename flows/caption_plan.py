"""What `msa caption` would ask, before a call is made: images, tokens, cost."""

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate

from flows.caption_ledger import Scope, Waiting, left_in_journal, refuse_another_prompt, under_way, waiting
from flows.caption_options import Paying
from flows.captioners import Asked, captioner_of
from msa_core.captions.captioner import Captioner, Picture
from msa_core.captions.purse import Prices
from msa_core.errors import CaptionError
from warehouse import Moment, Store

USUAL = (
    "select avg(n_prompt_tokens) as prompt, avg(n_completion_tokens) as completion from captions "
    "where captioner = $captioner and model = $model and prompt_sha256 is not distinct from $prompt "
    "and parameters = $parameters"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """`is_bound`: the tokens are the most that there can be; else the mean of what this model took so far.

    A call is an image's first answer: the gate may ask for a second one.
    """

    captioner: str
    model: str
    n_calls: int
    n_prompt_tokens: int
    n_completion_tokens: int
    is_bound: bool
    cost_usd: float | None


def plan(store: Store, *, asked: Asked, scope: Scope, prices: Prices | None, new_prompt: bool = False) -> Plan | None:
    """None where no captioner is wanted. Raises CaptionError."""
    captioner = captioner_of(asked)
    if captioner is None:
        return None
    with store.moment() as moment:
        if not new_prompt:
            refuse_another_prompt(moment, captioner)
        aside, journalled = under_way(store, captioner), left_in_journal(store)
        rows = waiting(moment, captioner, scope, aside=aside, journalled=journalled)
        tokens, is_bound = _tokens(moment, captioner, rows)
    cost = prices.cost_usd(*tokens) if prices else None
    return Plan(captioner.name, captioner.model, len(rows), *tokens, is_bound, cost)


def affordable(captioner: Captioner, rows: list[Waiting], paying: Paying) -> list[Waiting]:
    """The first ones whose answers cannot cost more than the budget, together. Raises CaptionError where none fits."""
    if paying.budget_usd is None or paying.prices is None or not rows:
        return rows
    most = (captioner.most_tokens(Picture(image, b"", text)) for image, text, _ in rows)
    spent = list(accumulate(paying.prices.cost_usd(*tokens) for tokens in most))
    n_kept = bisect_right(spent, paying.budget_usd)
    if n_kept == 0:
        raise CaptionError(
            f"A budget of ${paying.budget_usd:g} does not hold one image: ${spent[0]:.4f} at most. Give more, or a "
            "smaller --side or --max-tokens."
        )
    return rows[:n_kept]


def lines(found: Plan) -> list[str]:
    """For whoever asked."""
    most = "at most" if found.is_bound else "about"
    if found.cost_usd is None:
        cost = "no price is known: --prompt-price and --completion-price"
    else:
        cost = f"{most} ${found.cost_usd:.4f}"
    return [
        f"{found.captioner} ({found.model}): {found.n_calls:,} images wait; nothing was asked",
        f"{found.n_calls:,} calls, and one more for each answer that the gate refuses",
        f"{most} {found.n_prompt_tokens:,} prompt and {found.n_completion_tokens:,} completion tokens; {cost}",
    ]


def _tokens(moment: Moment, captioner: Captioner, rows: list[Waiting]) -> tuple[tuple[int, int], bool]:
    sha256 = captioner.prompt.sha256 if captioner.prompt else None
    asked = {"captioner": captioner.name, "model": captioner.model, "parameters": captioner.parameters}
    usual = moment.table(USUAL, prompt=sha256, **asked).to_pylist()[0]
    if usual["prompt"] is not None and usual["completion"] is not None:
        return (round(len(rows) * usual["prompt"]), round(len(rows) * usual["completion"])), False
    most = [captioner.most_tokens(Picture(image, b"", text)) for image, text, _ in rows]
    return (sum(prompt for prompt, _ in most), sum(completion for _, completion in most)), True
