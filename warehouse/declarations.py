"""The `.sql` files of this room, parsed: a header (what, grain, reads, audit …) and a statement."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from hashlib import sha256
from importlib.resources import files

HEADER = re.compile(r"^-- (what|grain|keeps|forgets|hides|reads|audit): (.+(?:\n-- {2,}.+)*)$", re.MULTILINE)
COLUMN = re.compile(r"^ {4}(\w+) ([\w\[\]]+),? *-- (observed: )?(.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Column:
    """`is_observed`: it tells of the world (times, cost), so two equal runs may differ in it."""

    name: str
    type: str
    comment: str
    is_observed: bool


@dataclass(frozen=True, slots=True)
class Declaration:
    """One table or view. `keeps`: which row of a grain counts (earliest, latest, all). `forgets`: which rows a
    compaction leaves out (earlier: those that no longer count); none, where it is empty.
    """

    name: str
    what: str
    grain: tuple[str, ...]
    keeps: str
    forgets: str
    hides: tuple[str, ...]
    reads: tuple[str, ...]
    audits: tuple[str, ...]
    columns: tuple[Column, ...]
    sql: str


def declare(name: str, text: str) -> Declaration:
    """Parse one file's text."""
    header: dict[str, list[str]] = {}
    for key, value in HEADER.findall(text):
        header.setdefault(key, []).append(" ".join(value.replace("\n--", " ").split()))

    def listed(key: str) -> tuple[str, ...]:
        return tuple(word.strip() for value in header.get(key, []) for word in value.split(",") if word.strip())

    return Declaration(
        name=name,
        what=" ".join(header.get("what", [])),
        grain=listed("grain"),
        keeps=header.get("keeps", ["all"])[0],
        forgets=header.get("forgets", [""])[0],
        hides=listed("hides"),
        reads=listed("reads"),
        audits=tuple(header.get("audit", [])),
        columns=tuple(Column(n, t, comment, bool(observed)) for n, t, observed, comment in COLUMN.findall(text)),
        sql=text,
    )


def _folder(name: str) -> dict[str, Declaration]:
    found = sorted(files("warehouse").joinpath(name).iterdir(), key=lambda path: path.name)
    names = [(path.name.removesuffix(".sql"), path) for path in found if path.name.endswith(".sql")]
    return {name: declare(name, path.read_text(encoding="utf-8")) for name, path in names}


@cache
def facts() -> dict[str, Declaration]:
    """The tables of `warehouse/facts/`, by name."""
    return _folder("facts")


@cache
def views() -> dict[str, Declaration]:
    """The views of `warehouse/views/`, each after those that it reads."""
    found = _folder("views")
    found["policy_labels"] = _all_policies(policies_among(found))
    order = TopologicalSorter({name: sorted({*found[name].reads} & {*found}) for name in sorted(found)})
    return {name: found[name] for name in order.static_order()}


@cache
def digest_of_views() -> str:
    """By which a catalog tells what code made it."""
    made = [(each.name, each.what, each.sql) for each in (*facts().values(), *views().values())]
    return sha256(repr(made).encode()).hexdigest()[:16]


@cache
def template(name: str) -> str:
    """The text of `warehouse/templates/<name>.sql`, to be filled with `str.format`."""
    return files("warehouse").joinpath("templates", f"{name}.sql").read_text(encoding="utf-8")


def _all_policies(policies: Iterable[str]) -> Declaration:
    """Another policy is one more file `labels_<policy>.sql`; this view holds them all."""
    one_each = "union all by name\n".join(template("policy_labels").format(policy=name) for name in policies)
    reads = ", ".join(f"labels_{name}" for name in policies)
    return declare("policy_labels", template("all_policies").format(reads=reads, one_each=one_each))


def label_policies() -> tuple[str, ...]:
    """The names of the policies: one view `labels_<policy>` each."""
    return policies_among(views())


def policies_among(names: Iterable[str]) -> tuple[str, ...]:
    """Policies are what stands behind `labels_`."""
    return tuple(sorted(name.removeprefix("labels_") for name in names if name.startswith("labels_")))
