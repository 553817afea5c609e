"""The loop as a Prefect flow: one task a verb, each of them the verb's plain function; only ids and paths pass."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

from prefect import flow, task
from prefect.artifacts import create_link_artifact, create_table_artifact

from flows.caption_options import FREE, Paying
from flows.dump_reading import Described, Reading, take_in
from flows.output import say
from flows.patience import PATIENT
from msa_core.errors import CaptionError, GateError
from warehouse import Store

COUNTED = (
    "posts",
    "images",
    "annotations",
    "rejects",
    "labels",
    "splits",
    "models",
    "promotions",
    "predictions",
    "doubts",
    "captions",
    "queue",
)
AS_IT_IS = Reading()


@task(name="ingest", **PATIENT)
def ingest_stage(root: str, dump: Described) -> str | None:
    """The id of the run; None where the store holds this dump already."""
    with _clocked("ingest") as tell:
        done = take_in(_store(root), dump)
        tell(done.run_id, f"{done.n_posts:,} posts, {done.n_rejects:,} refused")
    return done.run_id


@task(name="split", **PATIENT)
def split_stage(root: str) -> str | None:
    """The id of the run; None where every post has its place."""
    from flows.split import split

    with _clocked("split") as tell:
        done = split(_store(root))
        tell(done.run_id, f"{done.n_placed:,} posts placed")
    return done.run_id


@task(name="train", **PATIENT)
def train_stage(
    root: str, source: str | None, task_name: str | None, towers: str, folds: int, epochs: int | None
) -> str:
    """The id of the model. A killed training goes on from its last epoch."""
    from flows.progress import progress
    from flows.train import train

    with _clocked("train") as tell, progress("train", total=None) as on_done:
        done = train(
            _store(root), source=source, task=task_name, towers=towers, folds=folds, epochs=epochs, on_done=on_done
        )
        tell(done.run_id, f"{done.model_id}, {done.n_train:,} posts")
    return done.model_id


@task(name="score", **PATIENT)
def score_stage(root: str, model_id: str) -> list[str]:
    """The ids of the runs; none where the model has scored every post."""
    from flows.progress import progress
    from flows.score import score

    with _clocked("score") as tell, progress("score", total=None) as on_done:
        done = score(_store(root), model=model_id, on_done=on_done)
        tell(" ".join(done.run_ids) or None, f"{done.n_posts:,} posts")
    return list(done.run_ids)


@task(name="evaluate", **PATIENT)
def evaluate_stage(root: str, model_id: str) -> str | None:
    """The id of the run. Judged on validation posts, or in a store without them out of fold; never on test."""
    from flows.evaluate import evaluate, unsealed_split

    with _clocked("evaluate") as tell:
        split = unsealed_split(_store(root), model_id) or "folds"
        done = evaluate(_store(root), model=model_id, split=split, baselines=True)
        figure = next(f for f in done.figures if f.name == "weighted_f1" and f.model_id == model_id)
        tell(done.run_id, f"weighted F1 {figure.value:.3f} on {done.n_posts:,} posts of {split}")
    return done.run_id


@task(name="gate", **PATIENT)
def gate_stage(root: str, model_id: str) -> str:
    """The model in place afterwards. A task's first is not judged on test; without a verdict the champion stays."""
    from flows.gate import gate
    from flows.scored_models import CHAMPION, model_named

    with _clocked("gate") as tell:
        store = _store(root)
        try:
            done = gate(store, model=model_id)
        except GateError as error:
            tell("", f"no verdict: {error}")
            with store.moment() as moment:
                of = model_named(store, moment, model_id)
                return model_named(store, moment, CHAMPION, of.task).model_id
        tell(done.run_id, "; ".join(filter(None, (done.why, done.warning))))
    return done.standing_id


@task(name="mine", **PATIENT)
def mine_stage(root: str, model_id: str) -> str | None:
    """The id of the run; None where no new doubt was found."""
    from flows.mine import mine

    with _clocked("mine") as tell:
        done = mine(_store(root), model=model_id)
        tell(done.run_id, f"{sum(n for _, n in done.n_by_reason):,} doubts")
    return done.run_id


@task(name="caption", **PATIENT)
def caption_stage(root: str, captioner: str, paying: Paying) -> str | None:
    """The id of the run; None where no image waits. Without captions the loop goes on, and says why there are none."""
    from flows.caption import caption
    from flows.caption_ledger import Scope
    from flows.captioners import Asked

    with _clocked("caption") as tell:
        try:
            done = caption(_store(root), asked=Asked(captioner), scope=Scope(), paying=paying)
        except CaptionError as error:
            tell("", f"no captions: {error}")
            return None
        run_id = done.run_id if done else None
        tell(run_id, f"{done.n_ok:,} images described by {done.captioner}" if done else "")
    return run_id


@task(name="report", **PATIENT)
def report_stage(root: str, model_id: str, output: str) -> str:
    """The page's path."""
    from flows.report import report

    with _clocked("report") as tell:
        done = report(_store(root), output=Path(output), model_id=model_id)
        tell(str(done.path), f"{done.n_posts:,} of the hardest posts")
    return str(done.path.absolute())


@flow(name="loop")
def loop_flow(
    root: str,
    output: str,
    *,
    form: str | None = None,
    path: str | None = None,
    source: str | None = None,
    task_name: str | None = None,
    reading: Reading = AS_IT_IS,
    towers: str = "auto",
    folds: int = 5,
    epochs: int | None = None,
    captioner: str = "pixels",
    paying: Paying = FREE,
) -> str:
    """From a dump, or without one from what the store holds, to a report; the id of the model in place, which is what
    is mined and reported.
    """
    if form and path and source:
        ingest_stage(root, Described(Path(path), form, source, task_name, reading))
    split_stage(root)
    model_id = train_stage(root, source, task_name, towers, folds, epochs)
    score_stage(root, model_id)
    evaluate_stage(root, model_id)
    standing_id = gate_stage(root, model_id)
    if standing_id != model_id:
        score_stage(root, standing_id)
    mine_stage(root, standing_id)
    caption_stage(root, captioner, paying)
    page = report_stage(root, standing_id, output)
    with _store(root).moment() as moment:
        counts = [{"what": name, "rows": moment.value(f"select count(*) from {name}")} for name in COUNTED]  # noqa: S608
    create_table_artifact(counts, key="msa-loop-counts", description=f"What {root} holds after {model_id}")
    create_link_artifact(Path(page).as_uri(), link_text="the report", key="msa-loop-report", description=standing_id)
    return standing_id


def _store(root: str) -> Store:
    return Store.open(Path(root))


@contextmanager
def _clocked(verb: str) -> Iterator[Callable[[str | None, str], None]]:
    """Yields what says the stage's outcome: the id (None: nothing to do) and a word on it."""
    started, said = monotonic(), []
    yield lambda run_id, words: said.append("nothing to do" if run_id is None else f"{words}  {run_id}")
    say(f"{verb:<9}{monotonic() - started:6.1f} s  {said[0]}")
