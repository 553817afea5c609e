"""`msa evaluate`: how good a model's stored predictions are, with bootstrap intervals, to JSON and to the store."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pyarrow as pa
import typer

from flows.options import DEFAULT_STORE, ReadingsOption, StoreOption, open_store
from flows.output import say
from flows.readings import BUDGET, Terms
from flows.scored_models import LATEST, ScoredModel, check_posts_of, model_named
from flows.succession import n_test_reads
from msa_core.errors import MsaError
from msa_core.records import Evaluation
from warehouse import Moment, Store, digest

SPLITS = ("val", "test", "folds")

JUDGED = (
    "from judged_posts where model_id = $model and split = $split and coalesce(source = $source, is_own_source)"
    " and not (split = 'test' and post_id in (select post_id from revealed_posts where model_id = $model))"
)
OUT_OF_FOLD = "select 1 from judged_posts where model_id = $model and split = 'folds' and probs is not null limit 1"
LEARNED = "from training_posts where model_id = $model and split <> 'val' and generation = 0 order by post_id"
MUTE = "tfidf-lr says the commonest label where training taught it nothing (texts that share no letters, or one label)"


@dataclass(frozen=True, slots=True)
class EvaluateDone:
    """`run_id` is null where these figures stand in the store already; `n_test_reads` counts evaluations and gates;
    `note` says what of the baselines a reader may not expect, else nothing.
    """

    run_id: str | None
    model_id: str
    split: str
    n_posts: int
    figures: tuple[Evaluation, ...]
    n_test_reads: int
    note: str = ""

    def json(self) -> str:
        """Every figure with its interval, beside what was judged."""
        return json.dumps(asdict(self), indent=2)


def evaluate(
    store: Store,
    *,
    split: str = "val",
    model: str = LATEST,
    task: str | None = None,
    source: str | None = None,
    baselines: bool = False,
    seed: int = 0,
    test_read_budget: int = BUDGET,
) -> EvaluateDone:
    """`folds`: all posts that were trained on, each judged by the fold model that never saw it. Test is read within its
    budget, which gates share, and without posts whose near-duplicate the model learned. Raises MsaError.
    """
    if split not in SPLITS:
        raise MsaError(f"No split {split!r} to evaluate. Choose: {', '.join(SPLITS)}")
    with store.moment() as moment:
        of = model_named(store, moment, model, task)
        check_posts_of(moment, source)
        judged = _judged(moment, of, split, source)
        figures = _figures(of.model_id, split, judged, of.labels, stacked(judged), seed)
        beside, note = _baselines(moment, of, split, judged, seed) if baselines else ([], "")
        figures += beside
    asked = {"model_id": of.model_id, "split": split, "source": source, "baselines": baselines, "seed": seed}
    inputs = [of.origin_run_id, f"labels-{digest([judged['post_id'].to_pylist(), judged['label'].to_pylist()])}"]
    run = store.begin("evaluate", parameters=asked, inputs=inputs, version=1)
    read = judged["post_id"].to_pylist() if split == "test" else None
    if run is not None:
        if read is not None:
            with store.moment() as moment:
                Terms(budget=test_read_budget).afford(of.task, n_test_reads(moment, of.task, read) + 1)
        with run:
            run.write("evaluations", figures)
    with store.moment() as moment:
        n_reads = n_test_reads(moment, of.task, read)
    run_id = None if run is None else run.run_id
    return EvaluateDone(run_id, of.model_id, split, judged.num_rows, tuple(figures), n_reads, note)


def unsealed_split(store: Store, model_id: str) -> str | None:
    """Where a model may be judged as often as anybody likes: val, or in a store without it out of fold; else null."""
    with store.moment() as moment:
        if moment.value("select 1 from validation_predictions where model_id = $model limit 1", model=model_id):
            return "val"
        return "folds" if moment.value(OUT_OF_FOLD, model=model_id) else None


def command(  # noqa: PLR0917 (a command's options are its arguments)
    store: StoreOption = DEFAULT_STORE,
    split: Annotated[str, typer.Option(help="val, test, or folds (out-of-fold over the training set).")] = "val",
    model: Annotated[str, typer.Option(help="A model's id, latest, or champion.")] = LATEST,
    task: Annotated[str | None, typer.Option(help="Of which task the latest model is meant.")] = None,
    source: Annotated[str | None, typer.Option(help="Only posts of this source.")] = None,
    output: Annotated[Path | None, typer.Option(help="File for the JSON; else it is printed.")] = None,
    baselines: Annotated[bool, typer.Option("--baselines", help="Also the commonest label, and TF-IDF.")] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of the bootstrap.")] = 0,
    test_read_budget: ReadingsOption = BUDGET,
) -> None:
    """Print the figures as JSON, or their summary where they go to a file."""
    done = evaluate(
        open_store(store), split=split, model=model, task=task, source=source, baselines=baselines, seed=seed,
        test_read_budget=test_read_budget,
    )  # fmt: skip
    if output is None:
        say(done.json())
        return
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(done.json() + "\n", encoding="utf-8")
    for figure in done.figures:
        if figure.label is None:
            say(f"{figure.model_id}\t{figure.name}\t{figure.value:.3f}\t[{figure.low:.3f}, {figure.high:.3f}]")
    if done.note:
        say(done.note)
    say(f"{done.n_posts} posts of {split}; every figure is in {output}; test was read {done.n_test_reads} time(s)")


def _judged(moment: Moment, of: ScoredModel, split: str, source: str | None) -> pa.Table:
    """By post_id. Where no source is named, those that the model was trained on."""
    found = moment.table(JUDGED, model=of.model_id, split=split, source=source).sort_by("post_id")
    n_missing = found["probs"].null_count
    if not found.num_rows:
        raise MsaError(f"No labelled posts in {split}. See what lies where: msa sql 'from splits'")
    if n_missing and split == "folds":
        raise MsaError(f"{n_missing} posts have no out-of-fold prediction. Train with folds: msa train clara --folds 5")
    if n_missing:
        raise MsaError(f"{n_missing} posts of {split} are not scored. Score first: msa score --model {of.model_id}")
    return found


def stacked(judged: pa.Table) -> np.ndarray:
    """Probs (N, C) of posts that are all scored."""
    return np.array(judged["probs"].to_pylist(), dtype=np.float64)


def places(labels: pa.ChunkedArray, order: tuple[str, ...]) -> np.ndarray:
    """Labels (N,) as places in a model's own. Raises MsaError where it knows one of them not."""
    strange = sorted(set(labels.to_pylist()) - set(order))
    if strange:
        raise MsaError(
            f"The model knows no label {', '.join(strange)}, only {', '.join(order)}. Train again: msa train"
        )
    return np.array([order.index(label) for label in labels.to_pylist()], dtype=np.int64)


