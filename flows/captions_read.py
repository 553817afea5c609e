"""Which captions a model reads: those that have shown their worth, those that somebody names, or none."""

from collections.abc import Sequence
from dataclasses import dataclass

from flows.training_set import Subject
from msa_core.errors import TrainingError
from msa_core.text import mask
from warehouse import Moment

AUTO, NONE = "auto", "none"

WORTHY = (
    "from worthy_captions where task = $task and source = $source"
    " and ($towers is null or coalesce(towers, $towers) = $towers) order by low desc, kind"
)
KINDS = (
    "select kind, captioner, sum(n_posts)::bigint as n_posts from caption_kinds"
    " where task = $task and $source in ('all', source) group by all order by kind"
)
CAPTIONS = (
    "select post_id, caption_id, caption from post_captions where kind = $kind and post_id in (select unnest($ids))"
)


@dataclass(frozen=True, slots=True)
class Captions:
    """What was asked: `kind` is `auto`, `none`, a kind, or a captioner that made one kind only; `length` counts tokens
    of a caption; `is_forced`: also those that have not shown their worth.
    """

    kind: str = AUTO
    length: int = 48
    is_forced: bool = False


AS_WORTHY = Captions()


@dataclass(frozen=True, slots=True)
class Choice:
    """The kind that is read, null for none; `words` says of the choice what a person may not expect."""

    kind: str | None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """The caption of a post; names and links are masked, whatever an image shows."""

    caption_id: str
    caption: str


def towers_named(vision: str, text: str) -> str:
    """Both towers of a model as one name: what captions are worth depends on who reads them."""
    return vision if vision == text else f"{vision} + {text}"


def chosen(moment: Moment, about: Subject, asked: Captions, towers: str | None = None) -> Choice:
    """`auto` takes the kind whose worth is surest, none where none has shown any. Only what was measured with the same
    `towers` counts; null: with any. Raises TrainingError for a kind that is not there, and for one without evidence
    that is not forced.
    """
    if asked.kind == NONE:
        return Choice(None)
    worthy = moment.table(WORTHY, task=about.task, source=about.source, towers=towers).to_pylist()
    if asked.kind == AUTO and worthy:
        best = worthy[0]
        interval = f"{best['difference']:+.3f} [{best['low']:+.3f}, {best['high']:+.3f}]"
        reader = f" to the towers {best['towers']}" if towers is None and best["towers"] else ""
        words = f"captions: {best['kind']}, worth {interval} weighted F1{reader}; --captions none: without"
        return Choice(best["kind"], words)
    if asked.kind == AUTO:
        is_any = _kinds(moment, about)
        return Choice(None, "captions: none has shown its worth; to measure it: msa caption-worth" if is_any else None)
    kind = kind_named(moment, about, asked.kind)
    if kind in {row["kind"] for row in worthy}:
        return Choice(kind)
    if asked.is_forced:
        return Choice(kind, f"captions: {kind}, forced: nothing shows that they help")
    raise TrainingError(
        f"Nothing shows that captions {kind!r} help {about.task} of {about.source}"
        f"{f' with the towers {towers}' if towers else ''}. Measure it: msa caption-worth "
        f"--captions {kind} --source {about.source} --task {about.task}; or read them all the same: --force-captions"
    )


def kind_named(moment: Moment, about: Subject, name: str | None) -> str:
    """The kind of that name, or the one kind of the captioner of that name; without a name the one kind that there is.
    Raises TrainingError that lists them.
    """
    known = _kinds(moment, about)
    if not known:
        raise TrainingError(f"No post of {about.task} of {about.source} has a caption. Make some first: msa caption")
    meant = [kind for kind, captioner, _ in known if name in (None, captioner)]
    found = [name] if name in {kind for kind, _, _ in known} else meant
    if len(found) == 1:
        return str(found[0])
    listed = ", ".join(f"{kind} ({n_posts} posts)" for kind, _, n_posts in known)
    what = f"No captions {name!r}" if not found else "Several kinds of captions" + (f" by {name!r}" if name else "")
    raise TrainingError(f"{what}. Choose one: --captions KIND, of {listed}")


def captions_of(moment: Moment, kind: str | None, post_ids: Sequence[str]) -> dict[str, Told]:
    """Of these posts, those with a caption of the kind; nothing where no kind is read. Test posts have none, by law."""
    if kind is None:
        return {}
    found = moment.table(CAPTIONS, kind=kind, ids=list(post_ids))
    columns = (found[name].to_pylist() for name in ("post_id", "caption_id", "caption"))
    return {post_id: Told(caption_id, mask(caption)) for post_id, caption_id, caption in zip(*columns, strict=True)}


def _kinds(moment: Moment, about: Subject) -> list[tuple[str, str, int]]:
    found = moment.table(KINDS, task=about.task, source=about.source)
    return list(zip(*(column.to_pylist() for column in found.columns), strict=True))
