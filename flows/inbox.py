"""A watched folder of dumps: each sub-folder, archive or table with a small description beside it."""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from flows.dump_reading import Described, Reading
from flows.ingest import MODALITIES
from msa_core.dumps import Columns
from msa_core.dumps.table import SUFFIXES
from msa_core.errors import DumpError

INSIDE = "source.toml"
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
KEYS = {"format": str, "source": str, "task": str, "path": str, "columns": dict} | {
    "labels": list, "allow_missing": list, "keep_raw": bool, "keep_names": bool, "word_filter": bool
}  # fmt: skip


def waiting(inbox: Path) -> list[Path]:
    """The descriptions of the folder, by name: NAME.toml beside a dump, or source.toml inside it.

    A dump counts once its description stands, so that one that is still being copied is left alone: write it last.
    Names that begin with a dot are left alone. Raises DumpError where there is no such folder.
    """
    if not inbox.is_dir():
        raise DumpError(f"No folder {inbox}. Make it, or name another: --inbox")
    return sorted(path for path in _descriptions(inbox) if not path.name.startswith("."))


def described(description: Path) -> Described:
    """Raises DumpError with what is wrong and how it should read."""
    found = _read(description)
    for name in ("format", "source"):
        if name not in found:
            raise DumpError(f'{description} does not name a {name}. It needs at least: format = "…", source = "…"')
    reading = Reading(
        labels=tuple(found.get("labels", ())),
        columns=_columns(description, found.get("columns", {})) if found["format"] == "table" else None,
        allow_missing=tuple(found.get("allow_missing", ())),
        keep_raw=found.get("keep_raw", False),
        keep_names=found.get("keep_names", False),
        word_filter=found.get("word_filter", True),
    )
    return Described(_dump(description, found), found["format"], found["source"], found.get("task"), reading)


def _descriptions(inbox: Path) -> Iterator[Path]:
    yield from inbox.glob("*.toml")
    yield from (each for each in inbox.glob(f"*/{INSIDE}") if not each.parent.name.startswith("."))


def _read(description: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(description.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise DumpError(f"{description} is no TOML: {error}") from error
    for name, value in found.items():
        if name not in KEYS:
            raise DumpError(f"{description}: unknown {name!r}. Known: {', '.join(KEYS)}")
        if not isinstance(value, KEYS[name]):
            raise DumpError(f"{description}: {name} must be a {KEYS[name].__name__}, not {value!r}")
        if isinstance(value, list):
            _refuse_others(description, name, value)
    if unknown := sorted({*found.get("allow_missing", ())} - {*MODALITIES}):
        raise DumpError(f"{description}: allow_missing takes {' and '.join(MODALITIES)}, not {unknown[0]!r}")
    return found


def _refuse_others(description: Path, name: str, values: list[Any]) -> None:
    if others := [value for value in values if not isinstance(value, str)]:
        raise DumpError(f'{description}: {name} must hold texts, "{others[0]}" and not {others[0]!r}')


def _dump(description: Path, found: Mapping[str, Any]) -> Path:
    """The `path` that is named, relative to the description; else what bears its name: a folder, an archive or a table,
    in this order; of the format `table` a table first, since a folder of its name holds its images. Raises DumpError
    where nothing does, or where several archives or tables do.
    """
    if "path" in found:
        return (description.parent / found["path"]).absolute()
    if description.name == INSIDE:
        return description.parent.absolute()
    stem = description.with_suffix("")
    kinds: tuple[tuple[str, ...], ...] = (("",), ARCHIVES, SUFFIXES)
    kinds = (SUFFIXES, *kinds[:2]) if found["format"] == "table" else kinds
    named = ([stem.with_name(stem.name + ending) for ending in endings] for endings in kinds)
    beside = next(filter(None, ([path for path in paths if path.exists()] for paths in named)), [])
    if not beside:
        raise DumpError(
            f"{description} describes nothing: no {stem.name} beside it, nor an archive or table of that name; or say "
            'path = "…"'
        )
    if len(beside) > 1:
        raise DumpError(f'{description} may mean {" or ".join(path.name for path in beside)}: say path = "…"')
    return beside[0].absolute()


def _columns(description: Path, found: Mapping[str, Any]) -> Columns:
    names = [field.name for field in fields(Columns)]
    unknown = sorted(found.keys() - set(names))
    if unknown:
        raise DumpError(f"{description}: unknown column {unknown[0]!r}. Known: {', '.join(names)}")
    listed = {name: value if isinstance(value, list) else [value] for name, value in found.items()}
    for name, value in listed.items():
        _refuse_others(description, name, value)
    images: dict[str, Any] = {"images": tuple(filter(None, listed.pop("images")))} if "images" in listed else {}
    if several := [name for name, value in listed.items() if len(value) != 1]:
        raise DumpError(f"{description}: {several[0]} must be one column, not {listed[several[0]]!r}")
    told: dict[str, Any] = {name: value[0] or None for name, value in listed.items()}
    return Columns(**told, **images)
