"""A run's rows of one table, streamed into Parquet parts. Equal rows in equal order give equal bytes."""

from collections.abc import Iterable
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse import declarations
from warehouse.schema import arrow_schema

ROWS_A_GROUP = 25_000  # one post is found by reading one group a file; larger ones scan no faster
ROWS_A_GROUP_OF_BYTES = 64  # images: few rows a group, so that one image is found without reading many
GROUPS_A_PART = 50

Rows: TypeAlias = pa.Table | pa.RecordBatch | Iterable[Any]


class Parts:
    """Rows go out in groups of a fixed number, whatever the calls' sizes were."""

    def __init__(self, table: str, folder: Path, origin_run_id: str) -> None:
        self.schema = arrow_schema(table)
        self.folder = folder
        self.origin_run_id = origin_run_id
        self.n_rows = 0
        self._n_groups = 0
        self._waiting: list[pa.Table] = []
        self._n_waiting = 0
        hidden = declarations.facts()[table].hides
        self._group = ROWS_A_GROUP_OF_BYTES if hidden else ROWS_A_GROUP
        leaves = [name for name in self._leaves() if name not in hidden]
        self._packing: dict[str, Any] = (
            {"compression": "none", "use_dictionary": False, "write_statistics": leaves}  # the bytes are all there is
            if hidden
            else {"compression": "zstd", "use_dictionary": leaves}
        )
        self._writer: pq.ParquetWriter | None = None
        self._file: pa.OSFile | None = None

    def append(self, rows: Rows) -> None:
        """Take rows in their order."""
        table = self._as_table(rows)
        self.n_rows += table.num_rows
        self._waiting.append(table)
        self._n_waiting += table.num_rows
        if self._n_waiting >= self._group:
            self._flush(only_full=True)

    def close(self) -> list[Path]:
        """The finished files, in order."""
        self._flush(only_full=False)
        self._end_part()
        return sorted(self.folder.glob("part-*.parquet"))

    def abandon(self) -> None:
        """Let go of the open file, so that its space is free again."""
        self._writer, file, self._file = None, self._file, None
        if file is not None:
            with suppress(OSError):
                file.close()

    def _end_part(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self.abandon()

    def _flush(self, *, only_full: bool) -> None:
        if not self._n_waiting:
            return
        table = pa.concat_tables(self._waiting)
        whole = table.num_rows // self._group * self._group if only_full else table.num_rows
        for start in range(0, whole, self._group):
            self._write_group(table.slice(start, min(self._group, whole - start)))
        self._waiting = [table.slice(whole)]
        self._n_waiting = table.num_rows - whole

    def _write_group(self, group: pa.Table) -> None:
        if self._n_groups % GROUPS_A_PART == 0:
            self._end_part()
        if self._writer is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            path = self.folder / f"part-{self._n_groups // GROUPS_A_PART:05d}.parquet"
            self._file = pa.OSFile(str(path), "wb")
            self._writer = pq.ParquetWriter(self._file, self.schema, **self._packing)
        self._writer.write_table(group.combine_chunks(), row_group_size=self._group)
        self._n_groups += 1

    def _as_table(self, rows: Rows) -> pa.Table:
        if isinstance(rows, pa.RecordBatch):
            rows = pa.Table.from_batches([rows])
        if not isinstance(rows, pa.Table):
            return self._of_records(list(rows))
        if "origin_run_id" not in rows.column_names:
            rows = rows.append_column("origin_run_id", pa.repeat(self.origin_run_id, rows.num_rows))
        return rows.select(self.schema.names).cast(self.schema)

    def _of_records(self, records: list[Any]) -> pa.Table:
        if not records:
            return self.schema.empty_table()
        declared = [field for field in self.schema if field.name != "origin_run_id"]
        cells = map(attrgetter(*(field.name for field in declared)), records)
        by_field = zip(zip(*cells, strict=True), declared, strict=True)
        columns = [pa.array(values, field.type) for values, field in by_field]
        return pa.Table.from_arrays([*columns, pa.repeat(self.origin_run_id, len(records))], schema=self.schema)

    def _leaves(self) -> list[str]:
        """Names of the Parquet columns; a list's values lie in a leaf of their own."""
        return [_leaf(field.name, field.type) for field in self.schema]


def _leaf(name: str, kind: Any) -> str:
    return _leaf(f"{name}.list.element", kind.value_type) if pa.types.is_list(kind) else name
