"""How a dump is read, where the asker is a flow: what `msa ingest` takes, as one value that Prefect can hand on."""

from dataclasses import dataclass
from pathlib import Path

from flows.ingest import ingest
from flows.intake import Ingested
from msa_core.dumps import Columns
from warehouse import Store


@dataclass(frozen=True, slots=True)
class Reading:
    """How a dump is read: what `msa ingest` takes beside its format, path, source and task."""

    labels: tuple[str, ...] = ()
    columns: Columns | None = None
    allow_missing: tuple[str, ...] = ()
    keep_raw: bool = False
    keep_names: bool = False
    word_filter: bool = True


@dataclass(frozen=True, slots=True)
class Described:
    """What `msa ingest` needs to know of a dump."""

    path: Path
    format: str
    source: str
    task: str | None = None
    reading: Reading = Reading()


def take_in(store: Store, dump: Described) -> Ingested:
    """`msa ingest` of the dump; raises what it raises."""
    reading = dump.reading
    return ingest(
        store,
        format=dump.format,
        path=dump.path,
        source=dump.source,
        task=dump.task,
        labels=reading.labels,
        columns=reading.columns,
        allow_missing=reading.allow_missing,
        keep_raw=reading.keep_raw,
        keep_names=reading.keep_names,
        word_filter=reading.word_filter,
    )
