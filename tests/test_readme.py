"""The documents are true: what they tell people to type is understood, and what they point at is there."""

import re
import shlex
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
import typer

from flows.cli import app
from warehouse import declarations

TOP = Path(__file__).parent.parent
DOCUMENTS = [TOP / name for name in ("README.md", "ARCHITECTURE.md", "benchmarks/README.md")]
BLOCK = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
VIEWS_TABLE = re.compile(r"^\| about \| views.*?\n\n", re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """The words of each `msa` command of the documents' blocks, `&&` being between two."""
    blocks = [block for path in DOCUMENTS for block in BLOCK.findall(path.read_text(encoding="utf-8"))]
    lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    split = [shlex.split(line, comments=True) for line in lines]
    typed = [[*words] for line in split for is_between, words in groupby(line, "&&".__eq__) if not is_between]
    return [words[1:] for words in typed if words[0] == "msa"]


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_a_command_is_one_that_the_command_line_understands(words: list[str]):
    """Parsed, and not run: its verb, its options and the kinds of their values are known."""
    command: Any = typer.main.get_command(app)
    while hasattr(command, "list_commands"):
        command, words = command.get_command(None, words[0]), words[1:]
    with command.make_context("msa", list(words)):
        pass


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.parent.name + "/" + path.name)
def test_a_link_leads_to_a_file(path: Path):
    links = LINK.findall(path.read_text(encoding="utf-8"))
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_the_views_that_the_readme_names_are_there():
    found = VIEWS_TABLE.search(DOCUMENTS[0].read_text(encoding="utf-8"))
    assert found
    assert {*re.findall(r"`(\w+)`", found[0])} <= {*declarations.views(), *declarations.facts()}
