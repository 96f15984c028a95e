"""Fitting the statistical detector: cross-validated scores, and thresholds fair to each group."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from upright.verify.regression import INSTRUCTED, PERSON, Classes, Floats, Odds, balanced, regress
from upright.verify.wording import Rows, preferences, wording

RIDGE = 20.0
FOLDS = 5
_LEAST_OF_A_GROUP = 20


@dataclass(frozen=True, slots=True)
class Corpus:
    """Labelled texts as numbers; every field has one row for each text.

    Attributes:
        table: features, shape (rows, features).
        seen: which words it has, shape (rows, words).
        classes: who wrote it.
        kinds: of text.
        groups: kind, generator and writer; groups weigh alike within a class.
        units: what a row must not be apart from in a split: pair, beginning, author.
    """

    table: Floats
    seen: Rows
    classes: Classes
    kinds: NDArray[np.str_]
    groups: NDArray[np.str_]
    units: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.table)

    def rows(self, chosen: Rows) -> Corpus:
        """Return some of the rows."""
        return Corpus(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def folds(self) -> Classes:
        """Return the fold of each row; rows of one unit share theirs."""
        return np.array([fold_of(unit) for unit in self.units], dtype=np.int64)


@dataclass(frozen=True, slots=True)
class Fit:
    """What a fit gives.

    Attributes:
        odds: of the features, the wording being the last one.
        words: preference of each word, shape (words,).
    """

    odds: Odds
    words: Floats

    def table(self, corpus: Corpus) -> Floats:
        """Return the features with the wording, shape (rows, features + 1)."""
        return np.column_stack([corpus.table, wording(corpus.seen, self.words)])

    def __call__(self, corpus: Corpus) -> Floats:
        """Return the log-odds of each row."""
        return self.odds(self.table(corpus))


def fold_of(unit: str) -> int:
    """Return the fold of a unit, the same on every machine."""
    return int.from_bytes(hashlib.sha256(unit.encode()).digest()[:8], "big") % FOLDS


def fit(corpus: Corpus, *, ridge: float = RIDGE) -> Fit:
    """Return the fit of a corpus that has all three classes.

    The wording that the regression learns from comes from the other folds: preferences that have
    seen a text would flatter it.
    """
    folds, leaning = corpus.folds(), np.zeros(len(corpus))
    for fold in np.unique(folds):
        held = folds == fold
        leaning[held] = wording(corpus.seen[held], _preferences(corpus, ~held))
    weights = balanced(corpus.classes, corpus.groups)
    table = np.column_stack([corpus.table, leaning])
    odds = regress(table, corpus.classes, weights, ridge=ridge)
    return Fit(odds, _preferences(corpus, np.ones(len(corpus), dtype=np.bool_)))


def _preferences(corpus: Corpus, chosen: Rows) -> Floats:
    made, people = corpus.classes == INSTRUCTED, corpus.classes == PERSON
    return preferences(corpus.seen, made & chosen, people & chosen, corpus.kinds)


def out_of_fold(corpus: Corpus, *, ridge: float = RIDGE) -> Floats:
    """Return each row's log-odds from a fit that did not see its unit's fold."""
    folds, scores = corpus.folds(), np.zeros(len(corpus))
    for fold in np.unique(folds):
        held = folds == fold
        scores[held] = fit(corpus.rows(~held), ridge=ridge)(corpus.rows(held))
    return scores


def threshold(scores: Floats, groups: Sequence[str], *, rate: float) -> float:
    """Return the least log-odds at which no group of people's texts errs more often than `rate`.

    A group's limit is the greater of its own quantile and that of a normal curve through its
    scores, which says something of the tail where the group is small. The greatest limit of all
    groups holds for everybody: nobody's risk is averaged with another's.

    Args:
        scores: of people's texts, from fits that did not see them.
        groups: the group of each; those under twenty texts are taken together.
        rate: bound on the share of errors in each group.

    Raises:
        ValueError: if there are fewer than two texts in every group.
    """
    names = np.asarray(groups)
    kinds, counts = np.unique(names, return_counts=True)
    small = kinds[counts < _LEAST_OF_A_GROUP]
    parts = [scores[names == kind] for kind in kinds if kind not in small]
    parts.append(scores[np.isin(names, small)])
    return max(_limit(part, rate) for part in parts if part.size > 1)


def _limit(scores: Floats, rate: float) -> float:
    own = float(np.quantile(scores, 1 - rate, method="higher"))
    tail = float(scores.mean() + NormalDist().inv_cdf(1 - rate) * scores.std(ddof=1))
    return max(own, tail)
