"""The store: facts in Parquet, views in SQL, one file a table."""

from warehouse.errors import LeaseHeld, NoStore, QueryError, StoreError, StoreUnwritable
from warehouse.leases import lease
from warehouse.moment import Moment
from warehouse.places import Places
from warehouse.run import Run, digest
from warehouse.store import Store

__all__ = [
    "LeaseHeld",
    "Moment",
    "NoStore",
    "Places",
    "QueryError",
    "Run",
    "Store",
    "StoreError",
    "StoreUnwritable",
    "digest",
    "lease",
]
