"""Freezing a training set: labels under a policy, joined to splits, without the posts that would leak or are broken."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from msa_core.curation import DUPLICATES, KEEP, LEAK, UNIFORM, WEIGHTS, Candidate, left_out, weight_of
from msa_core.errors import TaskError, TrainingError
from msa_core.records import SnapshotDrop, SnapshotRow
from msa_core.tasks import TASKS
from warehouse import Moment, declarations, digest

TRAINABLE = (
    "from trainable_posts where task = $task and $source in ('all', source)"
    " and label_policy in ('consensus', $policy) order by post_id"
)
FROZEN = ("post_id", "label", "label_policy", "label_origin", "split", "fold")
CAPTIONED = "select post_id, caption_id from post_captions where kind = $kind"
READS, READS_OF_CAPTIONS = ("posts", "splits", "clusters", "annotations"), ("captions", "prompts", "post_images")


@dataclass(frozen=True, slots=True)
class Subject:
    """What a model is about: a task, its labels in order, and the source (`all` for every source)."""

    task: str
    source: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Curation:
    """How a training set is chosen; `captions` is the kind that each row names its post's of."""

    label_policy: str
    weights: str = UNIFORM
    duplicates: str = KEEP
    captions: str | None = None
    keeps_leaks: bool = False


@dataclass(frozen=True, slots=True)
class TrainingSet:
    """Rows by post_id, and what was left out. Posts of split train and pool train, those of val stop the training.
    `captions` is the kind that the rows name; `choice` is null where the set was read back.
    """

    snapshot_id: str
    about: Subject
    rows: list[SnapshotRow]
    drops: list[SnapshotDrop]
    captions: str | None = None
    choice: Curation | None = None

    @property
    def n_leaks(self) -> int:
        """Posts whose twins lie in a more sealed split."""
        return sum(drop.reason == LEAK for drop in self.drops)

    def rows_of(self, *splits: str) -> list[SnapshotRow]:
        """Those of these splits."""
        return [row for row in self.rows if row.split in splits]


def subject(moment: Moment, task: str | None, source: str | None) -> Subject:
    """The one task and source that have labels, or those asked. Raises TrainingError that lists the choices."""
    found = moment.table("select distinct task, source from labels where label is not null order by all")
    pairs = list(zip(*(found[name].to_pylist() for name in ("task", "source")), strict=True))
    _refuse_scores(moment, task, {each for each, _ in pairs})
    if not pairs:
        raise TrainingError("No labelled posts in this store. Ingest a dump with labels first: msa ingest")
    if source not in (None, "all"):
        _one("source", source, sorted({of for _, of in pairs}))
    task = _one("task", task, sorted({each for each, of in pairs if source in (None, "all", of)}))
    source = "all" if source == "all" else _one("source", source, sorted({of for each, of in pairs if each == task}))
    return Subject(task, source, labels_of(moment, task))


def _refuse_scores(moment: Moment, task: str | None, labelled: set[str]) -> None:
    """Scores wait in train, val and test for a model that learns from them."""
    found = moment.table("select distinct task from post_labels where is_scored order by task")["task"].to_pylist()
    if found and (task in found if task else not labelled) and task not in labelled:
        raise TrainingError(
            f"The posts of {task or found[0]} bear scores, no labels, and no model here learns from scores yet. Ingest "
            "a dump with labels to train on: msa ingest"
        )


def labels_of(moment: Moment, task: str) -> tuple[str, ...]:
    """The label space: the task's own, or the labels that its posts bear."""
    if task in TASKS:
        return TASKS[task].labels
    found = moment.table("select distinct label from labels where task = $task and label is not null", task=task)
    return tuple(sorted(found["label"].to_pylist()))


def curation(
    moment: Moment,
    *,
    label_policy: str | None = None,
    weights: str = UNIFORM,
    duplicates: str = KEEP,
    captions: str | None = None,
    keeps_leaks: bool = False,
) -> Curation:
    """The policy in force where none is named. Raises TrainingError that lists the choices."""
    policy = label_policy or moment.value("select label_policy from policy_in_force")
    policies = declarations.label_policies()
    for what, asked, choices in (
        ("label policy", policy, policies), ("weights", weights, WEIGHTS), ("duplicates", duplicates, DUPLICATES),
    ):  # fmt: skip
        if asked not in choices:
            raise TrainingError(f"No {what} {asked!r}. Choices: {', '.join(choices)}")
    return Curation(str(policy), weights, duplicates, captions, keeps_leaks)


