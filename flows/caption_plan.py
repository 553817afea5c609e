"""What `msa caption` would ask, before a call is made: calls, tokens, cost, and how much of it a budget holds."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.caption_ledger import Scope, Waiting, left_in_journal, refuse_another_prompt, under_way, waiting
from flows.caption_options import FREE, Paying
from flows.captioners import Asked, captioner_of
from msa_core.captions.captioner import Captioner, Picture
from msa_core.captions.purse import Prices, Purse
from msa_core.errors import CaptionError
from warehouse import Moment, Store

USUAL = (
    "select avg(n_prompt_tokens) as prompt, avg(n_completion_tokens) as completion from captions "
    "where captioner = $captioner and model = $model and prompt_sha256 is not distinct from $prompt "
    "and parameters = $parameters"
)

Call = tuple[int, int]  # prompt and completion tokens


@dataclass(frozen=True, slots=True)
class Tokens:
    """Of all calls together, and what they cost; None where no price is known."""

    n_prompt: int
    n_completion: int
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class Plan:
    """`n_calls`: one for each image; `n_most_calls`: where the gate refuses each first answer, and `most` is of these.

    `usual`: of `n_calls`, by the mean of what this model took so far, where it took anything. `n_held`: calls that the
    budget pays for in any case; None without a budget.
    """

    captioner: str
    model: str
    n_calls: int
    n_most_calls: int
    most: Tokens
    usual: Tokens | None
    budget_usd: float | None
    n_held: int | None


def plan(
    store: Store,
    *,
    asked: Asked,
    scope: Scope,
    paying: Paying = FREE,
    new_prompt: bool = False,
    draws_twice: bool = True,
) -> Plan | None:
    """None where no captioner is wanted. `draws_twice`: one command asks again where the gate refuses. Raises
    CaptionError, also where the budget does not hold one image.
    """
    captioner = captioner_of(asked)
    if captioner is None:
        return None
    with store.moment() as moment:
        if not new_prompt:
            refuse_another_prompt(moment, captioner)
        aside, journalled = under_way(store, captioner), left_in_journal(store)
        rows = waiting(moment, captioner, scope, aside=aside, journalled=journalled)
        mean = _mean(moment, captioner)
    calls = [call for row in rows for call in _calls(captioner, row, draws_twice=draws_twice)]
    usual = _tokens([mean] * len(rows), paying.prices) if mean else None
    most, n_held = _tokens(calls, paying.prices), _n_held(captioner, rows, calls, paying)
    return Plan(captioner.name, captioner.model, len(rows), len(calls), most, usual, paying.budget_usd, n_held)


def fitting(captioner: Captioner, rows: list[Waiting], purse: Purse) -> list[Waiting]:
    """The first ones whose first answers cannot cost more than is left, together."""
    return rows[: purse.holds(captioner.most_tokens(Picture(image, b"", text)) for image, text, _ in rows)]


def refuse_too_little(captioner: Captioner, rows: list[Waiting], purse: Purse) -> None:
    """Raises CaptionError where the budget does not hold the first of the images."""
    if not rows or fitting(captioner, rows[:1], purse) or not purse.prices:
        return
    image, text, _ = rows[0]
    most_usd = purse.prices.cost_usd(*captioner.most_tokens(Picture(image, b"", text)))
    raise CaptionError(
        f"A budget of ${purse.budget_usd:g} does not hold one image: ${most_usd:.4f} at most. Give more, or a smaller "
        "--side or --max-tokens."
    )


def lines(found: Plan) -> list[str]:
    """For whoever asked."""
    told = [f"{found.captioner} ({found.model}): {found.n_calls:,} images wait; nothing was asked"]
    if found.n_most_calls > found.n_calls:
        told.append(f"{found.n_calls:,} calls, and one more for each answer that the gate refuses")
    else:
        told.append(f"{found.n_calls:,} calls")
    if found.usual:
        told.append(f"about {_words(found.usual)}, if the gate refuses none")
    told.append(f"at most {_words(found.most)}, calls that bring no reply aside")
    if found.n_held is not None:
        told.append(f"a budget of ${found.budget_usd:g} holds at least {found.n_held:,} of these calls")
    return told


def _words(tokens: Tokens) -> str:
    cost = "no price is known: --prompt-price and --completion-price"
    if tokens.cost_usd is not None:
        cost = f"${tokens.cost_usd:.4f}"
    return f"{tokens.n_prompt:,} prompt and {tokens.n_completion:,} completion tokens; {cost}"


def _calls(captioner: Captioner, row: Waiting, *, draws_twice: bool) -> list[Call]:
    """Of one image, each as the most that it can take: every second attempt is a retry, and none follows it."""
    image, text, n_attempts = row
    is_last = not draws_twice or not captioner.prompt or n_attempts % 2 == 1
    return [captioner.most_tokens(Picture(image, b"", text))] * (1 if is_last else 2)


def _tokens(calls: Sequence[tuple[float, float]], prices: Prices | None) -> Tokens:
    n_prompt, n_completion = (round(sum(call[side] for call in calls)) for side in (0, 1))
    return Tokens(n_prompt, n_completion, prices.cost_usd(n_prompt, n_completion) if prices else None)


def _n_held(captioner: Captioner, rows: list[Waiting], calls: list[Call], paying: Paying) -> int | None:
    """Whichever of them come first."""
    if paying.budget_usd is None or not captioner.prompt:
        return None
    purse = Purse(paying.prices, budget_usd=paying.budget_usd)
    refuse_too_little(captioner, rows, purse)
    return purse.holds(sorted(calls, reverse=True))


def _mean(moment: Moment, captioner: Captioner) -> tuple[float, float] | None:
    sha256 = captioner.prompt.sha256 if captioner.prompt else None
    asked = {"captioner": captioner.name, "model": captioner.model, "parameters": captioner.parameters}
    usual = moment.table(USUAL, prompt=sha256, **asked).to_pylist()[0]
    if usual["prompt"] is None or usual["completion"] is None:
        return None
    return usual["prompt"], usual["completion"]
