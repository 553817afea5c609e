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
    "from judged_posts where model_id in (select unnest($models)) and split = 'test' and post_id not in"
    " (select post_id from revealed_posts where model_id in (select unnest($models))) order by model_id, post_id"
)


@dataclass(frozen=True, slots=True)
class SealedTest:
    """Posts by post_id, N in number: truth (N,) as places in the challenger's labels, probs (N, C) in their order."""

    post_ids: list[str]
    truth: NDArray[np.int64]
    challenger: NDArray[np.float64]
    champion: NDArray[np.float64]

    def digest(self) -> str:
        """Of the posts and their labels."""
        return f"labels-{digest([self.post_ids, self.truth.tolist()])}"


def sealed_test(
    store: Store, challenger: ScoredModel, champion: ScoredModel, *, source: str | None, fewest: int
) -> SealedTest:
    """Of the sources that the challenger was trained on, or of `source`; without posts whose near-duplicate either has
    learned. Posts that either has not scored are scored.
    Raises GateError where the test tells nothing.
    """
    order = _order(challenger, champion)
    ours, theirs = _seen(store, challenger, champion, source, fewest)
    if _score_missing(store, challenger, ours) + _score_missing(store, champion, theirs):
        ours, theirs = _seen(store, challenger, champion, source, fewest)
    for model, table in ((challenger, ours), (champion, theirs)):
        if table["probs"].null_count:
            raise GateError(
                f"{table['probs'].null_count} test posts have no prediction by {model.model_id} that never saw them. "
                f"What it was trained on: msa sql \"from training_posts where model_id = '{model.model_id}'\""
            )
    truth = places(ours["label"], challenger.labels)
    return SealedTest(ours["post_id"].to_pylist(), truth, stacked(ours), stacked(theirs)[:, order])


def _seen(
    store: Store, challenger: ScoredModel, champion: ScoredModel, source: str | None, fewest: int
) -> tuple[pa.Table, pa.Table]:
    """The same posts as each of the two sees them, by post_id."""
    with store.moment() as moment:
        found = moment.table(SEEN, models=[challenger.model_id, champion.model_id])
    is_asked = found["is_own_source"] if source is None else pc.equal(found["source"], source)
    ours = found.filter(pc.and_(pc.equal(found["model_id"], challenger.model_id), is_asked))
    if ours.num_rows < fewest:
        raise too_few(ours.num_rows, fewest, source)
    theirs = found.filter(pc.equal(found["model_id"], champion.model_id))
    return ours, theirs.filter(pc.is_in(theirs["post_id"], value_set=ours["post_id"].combine_chunks()))


def too_few(n_posts: int, fewest: int, source: str | None = None) -> GateError:
    """What to do about it."""
    return GateError(
        f"{n_posts} labelled test posts{f' of {source}' if source else ''}: a verdict wants {fewest} or more "
        "(--fewest); one whose twin was learned does not count. See what lies where: msa sql 'from split_counts'; to "
        "decide yourself: msa promote --override"
    )


def n_test_posts(moment: Moment, model_id: str) -> int:
    """Those by which a challenger of this model would be judged, as far as can be known before it is trained."""
    return int(moment.value(f"select count(*) {SEEN.partition(' order by ')[0]} and is_own_source", models=[model_id]))


def _score_missing(store: Store, model: ScoredModel, seen: pa.Table) -> int:
    """How many posts were scored."""
    from flows.score import score

    missing = seen.filter(seen["probs"].is_null())
    sources = sorted(set(missing["source"].to_pylist()))
    return sum(score(store, model=model.model_id, source=each).n_posts for each in sources)


def _order(challenger: ScoredModel, champion: ScoredModel) -> list[int]:
    """Where the challenger's labels stand among the champion's."""
    if set(challenger.labels) != set(champion.labels):
        raise GateError(
            f"{challenger.model_id} knows {', '.join(challenger.labels)}; {champion.model_id} knows "
            f"{', '.join(champion.labels)}: they cannot be compared. To decide yourself: msa promote --override"
        )
    return [champion.labels.index(label) for label in challenger.labels]
