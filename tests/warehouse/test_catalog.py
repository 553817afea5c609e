"""`msa.duckdb` holds the views of the code that asks it."""

import duckdb
import pytest

from warehouse import Store
from warehouse.query import ask


@pytest.mark.parametrize("made", ["'' as views", "'0123456789abcdef' as views", None])
def test_a_catalog_of_other_code_is_made_anew_by_the_first_question(store: Store, made: str | None):
    with duckdb.connect(str(store.places.catalog)) as other:
        other.execute("create or replace view main.labels as select 'old' as label")
        kept = f", {made}" if made else ""  # the earliest code kept the folder alone
        other.execute(f"create or replace view main.store as select '{store.places.root}' as root{kept}")
    _, batches = ask(store, "select post_id from labels")
    assert [batch.num_rows for batch in batches] == []
    with duckdb.connect(str(store.places.catalog), read_only=True) as reader:
        assert reader.sql("select post_id from labels").fetchall() == []
