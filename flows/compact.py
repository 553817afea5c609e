"""`msa compact`: merge many small runs' files into one run's; views and lineage stay."""

from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say
from warehouse import Store
from warehouse.compaction import Compacted
from warehouse.compaction import compact as merge


def compact(store: Store, *, below_mb: float = 64.0) -> Compacted:
    """Merge the runs that are smaller than `below_mb`."""
    return merge(store, below_mb=below_mb)


def command(
    store: StoreOption = DEFAULT_STORE,
    below_mb: Annotated[
        float, typer.Option(min=0, help="Runs with larger files stay, but those that hold a forgotten name.")
    ] = 64.0,
) -> None:
    """Print what was merged."""
    done = compact(open_store(store), below_mb=below_mb)
    if done.run_id is None:
        say("nothing to do: fewer than two small runs, and nothing to forget")
        return
    say(f"{done.run_id}: {done.n_runs} runs merged, {done.n_rows} rows; msa gc removes the old files after a day")
