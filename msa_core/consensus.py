"""What several people who judged the same posts mean together: Dawid and Skene 1979, by crowd-kit, with a prior.

Without a prior whoever judged posts alone is believed outright, since a rater's confusions are learnt from labels that
the rater decided. So each rater also answers anchors, made-up posts whose truth is known, as raters of its kind usually
do: these are the pseudo-counts of a Dirichlet prior on the confusions (Raykar et al. 2010 give their raters a Beta).

EM begins at the prior and learns once. Until it converged it would learn what is not so: its raters err independently,
but people are asked where dump and model contradict each other. Of 200 such posts, each judged by one person who is
right in 90 of 100 cases, it believes the dump: 62 of 100 labels are right, it claims 93. Learning once: 89, and 87.
"""

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd
from crowdkit.aggregation import DawidSkene

from msa_core.records import Consensus

N_ROUNDS = 2  # posteriors by the prior; confusions from these, and posteriors by them
DOUBTED = frozenset({"dump", "model"})  # raters that contradict each other, or are unsure, wherever people are asked
OF_PERSON, OF_DOUBTED = (5, 1), (3, 2)  # right answers to wrong ones, a wrong label: .83 right, and .6


@dataclass(frozen=True, slots=True)
class Vote:
    """One label that one rater (a person, a dump, a model) gave a post."""

    post_id: str
    rater: str
    label: str
    is_person: bool


def dawid_skene(votes: Sequence[Vote], labels: Sequence[str] = ()) -> list[Consensus]:
    """One a post, by post_id; a tie goes to the label that sorts first. `labels`: what could have been said, beside
    what was. A rater's confusions are learnt from posts that others judged too, so dump and model are raters as well.
    """
    if not votes:
        return []
    space = sorted({*labels, *(vote.label for vote in votes)})
    rows = sorted((vote.post_id, vote.rater, vote.label) for vote in votes)
    n_votes = Counter(vote.post_id for vote in votes)
    n_people = Counter(vote.post_id for vote in votes if vote.is_person)
    probs = _posteriors(rows, space).loc[sorted(n_votes), space]
    best = zip(probs.index, probs.idxmax(axis=1), probs.max(axis=1), strict=True)
    return [Consensus(post_id, label, float(p), n_votes[post_id], n_people[post_id]) for post_id, label, p in best]


def _posteriors(rows: Sequence[tuple[str, str, str]], space: Sequence[str]) -> pd.DataFrame:
    """Of each post and anchor (rows) and each label (columns)."""
    columns = ["task", "worker", "label"]
    judged = pd.DataFrame(rows, columns=columns)
    anchors = pd.DataFrame(
        [each for rater in sorted(set(judged["worker"])) for each in _anchors(rater, space)],
        columns=[*columns, "right"],
    )
    if anchors.empty:  # one label, and nothing else that could have been said
        return pd.DataFrame(1.0, index=judged["task"].unique(), columns=space)
    prior = pd.crosstab([anchors["worker"], anchors["label"]], anchors["right"]).astype(float)
    truth = anchors.drop_duplicates("task").set_index("task")["right"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of empty cells in a rater's table
        skilled = DawidSkene(n_iter=N_ROUNDS, initial_error_strategy="assign")
        return skilled.fit_predict_proba(pd.concat([judged, anchors[columns]]), truth, prior)


def _anchors(rater: str, space: Sequence[str]) -> Iterator[tuple[str, str, str, str]]:
    """An id that no post of a store has, the rater, what it says, and the truth."""
    n_right, n_wrong = OF_DOUBTED if rater in DOUBTED else OF_PERSON
    for place, right in enumerate(space):
        wrong = [label for label in space if label != right]
        said = [right] * n_right * len(wrong) + wrong * n_wrong
        yield from ((f"#{place}-{nth}", rater, label, right) for nth, label in enumerate(said))
