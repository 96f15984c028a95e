"""Whether two groups of texts differ, at one level for all questions asked at once.

Under "the groups do not differ" every way to hand the labels out, inside each pair or stratum, is
as likely as the one that was seen. Each family of statistics is computed for the labels as they
are and for many drawn ones; its p-value is a rank. The smallest p-value over the families is then
ranked among its own values for the drawn labels (Westfall and Young 1993), so the chance of any
false finding is at most the level, however the families depend on each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PERMUTATIONS = 999
FOLDS = 5
RIDGE = 0.3
_AT_ONCE = 1000  # columns whose statistics are computed together


class Design:
    """Which text is of which group, and how labels may be drawn.

    Args:
        first: whether each text is of the first group, shape (n,).
        strata: number of each text's pair or stratum, shape (n,); all equal where there is none.
        draws: how many labellings are drawn.
        seed: same seed, same draws.
    """

    def __init__(
        self, first: Sequence[bool], strata: Ints, *, draws: int = PERMUTATIONS, seed: int = 0
    ) -> None:
        label = np.asarray(first, dtype=np.float64)
        self.strata = np.unique(strata, return_inverse=True)[1]
        self.sizes = np.bincount(self.strata)
        self.n, self.draws, self.seed = len(label), draws, seed
        numbers = np.random.default_rng(seed)
        home = np.argsort(self.strata, kind="stable")
        drawn = np.empty((self.n, draws + 1))
        drawn[:, 0] = label
        for column in range(1, draws + 1):
            order = np.lexsort((numbers.random(self.n), self.strata))
            drawn[order, column] = label[home]
        self.labels: Floats = self.centred(drawn)
        self.spread = np.bincount(self.strata, self.labels[:, 0] ** 2)

    def centred(self, values: Floats) -> Floats:
        """Return values less the mean of their stratum; rows are texts."""
        two = values if values.ndim > 1 else values[:, None]
        if len(self.sizes) == 1:
            less = two - two.mean(axis=0)
        else:
            sums = np.zeros((len(self.sizes), two.shape[1]))
            np.add.at(sums, self.strata, two)
            less = two - (sums / self.sizes[:, None])[self.strata]
        return np.asarray(less if values.ndim > 1 else less[:, 0])


@dataclass(frozen=True, slots=True)
class Family:
    """Statistics of one kind.

    Attributes:
        name: of the family.
        best: its largest statistic for each labelling, the true one first, shape (draws + 1,).
        each: standardised statistics of its members under the true labels; empty if it has none.
    """

    name: str
    best: Floats
    each: Floats


def columns(name: str, values: Floats, design: Design) -> Family:
    """Return the family "the mean of some column differs".

    Args:
        name: of the family.
        values: shape (n, columns).
        design: the labels.

    Returns:
        Differences in units of their standard deviation over all labellings.
    """
    best = np.zeros(design.draws + 1)
    each = np.zeros(values.shape[1])
    share = design.spread / np.maximum(design.sizes - 1, 1)
    for start in range(0, values.shape[1], _AT_ONCE):
        part = design.centred(values[:, start : start + _AT_ONCE])
        variance = (part**2 * share[design.strata][:, None]).sum(axis=0)
        there = variance > 1e-12  # noqa: PLR2004 (a column that never varies has no difference)
        scaled = np.where(there, part / np.sqrt(np.where(there, variance, 1.0)), 0.0)
        found = scaled.T @ design.labels
        each[start : start + _AT_ONCE] = found[:, 0]
        if found.size:
            best = np.maximum(best, np.abs(found).max(axis=0))
    return Family(name, best, each)


def classifier(name: str, features: Floats, design: Design) -> tuple[Family, Floats]:
    """Return the family "a classifier tells the groups apart on texts it has not seen".

    Ridge regression on the labels, cross-fitted over whole strata. The matrix that predicts does
    not depend on the labels, so each labelling has its own classifier at the price of a product.
    Where strata are too few to be held out whole, features and labels are centred by the texts that
    are learnt from: a centre of all texts would tell what the labels of those held out are.

    Args:
        name: of the family.
        features: shape (n, features), rows of about unit length.
        design: the labels.

    Returns:
        The family, whose statistic is the correlation of prediction and label, and the predictions
        under the true labels, shape (n,).

    Source:
        Lopez-Paz and Oquab 2017 (classifier two-sample tests).
    """
    centred = design.centred(features)
    kernel = centred @ centred.T
    scale = max(float(np.trace(kernel)) / max(1, design.n), 1e-9)
    fold = _folds(design)
    predicted = np.zeros_like(design.labels)
    for held in range(FOLDS):
        out = fold == held
        if not out.any() or out.all():
            continue
        own, labels = _learnt(kernel, design, ~out)
        inner = own[np.ix_(~out, ~out)] + RIDGE * scale * np.eye(int((~out).sum()))
        predicted[out] = own[np.ix_(out, ~out)] @ np.linalg.solve(inner, labels[~out])
    predicted = design.centred(predicted)
    norms = np.linalg.norm(predicted, axis=0) * np.linalg.norm(design.labels, axis=0)
    aligned = (predicted * design.labels).sum(axis=0)
    best = np.divide(aligned, norms, out=np.zeros_like(aligned), where=norms > 1e-12)  # noqa: PLR2004 (as above)
    return Family(name, best, np.zeros(0)), predicted[:, 0]


def _learnt(kernel: Floats, design: Design, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return a kernel and labels less the means, in each stratum, of the texts that are known."""
    if len(design.sizes) >= FOLDS:
        return kernel, design.labels  # whole strata are held out, and each has its own centre
    home = np.eye(len(design.sizes))[design.strata]
    mean = (home * known[:, None]).T / np.maximum(home[known].sum(axis=0), 1)[:, None]
    less = kernel - home @ (mean @ kernel)
    return less - (less @ mean.T) @ home.T, design.labels - home @ (mean @ design.labels)


