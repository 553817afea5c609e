"""The process that runs the flows of `msa serve`: it ends what died, deploys, and waits for what is due."""

import asyncio
import json
import logging
import sys
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from flows.automations import watch_for_silent_runs
from flows.deployments import Duty, on_crons, runner_deployment

DIED = "The process that ran it died; what it committed stands, and the next run goes on from there."
STOPPED = "msa serve was stopped; what the run committed stands, and the next one goes on from there."
TOO_LATE = "Its time went by while nothing served this store."


@dataclass(frozen=True, slots=True)
class Serving:
    """What the process is told: the deployments' name, who the store is, what flows are given, changed crons."""

    name: str
    store_id: str
    given: dict[str, Any]
    crons: dict[str, str] = field(default_factory=dict)
    at_once: int = 2

    def words(self) -> str:
        """As one argument of a command."""
        return json.dumps(asdict(self))


def end_runs(duties: tuple[Duty, ...], name: str, state: Any) -> int:
    """How many runs of these deployments ended so. Only for who serves them alone, while no process of theirs lives:
    whatever Prefect still takes for running runs no more.
    """
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        runs = [run for duty in duties for run in _runs(client, duty, name, "RUNNING", "PENDING", "CANCELLING")]
        for run in runs:
            client.set_flow_run_state(run.id, state, force=True)
    return len(runs)


def skip_late(duties: tuple[Duty, ...], name: str) -> int:
    """How many runs were due while nothing served the store, and are too late now."""
    from prefect.client.orchestration import get_client
    from prefect.states import Cancelled

    now, n_skipped = datetime.now(UTC), 0
    with get_client(sync_client=True) as client:
        for duty in duties:
            for run in _runs(client, duty, name, "SCHEDULED"):
                due = run.expected_start_time
                if run.auto_scheduled and due and due < now - timedelta(seconds=duty.late_after_s):
                    client.set_flow_run_state(run.id, Cancelled(name="Skipped", message=TOO_LATE), force=True)
                    n_skipped += 1
    return n_skipped


def _runs(client: Any, duty: Duty, name: str, *states: str) -> list[Any]:
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterName,
        FlowFilter,
        FlowFilterName,
        FlowRunFilter,
    )

    return list(
        client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[duty.name])),
            deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=[name])),
            flow_run_filter=FlowRunFilter.model_validate({"state": {"type": {"any_": list(states)}}}),
        )
    )


def serve_all(asked: Serving) -> None:
    """Returns when the process is told to end; a run that it cuts off is cancelled."""
    from prefect.runner import Runner
    from prefect.states import Cancelled, Crashed

    duties = on_crons(asked.crons)
    n_died, n_skipped = end_runs(duties, asked.name, Crashed(message=DIED)), skip_late(duties, asked.name)
    if n_died or n_skipped:
        logging.getLogger("prefect.runner").warning("%d runs had died, %d were too late", n_died, n_skipped)
    watch_for_silent_runs()
    runner = Runner(name=asked.name, pause_on_shutdown=False, limit=asked.at_once, query_seconds=2)
    for duty in duties:
        deployment = runner_deployment(duty, name=asked.name, given=asked.given, store_id=asked.store_id)
        runner.add_deployment(deployment)
    print("deployed", flush=True)
    try:
        asyncio.run(runner.start())
    except KeyboardInterrupt:
        end_runs(duties, asked.name, Cancelled(message=STOPPED))


if __name__ == "__main__":
    serve_all(Serving(**json.loads(sys.argv[1])))
