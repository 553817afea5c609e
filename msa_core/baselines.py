"""What a model must beat: the commonest label, and words and characters of the text alone.

TF-IDF over words 1-2 and characters 2-5 with logistic regression: seconds of work, and on small sets of short posts
hard to beat without pretrained towers.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union

Probs = NDArray[np.float64]


def majority(truth: NDArray[np.int64], n_posts: int, n_labels: int) -> Probs:
    """The shares of the labels in training, for each of `n_posts` posts: (n_posts, C)."""
    shares = np.bincount(truth, minlength=n_labels) / max(len(truth), 1)
    return np.tile(shares, (n_posts, 1))


def tfidf(texts: Sequence[str], truth: NDArray[np.int64], asked: Sequence[str], n_labels: int) -> Probs:
    """Trained on `texts`, whose labels are `truth`; probs of the texts `asked`: (n_asked, C)."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2)
    model = make_pipeline(make_union(words, characters), LogisticRegression(C=4, max_iter=2000))
    model.fit(texts, truth)
    probs = np.zeros((len(asked), n_labels))
    probs[:, model.classes_] = model.predict_proba(asked)
    return probs
