"""What every scheduled flow has in common: late runs are skipped, one works at a time, and a failure is told."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import Any

from prefect import Flow, flow
from prefect.context import FlowRunContext
from prefect.states import Cancelled, State

from flows.logs import logged
from flows.scheduled.told import tell_failure
from flows.secret_blocks import load
from warehouse import LeaseHeld, Store, lease

SKIPPED = "Skipped"


def punctual(name: str, *, timeout_s: int) -> Callable[[Callable[..., Any]], Flow[..., Any]]:
    """The flow `name`: its function's first argument is the store, and `late_after_s` a keyword.

    A run that begins later than that after its time ends as Cancelled, named Skipped, since the next one comes. One run
    at a time works on a store: the lease of a killed one is over with its process, whatever Prefect still believes.
    """

    def made(work: Callable[..., Any]) -> Flow[..., Any]:
        @wraps(work)
        def run(store: str, *arguments: Any, **named: Any) -> Any:
            late = lateness(named.get("late_after_s"))
            if late is not None:
                return late
            places = Store.open(Path(store)).places
            with ExitStack() as holding:
                try:
                    holding.enter_context(lease(places, f"scheduled-{name}"))
                except LeaseHeld as error:
                    return _skipped(f"another run is at work: {error}")
                holding.enter_context(logged(f"scheduled {name}", named, store=places.root))
                load()
                return work(store, *arguments, **named)

        told = [tell_failure]
        return flow(name=name, timeout_seconds=timeout_s, on_failure=told, on_crashed=told)(run)

    return made


def lateness(late_after_s: float | None) -> State | None:
    """The state to end with, where the schedule meant a time that is gone; a run that a person or an event asked for is
    never late.
    """
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    if late_after_s is None or run is None or not run.auto_scheduled or run.expected_start_time is None:
        return None
    late_s = (datetime.now(UTC) - run.expected_start_time).total_seconds()
    if late_s <= late_after_s:
        return None
    return _skipped(f"{late_s:.0f} s late, more than {late_after_s:.0f}: the next run comes")


def _skipped(why: str) -> State:
    return Cancelled(name=SKIPPED, message=why)
