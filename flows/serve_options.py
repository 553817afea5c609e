"""What only `msa serve` is asked on the command line, and how it is read: crons by verb, captions, reviews."""

from collections.abc import Iterable
from typing import Annotated

import typer

CAPTIONER_HELP = "auto: the endpoint where there is a budget, else pixels; openai: the endpoint; pixels; none."
CRON_HELP = "VERB='*/5 * * * *' in UTC, or VERB=off: neither by clock nor, of retrain, by a finished round; repeat it."

OPINION_HELP = "What reviewers of a new project see of the model: hidden, ask (in a closed panel), shown."

ServedCaptionerOption = Annotated[str, typer.Option(help=CAPTIONER_HELP)]
CronOption = Annotated[list[str] | None, typer.Option(help=CRON_HELP)]
PseudonymsOption = Annotated[bool, typer.Option("--pseudonyms", help="The scheduled pull keeps no reviewer's name.")]
ServedOpinionOption = Annotated[str, typer.Option(help=OPINION_HELP)]
ServedOverlapOption = Annotated[
    int | None, typer.Option(min=1, help="How many people judge each post of a new project. [1]")
]
ServedBatchOption = Annotated[
    int, typer.Option("--review-batch", min=1, help="At most so many posts of a task wait for a first answer.")
]


def crons_of(told: Iterable[str]) -> dict[str, str]:
    """Cron by verb. Raises BadParameter on what is no pair."""
    return dict(_pair(each) for each in told)


def known_captioner(name: str) -> str:
    """The name. Raises BadParameter that lists the choices."""
    from flows.captioners import CAPTIONERS

    if name not in CAPTIONERS:
        raise typer.BadParameter(f"--captioner takes {', '.join(CAPTIONERS)}, not {name!r}")
    return name


def _pair(text: str) -> tuple[str, str]:
    name, is_there, cron = text.partition("=")
    if not is_there:
        raise typer.BadParameter(f"--cron takes VERB=CRON, such as pull='*/5 * * * *', not {text!r}")
    return name.strip(), cron.strip()
