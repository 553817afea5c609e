"""The report's section on progress, read from its views."""

from collections.abc import Sequence

from msa_core.page.contents import Section
from warehouse import Moment


def round_sections(moment: Moment, task: str | None) -> Sequence[Section]:
    """One section from the second round on, else none."""
    from msa_core.page.rounds_section import progressed

    rounds = moment.table("from loop_rounds where task = $task order by n", task=task)
    return progressed(rounds, moment.table("from queue_health where task = $task", task=task))