def _figures(
    name: str, split: str, judged: pa.Table, labels: tuple[str, ...], probs: np.ndarray, seed: int
) -> list[Evaluation]:
    from msa_core.metrics import figures

    found = figures(places(judged["label"], labels), probs, labels, seed=seed)
    return [
        Evaluation(name, split, each.name, each.label, each.value, each.low, each.high, judged.num_rows)
        for each in found
    ]


def _baselines(
    moment: Moment, of: ScoredModel, split: str, judged: pa.Table, seed: int
) -> tuple[list[Evaluation], str]:
    """Trained on the model's own training set; for `folds` without the fold that they judge, as the model was. TF-IDF
    that has nothing to learn from says what the commonest label says, and the note tells so.
    """
    from msa_core.baselines import majority, tfidf

    learned = moment.table(LEARNED, model=of.model_id)
    truth, texts = places(learned["label"], of.labels), np.array(learned["text"].to_pylist(), dtype=object)
    asked = np.array(judged["text"].to_pylist(), dtype=object)
    common, words = (np.zeros((judged.num_rows, len(of.labels))) for _ in range(2))
    note = ""
    for learn, judge in _parts(of, split, learned, judged):
        common[judge] = majority(truth[learn], int(judge.sum()), len(of.labels))
        found = tfidf(list(texts[learn]), truth[learn], list(asked[judge]), len(of.labels))
        words[judge] = common[judge] if found is None else found
        note = MUTE if found is None else note
    named = {f"majority@{of.model_id}": common, f"tfidf-lr@{of.model_id}": words}
    return [row for name, probs in named.items() for row in _figures(name, split, judged, of.labels, probs, seed)], note


def _parts(of: ScoredModel, split: str, learned: pa.Table, judged: pa.Table) -> list[tuple[Any, Any]]:
    """(which training posts learn, which judged posts are judged), as masks."""
    if split != "folds":
        return [(np.ones(learned.num_rows, bool), np.ones(judged.num_rows, bool))]
    of_learned = learned["held_out_by"].fill_null(-1).to_numpy()
    of_judged = judged["fold"].to_numpy()
    return [(of_learned != fold, of_judged == fold) for fold in range(of.folds)]
