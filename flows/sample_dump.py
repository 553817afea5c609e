"""`msa sample-dump`: draw and compose a dump whose truth is known."""

from pathlib import Path
from typing import Annotated

import typer

from flows.output import say
from flows.progress import progress
from msa_core.sample_dump import SampleDump, write_sample_dump


def sample_dump(path: Path, *, posts: int = 600, seed: int = 7) -> SampleDump:
    """Writes the dump into `path`, which must be new or empty."""
    with progress("sample-dump", total=posts) as done:
        return write_sample_dump(path, n_posts=posts, seed=seed, on_done=done)


def command(
    path: Annotated[Path, typer.Argument(help="The folder to write, new or empty.")],
    posts: Annotated[int, typer.Option(help="Good posts; one broken row of each kind comes on top.", min=1)] = 600,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.", min=0)] = 7,
) -> None:
    """Write a dump in the layout of MVSA-Single with planted signal, noise, twins and broken rows."""
    dump = sample_dump(path, posts=posts, seed=seed)
    say(f"{dump.n_posts} posts in {dump.path}: {dump.n_noisy} with a wrong label, {dump.n_twins} twins.")
    say(f"{dump.n_broken} broken rows beside them. What is true stands in {dump.path / 'truth.csv'}.")
    say(f"Next: msa ingest mvsa-single {dump.path} --source sample")
