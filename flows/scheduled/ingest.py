"""`ingest` by schedule: every dump of a watched folder; one that is broken does not stop the others."""

from pathlib import Path

from prefect import task
from prefect.states import State

from flows.dump_reading import take_in
from flows.inbox import described, waiting
from flows.patience import PATIENT
from flows.scheduled.punctual import punctual
from flows.scheduled.told import Step, conclude, each, step
from warehouse import Store


@task(name="ingest", **PATIENT)
def ingested(store: str, description: str) -> Step:
    """One dump. Unchanged: nothing to do. A user's mistake is not tried again."""
    dump = described(Path(description))
    done = take_in(Store.open(Path(store)), dump)
    return step("ingest", dump.source, done.run_id, f"{done.n_posts:,} posts, {done.n_rejects:,} refused")


@punctual("ingest", timeout_s=4 * 3600)
def ingest_flow(store: str, *, inbox: str, late_after_s: float | None = None) -> State:
    """Take in every dump of a watched folder that the store does not hold yet.

    Args:
        store: Folder of the store.
        inbox: Folder that is watched. A dump lies there as a folder, archive or table, with NAME.toml beside it or
            source.toml inside it: at least format and source.
        late_after_s: A scheduled run that begins later than this many seconds is skipped.
    """
    return conclude("ingest", each(ingested, ((store, str(path)) for path in waiting(Path(inbox)))))
