"""An id is taken once: a later row of the same id is refused, unless all rows before it were refused too."""

from collections.abc import Iterable, Iterator

from msa_core.dumps.opening import Known, Taken
from msa_core.dumps.row import RawPost, RefusedRow
from msa_core.records import Reject
from msa_core.refusals import Reason

Opened = tuple[RawPost | RefusedRow, Taken | Known | Reject]


def each_id_once(opened: Iterable[Opened], source: str) -> Iterator[Taken | Known | Reject]:
    """In the dump's order, which decides. A row that was refused for itself has not used its id."""
    taken: set[str] = set()
    for row, outcome in opened:
        if isinstance(row, RawPost) and row.source_id in taken:
            yield RefusedRow(row.path, row.line, Reason.DUPLICATED_ID, row.source_id).reject(source)
            continue
        if isinstance(row, RawPost) and not isinstance(outcome, Reject):
            taken.add(row.source_id)
        yield outcome
