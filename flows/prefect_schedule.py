"""What a Prefect server knows of our deployments: when each runs, how its last run ended, when the next one comes."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flows.automations import TAG

OVER = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED", "RUNNING", "PENDING", "CANCELLING")


@dataclass(frozen=True, slots=True)
class Deployed:
    """`last_state` is a state's name: Completed, Skipped …; `message` says why where it did not complete."""

    name: str
    schedule: str
    is_paused: bool
    last_at: datetime | None
    last_state: str | None
    message: str | None
    next_at: datetime | None


def deployed(api: str) -> list[Deployed]:
    """Those with the tag msa, by name; `api` as in PREFECT_API_URL."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import DeploymentFilter, FlowRunFilter
    from prefect.settings import PREFECT_API_URL, temporary_settings

    with temporary_settings({PREFECT_API_URL: api}), get_client(sync_client=True) as client:
        tagged = DeploymentFilter.model_validate({"tags": {"all_": [TAG]}})
        deployments = client.read_deployments(deployment_filter=tagged)
        flows = {flow.id: flow.name for flow in client.read_flows()}
        found = []
        for each in deployments:
            of = DeploymentFilter.model_validate({"id": {"any_": [each.id]}})

            def first(sort: str, *states: str, of: Any = of) -> Any:
                wanted = FlowRunFilter.model_validate({"state": {"type": {"any_": list(states)}}})
                runs = client.read_flow_runs(deployment_filter=of, flow_run_filter=wanted, sort=sort, limit=1)
                return runs[0] if runs else None

            last, coming = first("EXPECTED_START_TIME_DESC", *OVER), first("EXPECTED_START_TIME_ASC", "SCHEDULED")
            found.append(_told(f"{flows.get(each.flow_id, '?')}/{each.name}", each, last, coming))
    return sorted(found, key=lambda one: one.name)


def _told(name: str, deployment: Any, last: Any, coming: Any) -> Deployed:
    state = last.state if last else None
    is_well = state is None or state.type.value in {"COMPLETED", "RUNNING", "PENDING"}
    return Deployed(
        name,
        ", ".join(_words(each.schedule) for each in deployment.schedules if each.active) or "on demand",
        bool(deployment.paused),
        (last.start_time or last.expected_start_time) if last else None,
        state.name if state else None,
        None if is_well or state is None else state.message,
        coming.expected_start_time if coming else None,
    )


def _words(schedule: Any) -> str:
    if hasattr(schedule, "cron"):
        return str(schedule.cron)
    return f"every {schedule.interval}" if hasattr(schedule, "interval") else str(getattr(schedule, "rrule", schedule))
