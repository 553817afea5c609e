"""`msa snapshot`: freeze the curated training set under an id that digests it, and what it left out, with reasons."""

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from flows.captions_read import AS_WORTHY, AUTO, Captions, chosen
from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from flows.training_set import READS, READS_OF_CAPTIONS, TrainingSet, curation, freeze, subject
from msa_core.curation import KEEP, UNIFORM
from warehouse import Moment, Store

STANDS = "select 1 from facts.snapshots where snapshot_id = $snapshot_id limit 1"
POLICY_HELP = "Under which the dump's answers become labels: literature or strict; else the one in force."
DUPLICATES_HELP = "keep: all; one: of each cluster of near-duplicates, and none where their labels conflict."
CAPTIONS_HELP = "auto: those that have shown their worth; none; or a kind (`caption_kinds`), or a captioner's name."


@dataclass(frozen=True, slots=True)
class Snapshotted:
    """`run_id` is null where the same set stands frozen already. `drops` counts by reason; `words` says of the captions
    what a person may not expect.
    """

    run_id: str | None
    snapshot_id: str
    n_posts: int
    n_dropped: int
    drops: tuple[tuple[str, int], ...] = ()
    words: str | None = None


def snapshot(
    store: Store,
    *,
    source: str | None = None,
    task: str | None = None,
    label_policy: str | None = None,
    weights: str = UNIFORM,
    duplicates: str = KEEP,
    captions: Captions = AS_WORTHY,
    keep_leaks: bool = False,
) -> Snapshotted:
    """Labels under a policy, reviewers' before the dump's. Posts of test never come in. Captions are those that helped
    any towers: whether they help those of a model is asked when it is trained. Raises TrainingError.
    """
    with store.moment() as moment:
        about = subject(moment, task, source)
        read = chosen(moment, about, captions)
        choice = curation(
            moment,
            label_policy=label_policy,
            weights=weights,
            duplicates=duplicates,
            captions=read.kind,
            keeps_leaks=keep_leaks,
        )
        frozen = freeze(moment, about, choice)
        run_id = kept(store, moment, frozen)
    counts = len(frozen.rows), len(frozen.drops), _by_reason(frozen)
    return Snapshotted(run_id, frozen.snapshot_id, *counts, read.words)


def kept(store: Store, moment: Moment, frozen: TrainingSet) -> str | None:
    """Commits a set that was frozen at this moment, and names the run; None where it stands already."""
    if frozen.choice is None or moment.value(STANDS, snapshot_id=frozen.snapshot_id):
        return None
    reads = (*READS, *(READS_OF_CAPTIONS if frozen.captions else ()))
    parameters = {"task": frozen.about.task, "source": frozen.about.source, **asdict(frozen.choice)}
    run = store.begin("snapshot", parameters=parameters, inputs=moment.inputs(*reads), version=1)
    if run is None:
        return None
    with run:
        run.write("snapshots", frozen.rows)
        run.write("snapshot_drops", frozen.drops)
    return run.run_id


def command(  # noqa: PLR0917 (a command's options are its arguments)
    store: StoreOption = DEFAULT_STORE,
    source: Annotated[str | None, typer.Option(help="Source whose labels are frozen; `all` for every source.")] = None,
    task: Annotated[str | None, typer.Option(help="Label space, when the store has several.")] = None,
    label_policy: Annotated[str | None, typer.Option(help=POLICY_HELP)] = None,
    weights: Annotated[str, typer.Option(help="uniform: 1; agreement: the share of answers that say so.")] = UNIFORM,
    duplicates: Annotated[str, typer.Option(help=DUPLICATES_HELP)] = KEEP,
    captions: Annotated[str, typer.Option(help=CAPTIONS_HELP)] = AUTO,
    force_captions: Annotated[bool, typer.Option("--force-captions", help="Also captions of unshown worth.")] = False,
    keep_leaks: Annotated[bool, typer.Option("--keep-leaks", help="Also twins of sealed posts.")] = False,
    verify: Annotated[str | None, typer.Option(help="Rebuild this snapshot from what its run read; compare.")] = None,
) -> None:
    """Print the snapshot's id, and how many posts were left out for each reason."""
    opened = open_store(store)
    if verify is not None:
        _verify(opened, verify)
        return
    asked = Captions(captions, is_forced=force_captions)
    done = snapshot(
        opened, source=source, task=task, label_policy=label_policy, weights=weights, duplicates=duplicates,
        captions=asked, keep_leaks=keep_leaks,
    )  # fmt: skip
    say(f"{'nothing to do: ' if done.run_id is None else ''}{done.snapshot_id}: {done.n_posts} posts")
    if done.words:
        say(done.words)
    if done.drops:
        show("left out", ("reason", "posts"), done.drops)


def _verify(store: Store, name: str) -> None:
    from flows.snapshot_rebuild import verify

    found = verify(store, name)
    if found.is_equal:
        say(f"{found.snapshot_id}: rebuilt from {found.n_inputs} runs, all {found.n_posts} posts equal bit for bit")
        return
    say(f"{found.snapshot_id}: rebuilt as {found.rebuilt_id}; {found.n_different} posts differ")
    raise typer.Exit(1)


def _by_reason(frozen: TrainingSet) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(Counter(drop.reason for drop in frozen.drops).items()))
