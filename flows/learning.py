"""What a training learns from: a snapshot that stands, or the curated set of now; and its texts and captions."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from flows.captions_read import AUTO, NONE, Captions, Choice, chosen
from flows.output import say
from flows.standing_snapshots import snapshot_named, thawed
from flows.training_set import Subject, TrainingSet, curation, freeze, subject
from msa_core.errors import TrainingError
from msa_core.text import mask
from warehouse import Moment, Store

if TYPE_CHECKING:
    from flows.parentage import Parent
    from flows.post_arrays import Content

TOLD = "select caption_id, caption from caption_texts where caption_id in (select unnest($ids))"
NO_WEIGHTS = "no pretrained weights at hand: tiny towers, random weights, not CLIP; --towers pretrained says what to do"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked of the posts to learn from, and who reads them: the `towers`, and the `parent` to begin from."""

    source: str | None
    task: str | None
    captions: Captions
    keep_leaks: bool
    towers: str | None = None
    parent: "Parent | None" = None


def set_of_now(moment: Moment, wanted: Wanted) -> TrainingSet:
    """With a parent, captions are those that it reads, unless others are named. Raises TrainingError."""
    parent = wanted.parent
    about = subject(moment, wanted.task or (None if parent is None else parent.config.task), wanted.source)
    read = _read(moment, about, wanted)
    return freeze(moment, about, curation(moment, captions=read, keeps_leaks=wanted.keep_leaks))


def set_that_stands(store: Store, moment: Moment, name: str, wanted: Wanted) -> TrainingSet:
    """An older snapshot as it was frozen. Raises TrainingError for settings that it does not have, and for captions
    that have not shown their worth to these towers, unless a parent reads them or they are forced: learned without
    them, a model would name a snapshot that it did not learn.
    """
    frozen = thawed(moment, snapshot_named(store, moment, name, wanted.task))
    kind = None if wanted.captions.kind == AUTO else wanted.captions.kind
    asked = {"source": wanted.source, "task": wanted.task, "captions": kind}
    has = {"source": frozen.about.source, "task": frozen.about.task, "captions": frozen.captions or NONE}
    unlike = [f"{what} {asked[what]!r} (it has {has[what]!r})" for what in has if asked[what] not in (None, has[what])]
    if unlike or wanted.keep_leaks:
        told = ", ".join(unlike) or "--keep-leaks: it was frozen without"
        raise TrainingError(f"{frozen.snapshot_id} is frozen: {told}. Freeze another: msa snapshot")
    if frozen.captions and wanted.parent is None:
        _check_worth(moment, frozen, wanted)
    return frozen


def content_of_set(moment: Moment, frozen: TrainingSet) -> "Content":
    """In the order of the rows; captions are those that were frozen, though others stand now."""
    from flows.post_arrays import content_of

    content = content_of(moment, [row.post_id for row in frozen.rows])
    caption_ids = [row.caption_id for row in frozen.rows]
    if not any(caption_ids):
        return content
    found = moment.table(TOLD, ids=[each for each in caption_ids if each is not None])
    told = dict(zip(*(found[name].to_pylist() for name in ("caption_id", "caption")), strict=True))
    return replace(
        content, captions=[mask(told[each]) if each else None for each in caption_ids], caption_ids=caption_ids
    )


def at_hand(towers: str, vision: str | None, text: str | None) -> str:
    """Which towers are meant; says so where `auto` found none to load."""
    from flows.fold_models import is_main_process
    from msa_core.presets import towers_at_hand

    found = towers_at_hand(towers, vision, text)
    if found == "tiny" != towers and is_main_process():
        say(NO_WEIGHTS)
    return found


def _read(moment: Moment, about: Subject, wanted: Wanted) -> str | None:
    """The kind of captions, said."""
    asked, parent = wanted.captions, wanted.parent
    if parent is not None and asked.kind == AUTO:
        asked = replace(asked, kind=parent.config.captions or NONE, is_forced=True)
    return _told(chosen(moment, about, asked, wanted.towers))


def _check_worth(moment: Moment, frozen: TrainingSet, wanted: Wanted) -> None:
    asked = replace(wanted.captions, kind=str(frozen.captions))
    try:
        _told(chosen(moment, frozen.about, asked, wanted.towers))
    except TrainingError as unshown:
        without = "or freeze a set without: msa snapshot --captions none"
        raise TrainingError(f"{frozen.snapshot_id} names captions. {unshown}; {without}") from unshown


def _told(choice: Choice) -> str | None:
    """The kind; says of it what a person may not expect."""
    from flows.fold_models import is_main_process

    if choice.words and is_main_process():
        say(choice.words)
    return choice.kind