def freeze(moment: Moment, about: Subject, chosen: Curation) -> TrainingSet:
    """What a training on this moment would learn from. Raises TrainingError where nothing can be learned from it."""
    found = moment.table(TRAINABLE, task=about.task, source=about.source, policy=chosen.label_policy)
    posts = [Candidate(*values) for values in zip(*_columns(found, Candidate.__slots__), strict=True)]
    drops = left_out(posts, keeps_leaks=chosen.keeps_leaks, duplicates=chosen.duplicates)
    frozen = zip(posts, found.select(FROZEN).to_pylist(), strict=True)
    kept = [(post, row) for post, row in frozen if post.post_id not in drops]
    learns = [post for post, _ in kept if post.split != "val"]
    _check(moment, about, Counter(post.label for post in learns))
    told = _caption_ids(moment, chosen.captions, [post.post_id for post in learns])
    rows = [_row(post, row, told, chosen.weights) for post, row in kept]
    snapshot_id = "snapshot-" + digest([about.task, *_unusual(chosen), *map(_named, rows)])
    usual = {"snapshot_id": snapshot_id, "task": about.task, "score": None, "weight": 1.0, "caption_id": None}
    return TrainingSet(
        snapshot_id,
        about,
        [SnapshotRow(**{**usual, **row}) for row in rows],
        [SnapshotDrop(snapshot_id, post_id, drops[post_id]) for post_id in sorted(drops)],
        chosen.captions,
        chosen,
    )


def _unusual(chosen: Curation) -> list[str]:
    """Settings that may choose the usual rows today and others tomorrow: a retraining chooses by them anew."""
    usual = Curation(chosen.label_policy, captions=chosen.captions)
    return [f"{name} {value}" for name, value in asdict(chosen).items() if value != getattr(usual, name)]


def _columns(found: Any, names: Iterable[str]) -> list[list[Any]]:
    return [found[name].to_pylist() for name in names]


def _row(post: Candidate, frozen: dict[str, Any], told: dict[str, str], weights: str) -> dict[str, Any]:
    """Beside the frozen columns only what is not usual, so that a usual set keeps the id that it always had."""
    weight, caption_id = weight_of(post, weights), told.get(post.post_id)
    unusual = {"caption_id": (caption_id, None), "weight": (weight, 1.0)}
    return frozen | {name: value for name, (value, usual) in unusual.items() if value != usual}


def _named(row: dict[str, Any]) -> list[str]:
    """A row as the digest reads it; a weight says that it is one."""
    return [f"weight {value}" if name == "weight" else str(value) for name, value in row.items()]


def _caption_ids(moment: Moment, kind: str | None, learns: list[str]) -> dict[str, str]:
    """By post. A model that never heard a caption would read those of other posts as noise."""
    if kind is None:
        return {}
    found = moment.table(CAPTIONED, kind=kind)
    told = dict(zip(*(column.to_pylist() for column in found.columns), strict=True))
    if not any(post_id in told for post_id in learns):
        raise TrainingError(f"None of the {len(learns)} training posts has a caption {kind!r}. Make some: msa caption")
    return told


def _one(what: str, asked: str | None, choices: list[str]) -> str:
    if asked is None and len(choices) == 1:
        return choices[0]
    if asked in choices:
        return str(asked)
    listed = f"Choices: {', '.join(choices) or 'none'}"
    if asked is not None:
        raise TrainingError(f"No labelled posts of {what} {asked!r}. {listed}")
    raise TrainingError(
        f"More than one {what} has labels. {listed}. Choose: --{what} {choices[0] if choices else 'NAME'}"
    )


def _check(moment: Moment, about: Subject, counts: Counter[str]) -> None:
    if not moment.value("select count(*) from splits"):
        raise TrainingError("No post has a split yet. Split first: msa split")
    strange = sorted(set(counts) - set(about.labels))
    if strange:
        raise TaskError(
            f"Labels outside task {about.task}: {', '.join(strange)}. Its labels: {', '.join(about.labels)}"
        )
    if not counts:
        raise TrainingError(f"No labelled posts of {about.task} to train on. New posts need a split: msa split")
    if len(counts) == 1:
        raise TrainingError(
            f"All {counts.total()} training posts are {next(iter(counts))}. Ingest posts of another label"
        )
