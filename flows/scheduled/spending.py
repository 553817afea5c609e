"""What captions may cost where nobody watches: without a budget, `auto` asks no endpoint."""

import os

from flows.caption_options import Paying

UNPAID = (
    "no budget is given for the endpoint of MSA_VLM_BASE_URL, so images are measured in pixels. To ask it: "
    "--budget-usd with --prompt-price and --completion-price (parameters of the same names in Prefect)"
)
UNBOUND = "the endpoint is asked without a bound; to set one: --budget-usd with --prompt-price and --completion-price"


def unwatched(captioner: str, paying: Paying) -> tuple[str, str]:
    """The captioner that a scheduled run asks, and what is to be said about money; empty where nothing is."""
    if paying.budget_usd is not None:
        return captioner, f"at most ${paying.budget_usd:g} a run of curate, where an endpoint is asked"
    if captioner == "openai":
        return captioner, UNBOUND
    if captioner == "auto" and os.environ.get("MSA_VLM_BASE_URL", "").strip():
        return "pixels", UNPAID
    return captioner, ""
