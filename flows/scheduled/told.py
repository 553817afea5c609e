"""What a scheduled flow leaves in Prefect: a table of its steps, and a page on what went wrong."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.logging import get_logger, get_run_logger
from prefect.states import Completed, Failed, State

from flows.logs import without_secrets
from msa_core.errors import MsaError
from warehouse import StoreError

NOTHING = "nothing to do"
LONGEST = 300  # characters of a state's message


@dataclass(frozen=True, slots=True)
class Step:
    """`of`: what the verb worked on. `run_ids` is empty where there was nothing to do."""

    verb: str
    of: str
    run_ids: tuple[str, ...]
    words: str


def step(verb: str, of: str, run_id: str | None, words: str = NOTHING) -> Step:
    """Of a verb that commits one run, or none."""
    return Step(verb, of, (run_id,) if run_id else (), words if run_id else NOTHING)


def each(work: Callable[..., Any], over: Iterable[tuple[Any, ...]]) -> list[State]:
    """A task for each; one that fails does not stop the others."""
    return [work(*arguments, return_state=True) for arguments in over]


def conclude(flow: str, states: Sequence[State]) -> State:
    """The table of the steps as an artifact, and the state that the flow ends in: Failed where a step did, with what it
    said. All had their turn; the next run tries again what failed.
    """
    found = [state.result(raise_on_failure=False) for state in states]
    steps = [one for one in found if isinstance(one, Step)]
    failed = [without_secrets(_words(one)) for one in found if isinstance(one, BaseException)]
    rows = [{"verb": s.verb, "of": s.of, "what": s.words, "run": " ".join(s.run_ids)} for s in steps]
    rows += [{"verb": flow, "of": "", "what": f"failed: {words}", "run": ""} for words in failed]
    create_table_artifact(rows, key=f"msa-{flow}-steps", description=f"What {flow} did at {_now()}")
    for row in rows:
        get_run_logger().info("%s  %s  %s  %s", row["verb"], row["of"], row["what"], row["run"])
    if failed:
        return Failed(message=f"{len(failed)} of {len(found)} steps failed: {'; '.join(failed)}")
    return Completed(message="; ".join(f"{one.verb} {one.of}: {one.words}" for one in steps)[:LONGEST] or NOTHING)


def tell_failure(flow: Any, flow_run: Any, state: State) -> None:
    """For the reader of the UI: which flow, which run, what was said, and what to do."""
    said = without_secrets(state.message or state.name)
    text = (
        f"# {flow.name} {state.name.lower()}\n\n"
        f"Run `{flow_run.name}` ({flow_run.id}), {_now()}\n\n```\n{said}\n```\n\n"
        "What was committed stands. The next run goes on from there; to have it now: *Quick run* of the deployment, "
        "or the verb by hand with the same store. If the message names a remedy, do that first.\n"
    )
    get_logger("msa").error("%s %s (run %s): %s", flow.name, state.name.lower(), flow_run.name, said)
    create_markdown_artifact(text, key=f"msa-{flow.name}-failure", description=f"{flow.name} {state.name.lower()}")


def _words(error: BaseException) -> str:
    return str(error) if isinstance(error, MsaError | StoreError | OSError) else f"{type(error).__name__}: {error}"


def _now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
