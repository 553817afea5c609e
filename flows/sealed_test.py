"""The sealed test as two models see it: the same posts, the labels in force, and what each says of them."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from flows.evaluate import places, stacked
from flows.scored_models import ScoredModel
from msa_core.errors import GateError
from warehouse import Moment, Store, digest

SEEN = (
    "select *, post_id in (select post_id from revealed_posts where model_id in (select unnest($models)))"
    " as is_revealed from judged_posts where model_id in (select unnest($models)) and split = 'test'"
    " order by model_id, post_id"
)
SOURCES = "select model_id, source from model_sources where model_id in (select unnest($models))"


@dataclass(frozen=True, slots=True)
class SealedTest:
    """Posts by post_id, N in number: sources (N,), truth (N,) as places in the challenger's labels, probs (N, C) in
    their order.
    `n_left_out`: posts a near-duplicate of which either has learned. `unjudged`: the champion's sources of which no
    post is here; `unknown`: labels that the champion does not know.
    """

    post_ids: list[str]
    sources: NDArray[np.str_]
    truth: NDArray[np.int64]
    challenger: NDArray[np.float64]
    champion: NDArray[np.float64]
    n_left_out: int
    unjudged: tuple[str, ...]
    unknown: tuple[str, ...]

    def digest(self) -> str:
        """Of the posts and their labels."""
        return f"labels-{digest([self.post_ids, self.truth.tolist()])}"

    def doubts(self) -> list[str]:
        """What this test cannot show, in words."""
        none = f"no test post of {', '.join(self.unjudged)} was judged, and the champion was trained on it"
        return [none] if self.unjudged else []

    def remarks(self) -> list[str]:
        """What is to be known of this test, in words."""
        left_out = f"{self.n_left_out} more left out, since a near-duplicate of each was learned"
        unknown = f"the champion does not know {', '.join(self.unknown)}, and is wrong there"
        return [left_out] * bool(self.n_left_out) + [unknown] * bool(self.unknown)


@dataclass(frozen=True, slots=True)
class Seen:
    """The same posts as the challenger and as the champion sees them, by post_id; the rest as in SealedTest."""

    ours: pa.Table
    theirs: pa.Table
    n_left_out: int
    unjudged: tuple[str, ...]


def sealed_test(
    store: Store, challenger: ScoredModel, champion: ScoredModel, *, source: str | None, fewest: int
) -> SealedTest:
    """Of the sources that either was trained on, or of `source`; without posts whose near-duplicate either has learned.
    Posts that either has not scored are scored. Raises GateError where the test tells nothing.
    """
    _refuse_forgetful(challenger, champion)
    seen = _seen(store, challenger, champion, source, fewest)
    if _score_missing(store, challenger, seen.ours) + _score_missing(store, champion, seen.theirs):
        seen = _seen(store, challenger, champion, source, fewest)
    for model, table in ((challenger, seen.ours), (champion, seen.theirs)):
        if table["probs"].null_count:
            raise GateError(
                f"{table['probs'].null_count} test posts have no prediction by {model.model_id} that never saw them. "
                f"What it was trained on: msa sql \"from training_posts where model_id = '{model.model_id}'\""
            )
    truth = places(seen.ours["label"], challenger.labels)
    probs = stacked(seen.ours), _in_order(stacked(seen.theirs), champion.labels, challenger.labels)
    unknown = tuple(label for label in challenger.labels if label not in champion.labels)
    post_ids, sources = seen.ours["post_id"].to_pylist(), np.array(seen.ours["source"].to_pylist())
    return SealedTest(post_ids, sources, truth, *probs, seen.n_left_out, seen.unjudged, unknown)


def _seen(store: Store, challenger: ScoredModel, champion: ScoredModel, source: str | None, fewest: int) -> Seen:
    models = [challenger.model_id, champion.model_id]
    with store.moment() as moment:
        found, sources = (moment.table(sql, models=models) for sql in (SEEN, SOURCES))
    asked = sources["source"].combine_chunks() if source is None else pa.array([source])
    found = found.filter(pc.is_in(found["source"], value_set=asked))
    kept = found.filter(pc.invert(found["is_revealed"]))
    ours, theirs = (kept.filter(pc.equal(kept["model_id"], model_id)) for model_id in models)
    if ours.num_rows < fewest:
        raise too_few(ours.num_rows, fewest, source)
    of_champion = sources.filter(pc.equal(sources["model_id"], champion.model_id))["source"].to_pylist()
    unjudged = sorted({*of_champion} - {*theirs["source"].to_pylist()})
    return Seen(ours, theirs, (found.num_rows - kept.num_rows) // len(models), tuple(unjudged))


def too_few(n_posts: int, fewest: int, source: str | None = None) -> GateError:
    """What to do about it."""
    return GateError(
        f"{n_posts} labelled test posts{f' of {source}' if source else ''}: a verdict wants {fewest} or more "
        "(--fewest); one whose twin was learned does not count. See what lies where: msa sql 'from split_counts'; to "
        "decide yourself: msa promote --override"
    )


def judging_posts(moment: Moment, model_id: str) -> list[str]:
    """Those by which a challenger of this model would be judged, as far as can be known before it is trained."""
    found = moment.table(SEEN, models=[model_id])
    is_judged = pc.and_(found["is_own_source"], pc.invert(found["is_revealed"]))
    return [str(post_id) for post_id in found.filter(is_judged)["post_id"].to_pylist()]


def _score_missing(store: Store, model: ScoredModel, seen: pa.Table) -> int:
    """How many posts were scored."""
    from flows.score import score

    missing = seen.filter(seen["probs"].is_null())
    sources = sorted(set(missing["source"].to_pylist()))
    return sum(score(store, model=model.model_id, source=each).n_posts for each in sources)


def _refuse_forgetful(challenger: ScoredModel, champion: ScoredModel) -> None:
    """A label may come, none may go."""
    gone = [label for label in champion.labels if label not in challenger.labels]
    if gone:
        raise GateError(
            f"{challenger.model_id} does not know {', '.join(gone)}, which the champion {champion.model_id} knows: "
            "they cannot be compared. To decide yourself: msa promote --override"
        )


def _in_order(probs: NDArray[np.float64], known: tuple[str, ...], labels: tuple[str, ...]) -> NDArray[np.float64]:
    """Probs (N, K) of the labels that a model knows as (N, C), in another order: a label that it lacks has none."""
    columns = np.zeros((len(probs), len(labels)))
    columns[:, [labels.index(label) for label in known]] = probs
    return columns
