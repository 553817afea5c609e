"""What several people who judged the same posts mean together: Dawid and Skene 1979, by crowd-kit."""

import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from crowdkit.aggregation import DawidSkene

from msa_core.records import Consensus

N_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Vote:
    """One label that one rater (a person, a dump, a model) gave a post."""

    post_id: str
    rater: str
    label: str
    is_person: bool


def dawid_skene(votes: Sequence[Vote]) -> list[Consensus]:
    """One a post, by post_id; a tie goes to the label that sorts first. Each rater's confusions are learnt from posts
    that others judged too, so dump and model are raters as well: else a person alone on a post is always believed.
    """
    if not votes:
        return []
    rows = sorted((vote.post_id, vote.rater, vote.label) for vote in votes)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of empty cells in a rater's table
        frame = pd.DataFrame(rows, columns=["task", "worker", "label"])
        found = DawidSkene(n_iter=N_ROUNDS).fit_predict_proba(frame)
    probs = found[sorted(found.columns)]
    best = zip(probs.index, probs.idxmax(axis=1), probs.max(axis=1), strict=True)
    n_votes = Counter(vote.post_id for vote in votes)
    n_people = Counter(vote.post_id for vote in votes if vote.is_person)
    return sorted(
        (Consensus(post_id, label, float(p), n_votes[post_id], n_people[post_id]) for post_id, label, p in best),
        key=lambda row: row.post_id,
    )
