"""What a model must beat: the commonest label, and words and characters of the text alone.

TF-IDF over words 1-2 and characters 2-5 with logistic regression: seconds of work, and on small sets of short posts
hard to beat without pretrained towers.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

Probs = NDArray[np.float64]


def majority(truth: NDArray[np.int64], n_posts: int, n_labels: int) -> Probs:
    """The shares of the labels in training, for each of `n_posts` posts: (n_posts, C)."""
    shares = np.bincount(truth, minlength=n_labels) / max(len(truth), 1)
    return np.tile(shares, (n_posts, 1))


def tfidf(texts: Sequence[str], truth: NDArray[np.int64], asked: Sequence[str], n_labels: int) -> Probs | None:
    """Trained on `texts`, whose labels are `truth`; probs of the texts `asked`: (n_asked, C). None where nothing can be
    learned: no two texts share a letter, or all have one label.
    """
    terms = _terms(texts, asked)
    if not terms or len(set(truth.tolist())) < 2:
        return None
    learned, unknown = (hstack(side, format="csr") for side in zip(*terms, strict=True))
    model = LogisticRegression(C=4, max_iter=2000).fit(learned, truth)
    probs = np.zeros((len(asked), n_labels))
    probs[:, model.classes_] = model.predict_proba(unknown)
    return probs


def _terms(texts: Sequence[str], asked: Sequence[str]) -> list[tuple[csr_array, csr_array]]:
    """Words and characters of `texts`, and those of them in `asked`; without a kind of which no two texts share one."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=2)
    found = []
    for kind in (words, characters):
        try:
            learned = kind.fit_transform(texts)
        except ValueError:  # what an empty vocabulary is to scikit-learn
            continue
        found.append((learned, kind.transform(asked)))
    return found
