"""The `msa` command line: verbs come from a table, so that `msa --help` imports little more than typer."""

import importlib
import sys
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from flows.disk import disk_trouble

VERBS = {
    "demo": "Make a dump, run the whole loop on it, and say what to look at.",
    "doctor": "Say what is there (GPU, weights, servers, disk) and what to do about what is not.",
    "init": "Make a store, or bring one up to date.",
    "ingest": "Take a raw dump into the store.",
    "split": "Cluster near-duplicates, then split train, val and test for ever.",
    "snapshot": "Freeze the curated training set: labels under a policy, duplicates resolved, test sealed.",
    "diff": "What changed from one snapshot to another: added, dropped, relabelled, and why.",
    "export": "Write a snapshot for others: Parquet with a data card, a folder, CSV, or guid,tag.",
    "train": "Train a model on the labels in force.",
    "score": "Predict every post that the model has not scored yet.",
    "evaluate": "Metrics of a model with bootstrap intervals.",
    "gate": "Challenger against champion on the sealed test: promoted, refused or undecided, with figures.",
    "promote": "Put a model in place against the gate's word, with a reason that is recorded.",
    "rollback": "Put the champion before this one back in place.",
    "predict": "Write the answers for official posts whose labels are withheld.",
    "mine": "Find the posts that are worth a person's minute.",
    "caption": "Describe the images of hard posts, each bought once.",
    "caption-batch": "The same through a batch endpoint: cheaper, within a day.",
    "caption-worth": "Whether captions help the model, by a paired bootstrap on validation.",
    "review": "Queue posts for people in Label Studio, and take their answers.",
    "report": "Write the report: one self-contained page.",
    "loop": "Ingest, split, train, score, gate, mine, caption and report, under Prefect.",
    "drift": "How new posts differ from those that the champion learned from.",
    "retrain": "Train a challenger when new labels, drift or time justify it, and send it through the gate.",
    "serve": "The loop on a schedule, its metrics, and where it stands in Prefect.",
    "status": "What is deployed, what ran last and what comes next; models, queue and budget.",
    "why": "The story of a post: who and what judged it, why it was queued, where it was used.",
    "sql": "Ask the store in SQL.",
    "audit": "Ask every promise of the store.",
    "gc": "Remove what no commit owns.",
    "compact": "Merge many small runs' files into one run's.",
    "backup": "Copy what is committed, and check the copy.",
    "restore": "Make a store of a backup.",
    "sample-dump": "Draw a dump in MVSA-Single format with planted signal, noise and broken files.",
}

GROUPS = {
    "review": {
        "server": "Run a Label Studio of the store's own on 127.0.0.1 until Ctrl-C.",
        "push": "Hand the queue's next posts to the reviewers, each once.",
        "pull": "Take the reviewers' answers, each once.",
        "listen": "Wait for the server's webhooks, and pull when one comes.",
        "settle": "What reviewers mean together, and one more person where that is not settled.",
        "status": "Rounds, answers, agreement and seconds a label.",
        "reconcile": "What server and store do not agree on, and mend it.",
        "export": "Write the queue's next posts as a file of Label Studio tasks, for people without a server.",
        "import": "Take the answers of an exported file.",
        "simulate": "Answer open tasks from a file of the truth, marked as simulated.",
    }
}

WRONG_PATHS = (FileNotFoundError, IsADirectoryError, NotADirectoryError, FileExistsError, PermissionError)
PLAIN: dict[str, Any] = {"add_completion": False, "rich_markup_mode": None, "pretty_exceptions_enable": False}


class VerbGroup(TyperGroup):
    """Imports a verb's file only when that verb is called, and turns our errors into one line and exit code 2."""

    def table(self) -> dict[str, str]:
        """The verbs of this group, and what each does."""
        return GROUPS.get(self.name or "", VERBS)

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of the table."""
        return list(self.table())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The verb's own typer command, or the group of that name."""
        if cmd_name not in self.table():
            return None
        return _group(cmd_name) if cmd_name in GROUPS else _load(self.name or "", cmd_name, self.table()[cmd_name])

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """From the table, not from the files."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(self.table().items()))

    def invoke(self, ctx: Any) -> Any:
        """Run the verb."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _say("stopped; what was committed stands, and the same command goes on from there")
            raise typer.Exit(130) from None
        except Exception as error:
            words = mistake(error)
            if words is None:
                raise
            _say(f"error: {words}")
            raise typer.Exit(2) from None


class VerbCommand(TyperCommand):
    """A verb, whose begin and end stand in the store's log."""

    def invoke(self, ctx: Any) -> Any:
        """Run it."""
        from flows.logs import logged

        store = ctx.params.get("store")
        with logged(ctx.command_path.removeprefix("msa "), ctx.params, store=Path(store) if store else None):
            return super().invoke(ctx)


def _load(group: str, verb: str, told: str) -> Any:
    """`msa verb` is `flows/verb.py`, `msa group verb` is `flows/group_verb.py`."""
    name = f"{group}_{verb}" if group in GROUPS else verb
    module = importlib.import_module(f"flows.{name.replace('-', '_')}")
    app = typer.Typer(**PLAIN)
    app.command(name=verb, help=told, cls=VerbCommand)(module.command)
    return typer.main.get_command(app)


def _group(name: str) -> Any:
    app = typer.Typer(cls=VerbGroup, name=name, help=VERBS[name], no_args_is_help=True, **PLAIN)
    app.callback()(lambda: None)
    return typer.main.get_command(app)


app = typer.Typer(
    cls=VerbGroup, add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


@app.callback()
def msa() -> None:
    """A labelling loop for multimodal sentiment: dumps in, doubts out, every step kept as facts that SQL can ask."""


def main(arguments: list[str] | None = None) -> None:
    """Exit codes: 0 done, 1 a check found something or nothing came, 2 the user's mistake, 130 stopped with Ctrl-C."""
    app(args=arguments, prog_name="msa")


def mistake(error: BaseException) -> str | None:
    """The words of what a person can mend: a wrong path, a full disk, an error of the trees of `warehouse.errors` and
    `msa_core.errors` (neither is imported before it is needed). None for a fault of ours.
    """
    names = {f"{base.__module__}.{base.__name__}" for base in type(error).__mro__}
    if names & {"warehouse.errors.StoreError", "msa_core.errors.MsaError"}:
        return str(error)
    if isinstance(error, WRONG_PATHS):
        return (
            f"{error.filename}: {error.strerror}. Name another place, or mend that one."
            if error.filename
            else str(error)
        )
    return disk_trouble(error)


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main()
