"""`msa demo`: from nothing to a trained, scored, mined and reported dump, with nothing from outside."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from shutil import rmtree, which
from time import monotonic
from typing import Annotated

import typer

from flows.output import say
from warehouse import Store

POSTS, SEED, FOLDS, EPOCHS = 600, 7, 3, 12
REVIEWED, ERROR_RATE = 40, 0.05
CORRECTED = (
    "select count(*) from labels l join policy_labels d using (post_id) "
    "where l.label_origin = 'review' and d.label_policy = 'literature' and d.label <> l.label"
)


@dataclass(frozen=True, slots=True)
class Demo:
    """What lies in the demo's folder."""

    dump: Path
    store: Path
    report: Path
    figures: Path
    model_id: str


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Posts that were judged, and those whose label in force is another than the dump's since."""

    n_posts: int
    n_changed: int


def demo(folder: Path, *, posts: int = POSTS, folds: int = FOLDS, epochs: int = EPOCHS) -> Demo:
    """Draws a dump and runs the loop on it under Prefect. Again: nothing is left to do."""
    from flows.loop import loop
    from flows.report import audit_csv

    places = folder.absolute()
    dump = _dump(places / "dump", posts)
    store = Store.init(places / "store")
    done = loop(
        store,
        output=places / "report.html",
        format="mvsa-single",
        path=dump,
        source="demo",
        towers="tiny",
        folds=folds,
        epochs=epochs,
    )
    audit_csv(store, output=places / "data-figures.csv")
    return Demo(dump, places / "store", done.report, places / "data-figures.csv", done.model_id)


def review(store: Store, dump: Path, *, report: Path) -> Reviewed:
    """The queue's first posts through a real Label Studio: pushed, answered by a simulated reviewer, pulled, settled.
    The server is set up the first time, which takes minutes and the network.
    """
    from flows.report import report as write_report
    from flows.review_pull import pull
    from flows.review_push import Asked, push
    from flows.review_settle import settle
    from flows.review_simulate import Persona, simulate, truth_of
    from flows.reviewing import server_folder
    from labelstudio.server import running

    truth = truth_of(dump / "truth.csv", source="demo")
    with running(server_folder(store), on_step=say):
        pushed = push(store, asked=Asked("demo", REVIEWED, 1, "hidden"))
        for name in ("one", "two"):
            simulate(store, truth=truth, persona=Persona(name, ERROR_RATE, 8.0, SEED))
            pull(store)
            settle(store)
    write_report(store, output=report)
    with store.moment() as moment:
        n_changed = moment.value(CORRECTED)
    return Reviewed(pushed.n_pushed, int(n_changed))


def _dump(path: Path, posts: int) -> Path:
    """A dump that stands is taken as it is; it comes whole or not at all."""
    from flows.sample_dump import sample_dump

    if not path.exists():
        aside = path.with_name("dump.part")
        rmtree(aside, ignore_errors=True)
        started = monotonic()
        sample_dump(aside, posts=posts, seed=SEED)
        aside.rename(path)
        say(f"{'dump':<9}{monotonic() - started:6.1f} s  {posts:,} posts drawn, broken rows beside them")
    return path


def command(
    folder: Annotated[Path, typer.Option(help="Where the dump, the store and the report go.")] = Path("demo"),
    posts: Annotated[int, typer.Option(min=60, help="Size of the dump.")] = POSTS,
    folds: Annotated[int, typer.Option(min=0, help="Fold models, so that train posts are mined too; 0: none.")] = FOLDS,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the train posts, at most.")] = EPOCHS,
    review_with: Annotated[
        str, typer.Option("--review", help="labelstudio: the queue's first posts through a real server.")
    ] = "",
) -> None:
    """About three minutes on two cores. Exit 1 where the audit finds something."""
    if review_with not in {"", "labelstudio"}:
        raise typer.BadParameter(f"{review_with!r}; the one kind of review is: labelstudio")
    started = monotonic()
    done = demo(folder, posts=posts, folds=folds, epochs=epochs)
    if review_with:
        reviewed = review(Store.open(done.store), done.dump, report=done.report)
        say(f"review: {reviewed.n_posts} posts judged by simulated reviewers, {reviewed.n_changed} labels corrected")
    n_broken = _n_broken(Store.open(done.store))
    say("")
    say(f"done in {monotonic() - started:.0f} s; audit: {f'{n_broken} promises are broken' if n_broken else 'clean'}")
    for line in _next(done):
        say(line)
    if n_broken:
        raise typer.Exit(1)


def _next(done: Demo) -> tuple[str, ...]:
    """Where everything lies, and what to type."""
    return (
        f"report        {done.report}",
        f"data figures  {done.figures}",
        f"store         {done.store}",
        f"the truth     {done.dump / 'truth.csv'}",
        "",
        *_activation(),
        "next, look at the report, then ask:",
        f"  msa sql 'from queue limit 10' --store {done.store}",
        f"  msa sql 'from label_errors limit 10' --store {done.store}",
        "let people judge the hardest posts, in Label Studio:",
        f"  msa review server --store {done.store}    and beside it: msa review push --store {done.store}",
        "and on a dump of your own:",
        "  msa init && msa loop FORMAT PATH --source NAME --towers tiny",
    )


def _activation() -> tuple[str, ...]:
    """How the shell comes to know `msa`, where it does not."""
    script = Path(sys.executable).with_name("activate")
    if which("msa") is not None or not script.exists():
        return ()
    return ("so that your shell knows msa:", f"  . {os.path.relpath(script)}")


def _n_broken(store: Store) -> int:
    from flows.audit import audit

    return sum(finding.n_broken > 0 for finding in audit(store))
