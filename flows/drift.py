"""`msa drift`: how new posts differ from those that the champion learned from; the strangest enter the queue."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import pyarrow as pa
import pyarrow.compute as pc
import typer

from flows.options import DEFAULT_STORE, StoreOption, open_store
from flows.output import say, show
from flows.post_vectors import PostVectors, post_vectors
from flows.progress import progress
from flows.scored_models import CHAMPION, LATEST, ScoredModel, model_named
from flows.succession import task_of_models
from msa_core.records import Doubt, Drift
from warehouse import Moment, Run, Store, digest, lease

if TYPE_CHECKING:
    from msa_core.drift import Difference, Verdict

ALGORITHM = 2  # since 2, languages are compared
POSTS_A_SIDE = 20_000
TEXTS_A_SIDE = 5_000  # whose language is told, at a tenth of a millisecond each
POSTS = (
    "from drift_posts"
    " where model_id = $model and (side = 'reference' or coalesce(source = $source, true))"
    " qualify row_number() over (partition by side order by md5(post_id), post_id) <= $n"
    " order by side, md5(post_id), post_id"
)
TEXTS = "select post_id, coalesce(text, '') as text from posts where post_id in (select unnest($ids))"
DECIDING = ["post_id", "side", "label", "predicted", "confidence"]
FIGURES = (
    "select * exclude (run_id, origin_run_id) from drifts where model_id = $model and compared_sha256 = $sha256"
    " order by effect desc, name"
)
VERDICT = "select why from drift_verdicts where model_id = $model and compared_sha256 = $sha256"
OPEN = (
    "select post_id from minable where model_id = $model and post_id in (select unnest($ids)) and post_id not in"
    " (select post_id from doubts where model_id = $model and reason = 'unfamiliar') order by post_id"
)
ELSEWHERE = (
    "select count(distinct t.post_id) from trainable_posts t join models m using (task) join snapshot_cards k using"
    " (snapshot_id) where m.model_id = $model and k.source not in ('all', t.source)"
)
REASON = "unfamiliar"
SHOWN = ("name", "measure", "effect", "threshold", "p_holm", "is_drifted", "n_reference", "n_current")


@dataclass(frozen=True, slots=True)
class Drifted:
    """`run_id` is null where nothing was measured: the same posts were before, or they are too few for a verdict, as
    `why` says. `figures` by falling effect. `n_unscored` new posts have no prediction of the model out of fold.
    """

    run_id: str | None
    model_id: str
    is_drifted: bool
    why: str
    figures: tuple[Drift, ...]
    n_unscored: int = 0
    n_unfamiliar: int = 0


@dataclass(frozen=True, slots=True)
class Compared:
    """Posts of both sides in an order that says nothing of them, at most POSTS_A_SIDE of each."""

    reference: pa.Table
    current: pa.Table
    source: str | None
    sha256: str

    def strangers(self, at_most: int) -> tuple[list[str], list[str]]:
        """Posts of both sides that the model's own network never learned from: the first `at_most` of each."""
        sides = self.reference.filter(self.reference["is_unseen"]), self.current
        reference, current = (side["post_id"].to_pylist()[:at_most] for side in sides)
        return reference, current


def drift(
    store: Store,
    *,
    task: str | None = None,
    source: str | None = None,
    model: str = CHAMPION,
    at_most: int = 2000,
    unfamiliar: float = 0.99,
    on_done: Callable[[int], None] | None = None,
) -> Drifted:
    """New posts (of `source`) against the snapshot of the model. Vectors are computed for at most `at_most` posts a
    side (0: none); a post further off than the share `unfamiliar` of the reference is doubted. One process at a time.
    """
    with lease(store.places, "mine"), store.moment() as moment:
        of = _model(store, moment, model, task)
        compared = _compared(moment, of, source, at_most)
        n_unscored = compared.current["predicted"].null_count
        if few := _too_few(moment, of, compared):
            return Drifted(None, of.model_id, False, few + _elsewhere(moment, of.model_id), (), n_unscored)
        inputs = [of.origin_run_id, f"posts-{compared.sha256}"]
        run = store.begin("drift", parameters={"unfamiliar": unfamiliar}, inputs=inputs, version=ALGORITHM)
        if run is not None:
            with run:
                found, vectors = _found(store, moment, of, compared, at_most=at_most, on_done=on_done)
                doubts = _doubts(moment, of, vectors, compared.strangers(at_most), unfamiliar)
                run.write("drifts", _records(of.model_id, compared, found))
                run.write("doubts", doubts)
                if vectors is not None:
                    run.write("embeddings", vectors.fresh)
    return _told(store, of.model_id, compared, run)


def _told(store: Store, model_id: str, compared: Compared, run: Run | None) -> Drifted:
    """As it stands in the store, also where it was measured before."""
    about = {"model": model_id, "sha256": compared.sha256}
    with store.moment() as moment:
        figures = tuple(Drift(**row) for row in moment.table(FIGURES, **about).to_pylist())
        why = str(moment.value(VERDICT, **about)) + _elsewhere(moment, model_id)
    n_unfamiliar = run.n_rows["doubts"] if run else 0
    run_id, is_drifted = run.run_id if run else None, any(each.is_drifted for each in figures)
    n_unscored = compared.current["predicted"].null_count
    return Drifted(run_id, model_id, is_drifted, why, figures, n_unscored, n_unfamiliar)


