"""Cells of a CSV, written so that no spreadsheet runs one as a formula."""

import re
from typing import Any

FORMULA = re.compile(r"[=+\-@\t\r]")  # what a cell begins with that a spreadsheet may run
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.IGNORECASE)


def defused(cell: Any) -> Any:
    """A text that a spreadsheet would run as a formula gets a ' before it; a number never does, text or not."""
    if isinstance(cell, str) and FORMULA.match(cell) and not NUMBER.fullmatch(cell):
        return "'" + cell
    return cell
