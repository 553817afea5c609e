"""The rooms as a test: imports go one way, each guest has one host, files and bodies stay small, the map is true."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.cli import GROUPS, VERBS
from tests.house_map import HEAD, MAP, mapped_files, purpose

TOP = Path(__file__).parent.parent
OURS = ("flows", "msa_core", "warehouse", "labelstudio")
MAY_IMPORT = {
    "msa_core": set(),
    "warehouse": set(),
    "labelstudio": {"msa_core"},
    "flows": {"msa_core", "warehouse", "labelstudio"},
}
HOST = {
    "prefect": {"flows"},
    "prometheus_client": {"flows"},
    "typer": {"flows"},
    "rich": {"flows"},
    "pythonjsonlogger": {"flows"},
    "duckdb": {"warehouse"},
    "pyarrow.parquet": {"warehouse"},
    "torch": {"msa_core"},
    "transformers": {"msa_core"},
    "tokenizers": {"msa_core"},
    "safetensors": {"msa_core"},
    "peft": {"msa_core"},
    "accelerate": {"msa_core"},
    "sklearn": {"msa_core"},
    "scipy": {"msa_core"},
    "crowdkit": {"msa_core"},
    "pandas": {"msa_core"},
    "httpx": {"labelstudio"},
    "starlette": {"labelstudio"},
    "uvicorn": {"flows"},
    "PIL": {"msa_core"},
    "matplotlib": {"msa_core"},
    "jinja2": {"msa_core"},
    "openai": {"msa_core"},
    "aiohttp": {"msa_core"},
    "aiolimiter": {"msa_core"},
    "tenacity": {"msa_core"},
    "py3langid": {"msa_core"},
    "pydantic": {"msa_core"},
    "label_studio_sdk": {"labelstudio"},
}
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "handler", "handlers"}
LONGEST_FILE, LONGEST_BODY, MOST_ARGUMENTS = 250, 25, 6


def sources(*rooms: str) -> list[Path]:
    return sorted(path for room in rooms for path in (TOP / room).rglob("*.py"))


EVERY = sources(*OURS, "tests", "benchmarks")


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def named(path: Path) -> str:
    return str(path.relative_to(TOP))


@pytest.mark.parametrize("path", sources(*OURS), ids=named)
def test_imports_go_one_way(path: Path):
    room = named(path).split("/")[0]
    found = {name.split(".")[0] for name in imports(path)} & set(OURS)
    assert found - {room} <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", sources(*OURS), ids=named)
def test_each_guest_stays_with_its_host(path: Path):
    room = named(path).split("/")[0]
    for guest, hosts in HOST.items():
        if any(name == guest or name.startswith(f"{guest}.") for name in imports(path)):
            assert room in hosts, f"{guest} is no guest of {room}"


@pytest.mark.parametrize("path", EVERY, ids=named)
def test_a_file_has_one_purpose_and_is_small(path: Path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_FILE
    assert path.stem not in FORBIDDEN
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.read_text(encoding="utf-8").strip():
        assert ast.get_docstring(tree), "a file says what it is for"


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    rest = function.body[1:] if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else function.body
    return (rest[-1].end_lineno or 0) - rest[0].lineno + 1 if rest else 0


@pytest.mark.parametrize("path", EVERY, ids=named)
def test_a_body_is_small(path: Path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert body_lines(node) <= LONGEST_BODY, f"{node.name} has {body_lines(node)} lines"


def positional(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    names = [each.arg for each in (*function.args.posonlyargs, *function.args.args)]
    return [name for name in names if name not in ("self", "cls")]


@pytest.mark.parametrize("path", EVERY, ids=named)
def test_few_arguments_are_told_apart_by_their_place(path: Path):
    """A command's options are its arguments, and typer gives them by name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "command":
            assert len(positional(node)) <= MOST_ARGUMENTS, f"{node.name} takes {', '.join(positional(node))}"


@pytest.mark.parametrize("path", sources(*OURS), ids=named)
def test_what_is_public_says_what_its_name_cannot(path: Path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"


def test_the_map_says_of_every_file_once_what_the_file_says_of_itself():
    """To write it anew: make map"""
    mapped = re.findall(
        r"^\| `([\w./-]+)` \| (.+) \|$", MAP.read_text(encoding="utf-8").partition(HEAD)[2], re.MULTILINE
    )
    assert mapped == [(name, purpose(name)) for name in mapped_files()]


def test_every_file_has_a_purpose_that_fits_a_row():
    assert [name for name in mapped_files() if not purpose(name) or "|" in purpose(name)] == []


def test_every_verb_has_its_file():
    verbs = [verb for verb in VERBS if verb not in GROUPS]
    grouped = [f"{group}_{verb}" for group, table in GROUPS.items() for verb in table]
    for verb in [*verbs, *grouped]:
        assert (TOP / "flows" / f"{verb.replace('-', '_')}.py").exists(), verb


@pytest.mark.parametrize("arguments", [["--help"], ["sql", "--help"], ["audit", "--help"], ["ingest", "--help"]])
def test_light_verbs_import_no_framework(arguments: list[str]):
    program = (
        "import sys; from flows.cli import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'transformers', 'prefect', 'sklearn', 'matplotlib'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"


def test_sql_and_audit_answer_without_a_framework(tmp_path: Path):
    program = (
        "import sys; from flows.cli import main\n"
        f"for words in (['init'], ['sql', 'from labels'], ['audit']):\n"
        f"    try: main([*words, '--store', {str(tmp_path / 'store')!r}])\n"
        "    except SystemExit as stop: assert not stop.code, stop.code\n"
        "print(sorted({'torch', 'transformers', 'prefect', 'sklearn', 'matplotlib', 'PIL'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert out.splitlines()[-1] == "[]"
