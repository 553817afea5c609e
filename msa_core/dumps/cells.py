"""Cells of people's own tables as values: words, texts, paths, splits and times; None where a cell is empty."""

import math
from datetime import UTC, date, datetime, time

BETWEEN_IMAGES = ";"
SPLITS = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "dev": "val",
    "test": "test",
}


class WrongKind(Exception):  # noqa: N818
    """A cell that is no value of its column; the row is refused."""


def word(value: object, column: str) -> str | None:
    """An id or a label; 1.0 is spelled 1, as a column with gaps would have it."""
    if _is_gap(value):
        return None
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value).strip() or None
    raise WrongKind(f"{column} is {type(value).__name__}")


def text(value: object, column: str) -> str | None:
    """As it stands."""
    if value is None or isinstance(value, str):
        return value or None
    raise WrongKind(f"{column} is {type(value).__name__}")


def image_paths(value: object, column: str) -> list[str]:
    """One path, several with `;` between them, or a list."""
    paths: list[str] = []
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, str):
            paths += part.split(BETWEEN_IMAGES) if part is value else [part]
        elif part is not None:
            raise WrongKind(f"{column} holds {type(part).__name__}")
    return [path.strip() for path in paths if path.strip()]


def split(value: object, column: str) -> str | None:
    """Train, val or test, by any of their usual names."""
    said = word(value, column)
    if said is None:
        return None
    if said.lower() not in SPLITS:
        raise WrongKind(f"{column} is {said!r}, not one of {', '.join(SPLITS)}")
    return SPLITS[said.lower()]


def moment(value: object, column: str) -> datetime | None:
    """ISO 8601, or seconds since 1970; UTC where no zone is named."""
    if _is_gap(value) or (isinstance(value, str) and not value.strip()):
        return None
    try:
        found = _moment(value)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError, TypeError) as error:
        raise WrongKind(f"{column} is {value!r}, neither ISO 8601 nor seconds since 1970") from error


def _moment(value: object) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=UTC)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC)
    if not isinstance(value, str):
        raise TypeError(value)
    try:
        return datetime.fromisoformat(value.strip())
    except ValueError:
        return datetime.fromtimestamp(float(value), UTC)


def _is_gap(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
