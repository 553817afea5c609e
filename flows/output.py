"""What a verb prints: a rich table for a person, plain tab-separated lines for a pipe."""

import sys
from collections.abc import Iterable, Sequence
from typing import Any


def say(text: str) -> None:
    """One line for whoever runs the command."""
    sys.stdout.write(text + "\n")


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table. In a pipe nothing is wrapped, cut or rounded."""
    if sys.stdout.isatty():
        _draw(title, columns, rows)
        return
    say("\t".join(columns))
    for row in rows:
        say("\t".join(_cell(value) for value in row))


def _draw(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=title, title_justify="left", *[escape(column) for column in columns])  # noqa: B026
    for row in rows:
        table.add_row(*[escape(_cell(_rounded(value))) for value in row])
    Console().print(table)


def _rounded(value: Any) -> Any:
    return f"{value:.4g}" if isinstance(value, float) else value


def _cell(value: Any) -> str:
    return "" if value is None else str(value).replace("\t", " ").replace("\r", " ").replace("\n", " ")
