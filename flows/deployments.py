"""The schedule: which flow runs when, how late it may begin, and what it is given. `prefect.yaml` says the same."""

from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from msa_core.errors import MsaError

QUARTER, HALF_HOUR, HALF_DAY, DAY = 450.0, 1800.0, 43_200.0, 86_400.0
OFF = "off"


@dataclass(frozen=True, slots=True)
class Duty:
    """A deployment. `cron` is in UTC; None: nothing starts it by itself, neither clock nor event. One run at a time: a
    second waits, and is skipped where that makes it later than `late_after_s`. (Prefect could cancel it at once, but
    then also each run of the five minutes for which a slot outlives a killed process.)
    """

    name: str
    cron: str | None
    late_after_s: float
    tags: tuple[str, ...]
    description: str
    parameters: tuple[str, ...] = field(default=())

    @property
    def entrypoint(self) -> str:
        """Where its flow stands, as a module path."""
        return f"flows.scheduled.{self.name}.{self.name}_flow"


DUTIES = (
    Duty("ingest", "0 * * * *", HALF_HOUR, ("store",), "Dumps of the watched folder, hourly.", parameters=("inbox",)),
    Duty("score", "20 * * * *", HALF_HOUR, ("model",), "New posts by the champion, hourly."),
    Duty(
        "curate", "0 5 * * *", HALF_DAY, ("store", "captions", "review"), "Split, mine, caption, push; daily.",
        parameters=(
            "captioner", "budget_usd", "prompt_price", "completion_price", "opinion", "overlap", "review_batch",
        ),
    ),
    Duty(
        "pull", "*/15 * * * *", QUARTER, ("review",), "Answers and consensus, every quarter of an hour.",
        parameters=("pseudonyms",),
    ),
    Duty(
        "retrain", "0 2 * * 1", DAY, ("model",), "Drift, challenger and gate: weekly, and when a round is finished.",
        parameters=("towers", "at_least", "share", "days", "fewest", "test_read_budget"),
    ),
    Duty(
        "report", "30 6 * * *", HALF_DAY, ("report",), "The page, a link to it and a picture, daily.",
        parameters=("output", "pages_url"),
    ),
)  # fmt: skip


def on_crons(changed: dict[str, str]) -> tuple[Duty, ...]:
    """The duties with these crons in the place of their own; `off` for never. Raises MsaError on an unknown name."""
    names = [duty.name for duty in DUTIES]
    for name in changed:
        if name not in names:
            raise MsaError(f"No deployment {name!r}. Deployments: {', '.join(names)}")
    for name, cron in changed.items():
        _check(name, cron)
    crons = {name: None if cron == OFF else cron for name, cron in changed.items()}
    return tuple(replace(duty, cron=crons[duty.name]) if duty.name in crons else duty for duty in DUTIES)


def _check(name: str, cron: str) -> None:
    """Raises MsaError on what no clock understands."""
    from prefect.client.schemas.schedules import CronSchedule

    try:
        if cron != OFF:
            CronSchedule(cron=cron)
    except ValueError as error:
        raise MsaError(f"--cron {name}={cron!r} is no cron. Five fields, such as '*/5 * * * *', or off") from error


def runner_deployment(duty: Duty, *, name: str, given: dict[str, Any], store_id: str) -> Any:
    """What a runner serves: the duty of one store. `given` holds the store and what else flows are told."""
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.flows import EntrypointType

    from flows.automations import TAG, on_round_finished

    module, _, function = duty.entrypoint.rpartition(".")
    flow = getattr(import_module(module), function)
    parameters = {key: given[key] for key in ("store", *duty.parameters)} | {"late_after_s": duty.late_after_s}
    return flow.to_deployment(
        name,
        cron=duty.cron,
        parameters=parameters,
        tags=[TAG, *duty.tags],
        description=duty.description,
        concurrency_limit=ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
        triggers=[on_round_finished(store_id)] if duty.name == "retrain" and duty.cron else [],
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
