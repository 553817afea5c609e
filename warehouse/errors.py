"""What can go wrong in this room. Each message says what, which, and what to do.

StoreError
├── NoStore         the folder holds no store
├── QueryError      SQL that cannot be answered
├── LeaseHeld       another process works on the same outside resource
└── StoreUnwritable the disk is full or read-only: nothing was committed
"""


class StoreError(Exception):
    """The root of this room's errors."""


class NoStore(StoreError):  # noqa: N818
    """The folder holds no store."""


class QueryError(StoreError):
    """SQL that cannot be answered."""


class LeaseHeld(StoreError):  # noqa: N818
    """Another process works on the same outside resource."""


class StoreUnwritable(StoreError):  # noqa: N818
    """The disk is full or read-only; nothing was committed."""
