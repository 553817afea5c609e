"""Arrow schemas, derived from the `create table` statements of `warehouse/facts/`."""

from functools import cache

import duckdb
import pyarrow as pa

from warehouse import declarations

ORIGIN = pa.field("origin_run_id", pa.string())


@cache
def arrow_schema(table: str) -> pa.Schema:
    """The columns of a fact's files: the declared ones and `origin_run_id` (`run_id` is the partition's name)."""
    with duckdb.connect(":memory:") as connection:
        connection.execute("set timezone = 'UTC'")
        connection.execute(declarations.facts()[table].sql)
        declared: pa.Schema = connection.table(table).limit(0).to_arrow_table().schema
    return declared.append(ORIGIN)
