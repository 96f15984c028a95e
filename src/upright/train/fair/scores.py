"""Scores of rows by models that did not see them: cross-fitting."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Scorer(Protocol):
    """Gives each row the chances of classes, shape (n, classes)."""

    def chances(self, rows: Floats) -> Floats:
        """Return the chances, rows of shape (n, features)."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How scorers are made.

    Attributes:
        estimator: any scikit-learn classifier with `predict_proba`, or None for LightGBM.
        folds: of cross-fitting.
        seed: of folds and models.
        threads: of LightGBM.
        categorical: numbers of the features that are categories.
    """

    estimator: Any = None
    folds: int = 5
    seed: int = 0
    threads: int = 1
    categorical: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Ensemble:
    """The scorers of all folds; new rows get their mean.

    Attributes:
        scorers: one of each fold.
        classes: how many classes they tell apart.
    """

    scorers: tuple[Scorer, ...]
    classes: int

    def chances(self, rows: Floats) -> Floats:
        """Return the mean chances of the classes, shape (n, classes)."""
        total = np.zeros((len(rows), self.classes))
        for scorer in self.scorers:
            total += scorer.chances(rows)
        return total / len(self.scorers)


def cross_fit(
    rows: Floats, target: Ints, used: Bools, recipe: Recipe, *, leaves: int, trees: int
) -> tuple[Ensemble, Floats]:
    """Fit one scorer for each fold, and score each row by the one that did not see it.

    Args:
        rows: features, shape (n, features).
        target: class of each row from 0 on, shape (n,).
        used: rows that may be learnt from, shape (n,); all are scored.
        recipe: how.
        leaves: of each tree.
        trees: of each scorer.

    Returns:
        The scorers, and the chances of the classes, shape (n, classes).
    """
    classes = int(target.max()) + 1 if len(target) else 1
    fold = _folds(target, used, recipe)
    chances = np.zeros((len(rows), classes))
    scorers: list[Scorer] = []
    for number in range(int(fold.max()) + 1):
        learnt = used & (fold != number)
        scorer = _fit(rows[learnt], target[learnt], classes, recipe, size=(leaves, trees))
        chances[fold == number] = scorer.chances(rows[fold == number])
        scorers.append(scorer)
    return Ensemble(tuple(scorers), classes), chances


def _folds(target: Ints, used: Bools, recipe: Recipe) -> Ints:
    """Deal the rows of each class among the folds in turn, so that no fold lacks one."""
    rng = np.random.default_rng(recipe.seed)
    order = rng.permutation(len(target))
    order = order[np.lexsort((target[order], ~used[order]))]
    fold = np.empty(len(target), dtype=np.int64)
    fold[order] = np.arange(len(target)) % max(2, min(recipe.folds, len(target)))
    return fold


def _fit(
    rows: Floats, target: Ints, classes: int, recipe: Recipe, *, size: tuple[int, int]
) -> Scorer:
    seen = np.unique(target)
    if len(seen) < 2:  # noqa: PLR2004 (nothing to tell apart)
        return Constant(int(seen[0]) if len(seen) else 0, classes)
    if recipe.estimator is not None:
        from sklearn.base import clone  # noqa: PLC0415 (loaded when a model is trained)

        return Fitted(clone(recipe.estimator).fit(rows, target), classes)
    return _boosted(rows, target, classes, recipe, size=size)


@dataclass(frozen=True, slots=True)
class Constant:
    """All rows are of one class, since no other was seen."""

    only: int
    classes: int

    def chances(self, rows: Floats) -> Floats:
        """Return 1 for the class and 0 for the others."""
        return np.tile(np.eye(self.classes)[self.only], (len(rows), 1))


@dataclass(frozen=True, slots=True)
class Fitted:
    """An estimator of scikit-learn."""

    estimator: Any
    classes: int

    def chances(self, rows: Floats) -> Floats:
        """Return its `predict_proba`; 0 for classes it did not see."""
        found = np.zeros((len(rows), self.classes))
        if len(rows):
            found[:, self.estimator.classes_.astype(int)] = self.estimator.predict_proba(rows)
        return found


@dataclass(frozen=True, slots=True)
class Boosted:
    """Trees of LightGBM."""

    booster: Any
    classes: int

    def chances(self, rows: Floats) -> Floats:
        """Return the chances."""
        if not len(rows):
            return np.zeros((0, self.classes))
        found = np.asarray(self.booster.predict(rows, num_threads=1))
        return found if found.ndim > 1 else np.column_stack([1 - found, found])


def _boosted(
    rows: Floats, target: Ints, classes: int, recipe: Recipe, *, size: tuple[int, int]
) -> Boosted:
    import lightgbm  # noqa: PLC0415 (loaded when a model is trained)

    several = classes > 2  # noqa: PLR2004 (two classes need one score)
    setting = {
        "objective": "multiclass" if several else "binary",
        **({"num_class": classes} if several else {}),
        "learning_rate": 0.1,
        "num_leaves": size[0],
        "min_data_in_leaf": max(1, min(50, len(rows) // 20)),
        "feature_fraction": 0.8,
        "bagging_freq": 1,
        "bagging_fraction": 0.8,
        "max_bin": 127,
        "seed": recipe.seed,
        "num_threads": recipe.threads,
        # The same rows and seed give the same trees, whatever else the machine does.
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
    data = lightgbm.Dataset(
        rows, target, categorical_feature=list(recipe.categorical), free_raw_data=True
    )
    return Boosted(lightgbm.train(setting, data, size[1]), classes)


def boosters(ensemble: Ensemble) -> Sequence[Any] | None:
    """Return the LightGBM models of an ensemble, or None where it holds any other."""
    found = [one.booster for one in ensemble.scorers if isinstance(one, Boosted)]
    return found if len(found) == len(ensemble.scorers) else None
