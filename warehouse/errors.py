"""What can go wrong in this room. Each message says what, which, and what to do.

StoreError
├── NoStore         the folder holds no store
├── QueryError      SQL that cannot be answered
├── LeaseHeld       another process works on the same outside resource
├── OtherVersion    an older or a newer code made the store
├── BackupError     a folder that cannot take or give a backup, or a damaged copy
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


class OtherVersion(StoreError):  # noqa: N818
    """An older or a newer code made the store."""


class BackupError(StoreError):
    """A folder that cannot take or give a backup, or a copy that is not what it was."""


class StoreUnwritable(StoreError):  # noqa: N818
    """The disk is full or read-only; nothing was committed."""
