"""Fitting the statistical detector: cross-validated scores, and thresholds fair to each group."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from upright.measure import clopper_pearson
from upright.verify.detector import Rate
from upright.verify.regression import INSTRUCTED, PERSON, Classes, Floats, Odds, balanced, regress
from upright.verify.wording import Rows, preferences, wording

RIDGE = 10.0
FOLDS = 5
_LEAST_OF_A_GROUP = 20
_CONFIDENCE = 0.95
_LEAST_OF_A_CURVE = 3

MOST_ERRORS = 0.01
"""Greatest share of all people's texts that may get the verdict."""
MOST_NON_NATIVE = 0.06
"""Greatest upper 95 % limit of that share for non-native writers; no error in 60 texts."""


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

    A group's limit is the greater of its own quantile and of the one-sided tolerance limit of a
    normal curve through its scores, which lies beyond that quantile with 95 % confidence (Natrella
    1963, Experimental Statistics, section 2-5) and so is the wider the smaller the group. The
    greatest limit of all groups holds for everybody: nobody's risk is averaged with another's.

    Args:
        scores: of people's texts, from fits that did not see them.
        groups: the group of each; those under twenty texts are taken together.
        rate: bound on the share of errors in each group.

    Raises:
        ValueError: if there are no texts.
    """
    names = np.asarray(groups)
    kinds, counts = np.unique(names, return_counts=True)
    small = kinds[counts < _LEAST_OF_A_GROUP]
    parts = [scores[names == kind] for kind in kinds if kind not in small]
    parts.append(scores[np.isin(names, small)])
    return max(_limit(part, rate) for part in parts if part.size)


def _limit(scores: Floats, rate: float) -> float:
    own = float(np.quantile(scores, 1 - rate, method="higher"))
    if scores.size < _LEAST_OF_A_CURVE:
        return own
    return max(own, float(scores.mean() + tolerance(scores.size, rate) * scores.std(ddof=1)))


def tolerance(n: int, rate: float, confidence: float = _CONFIDENCE) -> float:
    """Return how many standard deviations above the mean a tolerance limit lies.

    Args:
        n: how many normal values mean and deviation are reckoned from; at least three.
        rate: share of all such values that may lie beyond the limit.
        confidence: that no more do.
    """
    normal = NormalDist()
    reach, doubt = normal.inv_cdf(1 - rate), normal.inv_cdf(confidence)
    spread = 1 - doubt**2 / (2 * (n - 1))
    root: float = (reach**2 - spread * (reach**2 - doubt**2 / n)) ** 0.5
    return (reach + root) / spread


def unfair(rates: Sequence[Rate]) -> list[str]:
    """Return why a detector with such error rates must not be released; nothing if it may be.

    The share of all people's texts, and the upper limit for writers who are not native, are
    bounded; and no group may err more often than one in a hundred beyond what chance explains.

    Args:
        rates: of people's texts, each from fits and thresholds that had no part in them.
    """
    found = []
    flagged, n = sum(rate.flagged for rate in rates), sum(rate.n for rate in rates)
    if flagged > MOST_ERRORS * n:
        found.append(f"{flagged} of {n} texts by people get the verdict")
    foreign = [rate for rate in rates if rate.writer == "non-native"]
    errors, texts = sum(rate.flagged for rate in foreign), sum(rate.n for rate in foreign)
    if not texts:
        found.append("no text by a non-native writer was measured")
    elif clopper_pearson(errors, texts, 0.95).high > MOST_NON_NATIVE:
        found.append(f"{errors} of {texts} texts by non-native writers get the verdict")
    found += [
        f"{rate.flagged} of {rate.n} texts ({rate.writer}, {rate.kind}) get the verdict"
        for rate in rates
        if rate.interval.low > MOST_ERRORS
    ]
    return found
