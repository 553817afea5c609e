"""Events of a store, and what they set off: a finished round starts a retraining, a silent run is called crashed."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from warehouse import Store

ROUND_FINISHED = "msa.round.finished"
SILENT = "msa: runs that fell silent"
TAG = "msa"  # of every deployment of ours, and so of its runs
ENDED = ("Completed", "Failed", "Cancelled", "Crashed", "Skipped", "TimedOut")
WAITING = ("Paused", "Suspended", "AwaitingRetry", "AwaitingConcurrencySlot")
SILENT_AFTER_S = 600  # runs beat every three minutes, those of `msa serve` more often


def resource_of(store_id: str) -> str:
    """A store, as events name it."""
    return f"msa.store.{store_id}"


def identity_of(store: Store) -> str:
    """Who the store is, wherever its folder goes."""
    with store.moment() as moment:
        return str(moment.value("select store_id from store_identity") or "nameless")


def on_round_finished(store_id: str) -> Any:
    """The trigger of a deployment. Prefect keeps one automation a deployment, however often it is deployed."""
    from prefect.events import DeploymentEventTrigger

    return DeploymentEventTrigger(
        name=f"msa: round finished, retrain ({store_id[:6]})",
        expect={ROUND_FINISHED},
        match={"prefect.resource.id": resource_of(store_id)},
    )


def emit_round_finished(store: Store, *, project: str, name: str, n_posts: int) -> None:
    """Returns once the server has it. The same round has the same event id, so that it counts once there, too."""
    from prefect.events import Event, RelatedResource, Resource
    from prefect.events.clients import get_events_client

    store_id = identity_of(store)
    round_id = f"msa.round.{store_id}.{project}.{name}"
    event = Event(
        id=uuid5(NAMESPACE_URL, round_id),
        event=ROUND_FINISHED,
        resource=Resource(
            {"prefect.resource.id": resource_of(store_id), "prefect.resource.name": str(store.places.root)}
        ),
        related=[RelatedResource({"prefect.resource.id": round_id, "prefect.resource.role": "round"})],
        payload={"project": project, "round": name, "n_posts": n_posts},
    )

    async def send() -> None:
        async with get_events_client(checkpoint_every=1) as client:
            await client.emit(event)

    asyncio.run(send())


def watch_for_silent_runs() -> None:
    """One automation a server, made once and kept as it is here: a run of ours without a heartbeat for ten minutes is
    dead, and its slot is free.
    """
    from prefect.automations import Automation
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState

    died = "No heartbeat for ten minutes: its process died."
    wanted = Automation(
        name=SILENT,
        description="A flow run whose process was killed cannot say so itself.",
        trigger=_silence(),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, message=died)],
    )
    try:
        found = Automation.read(name=SILENT)
    except ValueError:
        wanted.create()
        return
    if _meaning(found.trigger) != _meaning(wanted.trigger):  # an older version watched every flow of the server
        found.trigger, found.actions = wanted.trigger, wanted.actions
        found.update()


def _meaning(trigger: Any) -> dict[str, Any]:
    """What a trigger waits for, without the id that a server gives it."""
    return dict(trigger.model_dump(include={"match", "match_related", "after", "expect", "for_each", "within"}))


def _silence() -> Any:
    """Of runs with our tag alone. One that was paused or suspended is silent with good reason until it beats again."""
    from prefect.events import EventTrigger
    from prefect.events.schemas.automations import Posture

    over = {f"prefect.flow-run.{state}" for state in (*ENDED, *WAITING)}
    return EventTrigger(
        after={"prefect.flow-run.heartbeat"},
        expect={"prefect.flow-run.heartbeat", *over},
        match={"prefect.resource.id": ["prefect.flow-run.*"]},
        match_related={"prefect.resource.role": "tag", "prefect.resource.id": f"prefect.tag.{TAG}"},
        for_each={"prefect.resource.id"},
        posture=Posture.Proactive,
        threshold=1,
        within=timedelta(seconds=SILENT_AFTER_S),
    )
