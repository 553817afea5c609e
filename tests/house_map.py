"""The map of ARCHITECTURE.md: one purpose a file, taken from the file itself, so that it cannot go stale.

`make map` writes the rows anew, and `tests/test_rooms.py` holds the map to them.
"""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

TOP = Path(__file__).parent.parent
MAP = TOP / "ARCHITECTURE.md"
HEAD, END = "| file | purpose |\n|---|---|\n", "\n\n"
ROOMS = ("msa_core", "warehouse", "labelstudio", "flows", "benchmarks")
NOT_MAPPED = ("warehouse/facts/", "labelstudio/server-constraints.txt")  # facts are documented column by column

WHAT = re.compile(r"^-- what: (.+(?:\n-- {2,}(?! |\w+(?:, \w+)*: ).+)*)", re.MULTILINE)  # up to a note on a column
END_OF_CLAUSE = re.compile(r"; |\. (?=[A-Z])|\.$")
COMMENT = re.compile(r"\A((?:#.*\n)+)")
PURPOSES = {  # files that have no place for words of their own
    "benchmarks/README.md": "every figure, with its data, split, number of posts, seed and command",
    "labelstudio/config.xml": "the labelling screen: images, text, reasons, choices and their keys",
    "labelstudio/guidelines.md": "what reviewers read before they begin",
    "msa_core/captions/prompts/meme.toml": "the prompt `meme`: what is shown, written and meant",
    "msa_core/captions/prompts/objective.toml": "the prompt `objective`: what can be seen, without judging",
    "msa_core/captions/prompts/ocr.toml": "the prompt `ocr`: what can be seen, and all text of the image",
    "msa_core/page/page.css": "the page's looks, light and dark",
    "msa_core/page/page.html": "the page's markup, autoescaped",
    "warehouse/templates/policy_labels.sql": "a policy in `policy_labels`",
}


def of_python(text: str) -> str:
    """The first paragraph of the docstring, whole."""
    paragraph = (ast.get_docstring(ast.parse(text)) or "").split("\n\n")[0]
    return " ".join(paragraph.split()).rstrip(".:")


def of_sql(text: str) -> str:
    """The first clause of the header's `what`, through all lines that it takes."""
    found = WHAT.search(text)
    words = " ".join(found[1].replace("\n--", " ").split()) if found else ""
    return END_OF_CLAUSE.split(words)[0]


def of_comment(text: str) -> str:
    """The first sentence of the comment that a TOML or YAML file begins with."""
    found = COMMENT.match(text)
    words = " ".join(line.lstrip("# ") for line in found[1].splitlines()) if found else ""
    return words.split(". ")[0].rstrip(".")


READERS: dict[str, Callable[[str], str]] = {".py": of_python, ".sql": of_sql, ".toml": of_comment, ".yaml": of_comment}


def mapped_files() -> Iterator[str]:
    """Every file of the rooms that has a purpose to tell, in the order of the map."""
    for room in ROOMS:
        for path in sorted((TOP / room).rglob("*")):
            name = path.relative_to(TOP).as_posix()
            if path.suffix not in (".pyc", "") and path.name != "__init__.py" and not name.startswith(NOT_MAPPED):
                yield name


def purpose(name: str) -> str:
    """What the file says of itself; of one that has no words, what stands in PURPOSES."""
    return PURPOSES.get(name) or READERS[Path(name).suffix]((TOP / name).read_text(encoding="utf-8"))


def rows() -> str:
    """The map's table below its head."""
    return "\n".join(f"| `{name}` | {purpose(name)} |" for name in mapped_files())


def main() -> None:
    """Write the map anew; all else of the file stays."""
    before, _, after = MAP.read_text(encoding="utf-8").partition(HEAD)
    MAP.write_text(f"{before}{HEAD}{rows()}\n\n{after.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
