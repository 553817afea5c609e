"""`msa audit`: ask every promise of the store."""

from typing import Annotated

import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from warehouse import Store
from warehouse.audit import Finding
from warehouse.audit import audit as ask_all


def audit(store: Store) -> list[Finding]:
    """One finding a promise."""
    with store.moment() as moment:
        return list(ask_all(moment))


def command(
    store: StoreOption = DEFAULT_STORE,
    every: Annotated[bool, typer.Option("--all", help="Show the promises that hold, too.")] = False,
) -> None:
    """Exit 1 where a promise is broken."""
    findings = audit(open_store(store))
    broken = [finding for finding in findings if finding.n_broken]
    shown = findings if every else broken
    if shown:
        rows = [(finding.relation, finding.promise, finding.n_broken) for finding in shown]
        show("audit", ["table or view", "promise", "rows that break it"], rows)
    if broken:
        say(f"{len(broken)} of {len(findings)} promises are broken")
        raise typer.Exit(1)
    say(f"audit clean: {len(findings)} promises hold")