def command(
    store: StoreOption = DEFAULT_STORE,
    task: Annotated[str | None, typer.Option(help="Whose champion, where there are models of several tasks.")] = None,
    source: Annotated[str | None, typer.Option(help="Only new posts of this source.")] = None,
    model: Annotated[str, typer.Option(help="A model_id, champion or latest.")] = CHAMPION,
    at_most: Annotated[int, typer.Option(min=0, help="Posts a side to run through the model; 0: none.")] = 2000,
    unfamiliar: Annotated[float, typer.Option(min=0.5, max=1, help="How far off a doubted post is.")] = 0.99,
) -> None:
    """Print each figure with its effect, its p-value and its verdict. Drift is no error: the exit code is 0."""
    with progress("drift", total=None) as on_done:
        asked = {"task": task, "source": source, "model": model, "at_most": at_most, "unfamiliar": unfamiliar}
        done = drift(open_store(store), on_done=on_done, **asked)  # type: ignore[arg-type]
    say(f"{done.model_id}: {done.why}")
    if done.figures:
        show("drift", SHOWN, [[getattr(each, name) for name in SHOWN] for each in done.figures])
    if done.figures and done.run_id is None:
        say("nothing to do: these posts were compared before")
    if done.n_unfamiliar:
        say(f"{done.n_unfamiliar} new posts are unlike any the model was judged by; they are in the queue")
    if done.n_unscored:
        say(f"{done.n_unscored} new posts are not scored, so nothing is said of their labels and confidence: msa score")


def _model(store: Store, moment: Moment, model: str, task: str | None) -> ScoredModel:
    of = task_of_models(moment, task) if model in (CHAMPION, LATEST) else task
    return model_named(store, moment, model, of or task)


def _elsewhere(moment: Moment, model_id: str) -> str:
    """What was not looked at, since the model's kind never learns it; empty where nothing."""
    n_posts = moment.value(ELSEWHERE, model=model_id)
    words = f"; {n_posts:,} labelled posts of other sources are not looked at: {model_id} learns from its own alone"
    return words if n_posts else ""


def _compared(moment: Moment, of: ScoredModel, source: str | None, at_most: int) -> Compared:
    posts = moment.table(POSTS, model=of.model_id, source=source, n=POSTS_A_SIDE)
    deciding = [list(row.values()) for row in posts.select(DECIDING).to_pylist()]
    reference, current = (posts.filter(pc.equal(posts["side"], side)) for side in ("reference", "current"))
    return Compared(reference, current, source, digest([source, at_most, deciding, ALGORITHM]))


def _too_few(moment: Moment, of: ScoredModel, compared: Compared) -> str | None:
    """Why nothing can be said, where nothing can."""
    from msa_core.drift import FEWEST

    n_new, n_known = compared.current.num_rows, compared.reference.num_rows
    if n_known < FEWEST:
        return f"{n_known} posts to compare with, fewer than {FEWEST}: no verdict"
    if n_new >= FEWEST:
        return None
    n_waiting = moment.value("select count(*) from unplaced_posts where task = $task", task=of.task)
    waiting = f"; {n_waiting} more wait for their place: msa split" if n_waiting else ""
    return f"{n_new} new posts, fewer than {FEWEST}: no verdict{waiting}"


def _found(
    store: Store, moment: Moment, of: ScoredModel, compared: Compared, *, at_most: int, on_done: Any
) -> "tuple[list[Difference], PostVectors | None]":
    """Every figure that enough posts have; and the vectors, where both sides have enough posts to compare them."""
    from msa_core.drift import FEWEST, differences, of_vectors

    found = differences(*(_with_language(moment, side) for side in (compared.reference, compared.current)))
    reference, current = compared.strangers(at_most)
    if min(len(reference), len(current)) < FEWEST:
        return found, None
    vectors = post_vectors(store, moment, of, [*reference, *current], on_done=on_done)
    return [*found, of_vectors("features", vectors.of(reference), vectors.of(current))], vectors


def _with_language(moment: Moment, side: pa.Table) -> pa.Table:
    """Of the first TEXTS_A_SIDE posts; null for the others."""
    from msa_core.languages import language_of

    ids = side["post_id"].to_pylist()
    found = moment.table(TEXTS, ids=ids[:TEXTS_A_SIDE])
    texts = zip(found["post_id"].to_pylist(), found["text"].to_pylist(), strict=True)
    language = {post_id: language_of(text) for post_id, text in texts}
    return side.append_column("language", pa.array(map(language.get, ids), pa.string()))


def _doubts(
    moment: Moment,
    of: ScoredModel,
    vectors: PostVectors | None,
    posts: tuple[list[str], list[str]],
    at_least: float,
) -> list[Doubt]:
    """Of new posts that may be mined and are not doubted for this yet, by post_id."""
    from msa_core.drift import unfamiliarity

    open_posts = moment.table(OPEN, model=of.model_id, ids=posts[1])["post_id"].to_pylist()
    if vectors is None or not open_posts:
        return []
    strengths = unfamiliarity(vectors.of(posts[0]), vectors.of(open_posts))
    pairs = zip(open_posts, strengths.tolist(), strict=True)
    return [Doubt(post_id, of.model_id, REASON, strength) for post_id, strength in pairs if strength >= at_least]


def _records(model_id: str, compared: Compared, found: "list[Difference]") -> list[Drift]:
    from msa_core.drift import verdicts

    return [_record(model_id, compared, each) for each in verdicts(found)]


def _record(model_id: str, compared: Compared, judged: "Verdict") -> Drift:
    one = judged.difference
    return Drift(
        model_id, compared.sha256, compared.source, one.name, one.measure, one.effect, judged.threshold, one.p_value,
        judged.p_holm, judged.is_drifted, one.n_reference, one.n_current, one.bins, one.reference, one.current,
    )  # fmt: skip
