"""What a store answers, for tests."""

from warehouse import Store


def rows(store: Store, sql: str, **values: object) -> list[dict]:
    with store.moment() as moment:
        return moment.table(sql, **values).to_pylist()


def champion(store: Store) -> str:
    """The one model in place."""
    (row,) = rows(store, "from champions")
    return str(row["model_id"])