def _folds(design: Design) -> Ints:
    numbers = np.random.default_rng(design.seed + 1)
    if len(design.sizes) >= FOLDS:
        return (numbers.permutation(len(design.sizes)) % FOLDS)[design.strata]
    return numbers.permutation(design.n) % FOLDS


@dataclass(frozen=True, slots=True)
class Joint:
    """p-values of all families together.

    Attributes:
        p_value: of "the groups do not differ in anything that was looked at".
        alone: of each family by itself.
        adjusted: of each family among all.
    """

    p_value: float
    alone: Mapping[str, float]
    adjusted: Mapping[str, float]
    _smallest: Floats

    def of(self, family: Family) -> Floats:
        """Return p-values of a family's members, adjusted for all members of all families."""
        null = np.sort(family.best)
        reached = len(null) - np.searchsorted(null, np.abs(family.each) - 1e-9, side="left")
        return self._among(np.maximum(reached, 1) / len(null))

    def _among(self, p: Floats) -> Floats:
        ordered = np.sort(self._smallest)
        return np.asarray(
            np.searchsorted(ordered, np.asarray(p) + 1e-12, side="right") / len(ordered)
        )


def joint(families: Sequence[Family]) -> Joint:
    """Return the p-values of several families that share their labellings."""
    ranks = np.array([_ranks(family.best) for family in families])
    smallest = ranks.min(axis=0)
    found = Joint(0.0, {}, {}, smallest)
    adjusted = np.maximum(found._among(ranks[:, 0]), ranks[:, 0])  # noqa: SLF001 (its own module)
    names = [family.name for family in families]
    return Joint(
        float(adjusted.min()),
        dict(zip(names, map(float, ranks[:, 0]), strict=True)),
        dict(zip(names, map(float, adjusted), strict=True)),
        smallest,
    )


def _ranks(best: Floats) -> Floats:
    """Return for each labelling the share of labellings whose statistic is at least as large."""
    ordered = np.sort(best)
    below = np.searchsorted(ordered, best - 1e-9, side="left")
    return np.asarray((len(best) - below) / len(best))
