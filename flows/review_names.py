"""What reviewers are called, and whether it is they: every server counts its users from 1."""

import hashlib
from collections.abc import Mapping
from dataclasses import replace

from flows.review_reading import Known, Reading
from flows.reviewing import Desk, Subject
from labelstudio.errors import ReviewError
from labelstudio.project import reviewers
from labelstudio.whose import check_name
from msa_core.records import AnnotatorName
from warehouse import Moment

NAMED = "select annotator, name from annotator_names"
UNNAMED = "label-studio"  # the server of a project for which no name was said


def told_apart(about: Subject, before: Known, server: str | None) -> Subject:
    """The project with the name by which its people are kept; said once, it stays. Raises ReviewError where it is no
    name, or where answers were taken under another one: they would be withdrawn, and come again as other people's.
    """
    if server in (None, about.server):
        return about
    check_name(server)
    people = {row.annotator for row in (*before.heads, *before.lost)} | {row.annotator for row in before.unreadable}
    other = {each.rpartition(":")[0] for each in people if each} - {server, "simulated"}
    if other:
        raise ReviewError(
            f"The answers of {about.title!r} are kept as those of {', '.join(sorted(other))}:… already, not as "
            f"{server}:…. Say no --server here."
        )
    return replace(about, server=server)


def names_of(moment: Moment, found: Reading, desk: Desk | None, *, pseudonyms: bool) -> list[AnnotatorName]:
    """What reviewers are called who answer for the first time; with `pseudonyms`, also those whose name was kept.
    `desk`: where a server says who they are; None for files. Raises ReviewError where it says somebody else.
    """
    known = {row["annotator"]: row["name"] for row in moment.table(NAMED).to_pylist()}
    answered = {row.annotator for row in found.of.annotations}
    called = _called(desk, answered) if desk and not pseudonyms else {}
    if desk:
        _refuse_strangers(desk, {each: known[each] for each in answered & known.keys()}, called)
    forgotten = {each for each, name in known.items() if pseudonyms and desk and name != _pseudonym(each)}
    new = sorted((answered - known.keys()) | forgotten)
    return [AnnotatorName(each, called.get(each) or _pseudonym(each)) for each in new]


def _called(desk: Desk, answered: set[str]) -> dict[str, str]:
    """E-mails, asked for where one of the server's people said something."""
    prefix = f"{desk.about.server or UNNAMED}:"
    if not any(each.startswith(prefix) for each in answered):
        return {}
    return {f"{prefix}{user_id}": name for user_id, name in reviewers(desk.connection).items()}


def _refuse_strangers(desk: Desk, known: Mapping[str, str], called: Mapping[str, str]) -> None:
    for annotator, name in sorted(known.items()):
        if called.get(annotator, name) != name != _pseudonym(annotator):
            raise ReviewError(
                f"{annotator} is kept as {name!r}, and {desk.connection.url} says {called[annotator]!r}: another "
                "server's user. Nothing was taken; tell them apart by: msa review pull --server NAME. Where it is the "
                "same person under a new e-mail, pull once with --pseudonyms, which forgets the old one."
            )


def _pseudonym(annotator: str) -> str:
    if annotator.startswith("simulated:"):
        return annotator
    return f"reviewer-{hashlib.sha256(annotator.encode()).hexdigest()[:6]}"
