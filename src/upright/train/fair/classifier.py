"""The fair classifier: scikit-learn's protocol around scores, chances of groups and one rule."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from upright.measure.linear import Protected
from upright.train.fair.asked import Asked, Linear, Marginal
from upright.train.fair.choose import Calibration, Chosen, choose
from upright.train.fair.lines import Sought, choose_lines
from upright.train.fair.rule import PARITIES, Chances, Rule, weights_of
from upright.train.fair.scores import Ensemble, Recipe, cross_fit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Groups = Mapping[str, Sequence[Any]]

SUBGROUPS = (None, "linear")
"""Kinds of subgroups that can be held."""

LABEL_TREES, GROUP_TREES = 60, 40
_LABEL_LEAVES, _GROUP_LEAVES = 15, 7


class FairClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Errs least while a rate differs between groups by at most `max_gap`.

    Or, with `subgroups="linear"`, while no subgroup that a line cuts out of the groups' columns
    has a violation above `max_violation`: its share of all rows in the base of the rate, times how
    far its rate is from that of all (Kearns, Neel, Roth and Wu 2018).

    Scores come from models that did not see the rows they score (cross-fitting); on these rows and
    their true labels one deterministic rule is chosen. Rows that took no part say whether the gaps
    hold: see `upright.train.fair.certify`.

    Args:
        parity: which rate is to be equal, of `PARITIES`.
        max_gap: largest difference between two groups of an attribute, in (0, 1).
        blind: decisions never see the groups; else they may, and `predict` needs them.
        crossed: hold the cells of all attributes together to it too.
        subgroups: None, or `linear`; then gaps, `crossed` and `bands` do not matter.
        max_violation: largest violation of a subgroup, in (0, 1).
        favourable: the number, 0 or 1, of the class that people hope for.
        bands: where numbers of a group column are cut, by name.
        estimator: any scikit-learn classifier with `predict_proba`; None for LightGBM.
        folds: of cross-fitting.
        caution: standard errors added to each gap while the rule is chosen.
        categorical: numbers of the features that are categories, for LightGBM.
        threads: of LightGBM.
        random_state: seed of folds, models and search.

    Attributes:
        classes_: both classes, sorted.
        chosen_: the rule, with its error and gap on the rows it was chosen on.
        asked_: the groups, or the subgroups that were found and are held.
    """

    asked_: Asked
    group_scores_: dict[str, tuple[Ensemble, Ensemble]]
    _calibration: Calibration
    _traits: Floats
    _foresee: Callable[[str, Ints], tuple[Floats, Floats]]

    def __init__(
        self,
        *,
        parity: str = "false_rejection",
        max_gap: float = 0.01,
        blind: bool = True,
        crossed: bool = False,
        subgroups: str | None = None,
        max_violation: float = 0.005,
        favourable: int = 0,
        bands: Mapping[str, Sequence[float]] | None = None,
        estimator: Any = None,  # noqa: ANN401 (any estimator of scikit-learn)
        folds: int = 5,
        caution: float = 1.0,
        categorical: Sequence[int] = (),
        threads: int = 1,
        random_state: int = 0,
    ) -> None:
        self.parity = parity
        self.max_gap = max_gap
        self.blind = blind
        self.crossed = crossed
        self.subgroups = subgroups
        self.max_violation = max_violation
        self.favourable = favourable
        self.bands = bands
        self.estimator = estimator
        self.folds = folds
        self.caution = caution
        self.categorical = categorical
        self.threads = threads
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, groups: Groups | None = None) -> Self:  # noqa: N803 (scikit-learn's names)
        """Fit.

        Args:
            X: features, shape (n, features); NaN where nothing is known.
            y: two classes, shape (n,).
            groups: columns of attributes, n values each; without any, nothing is asked to be equal.

        Raises:
            ValueError: for parameters that are none, other than two classes, or columns that do
                not fit.
        """
        rows, labels = validate_data(self, X, y, ensure_all_finite="allow-nan")
        self.classes_, label = _two_classes(labels)
        self._check()
        self.asked_ = self._read(groups or {}, len(rows))
        if not self.blind:
            rows = self._beside(rows, groups or {})
        self._learn(rows, label.astype(np.int64), groups or {})
        self.choose_again()
        return self

    def choose_again(self, bound: float | None = None) -> Chosen:
        """Choose the rule for another gap or violation; scores are kept, so this is quick."""
        if isinstance(self.asked_, Linear):
            wanted = self.max_violation if bound is None else bound
            return self._choose_lines(self.asked_.protected, wanted)
        self.chosen_ = choose(
            self._calibration,
            weights_of(self.parity, self.favourable),
            self.max_gap if bound is None else bound,
            caution=self.caution,
            seed=self.random_state,
        )
        return self.chosen_

    def _choose_lines(self, protected: Protected, bound: float) -> Chosen:
        rows = self._calibration
        sought = Sought(self.parity, self.favourable, bound, self.caution, self.random_state)
        self.chosen_, lines = choose_lines(
            rows.label, rows.chances.label, self._traits, sought, self._foresee
        )
        self.asked_ = Linear(protected, lines)
        self.group_scores_ = {
            name: pair for name, pair in self.group_scores_.items() if name in self.asked_.sizes
        }
        return self.chosen_

    def predict(self, X: ArrayLike, groups: Groups | None = None) -> NDArray[Any]:  # noqa: N803 (scikit-learn's names)
        """Return the decisions, shape (n,). `groups` are needed unless blind, and ignored if so."""
        decided = self.decision_function(X, groups) > 0
        return np.asarray(self.classes_[decided.astype(int)])

    def decision_function(self, X: ArrayLike, groups: Groups | None = None) -> Floats:  # noqa: N803 (scikit-learn's names)
        """Return how far each row is on the side of the second class, shape (n,)."""
        return self.rule_.margin(self.chances(X, groups))

    def predict_proba(self, X: ArrayLike, groups: Groups | None = None) -> Floats:  # noqa: N803 (scikit-learn's names)
        """Return the chances of both classes, shape (n, 2): scores, which the rule weighs."""
        chance = self.chances(X, groups).label
        return np.column_stack([1 - chance, chance])

    @property
    def rule_(self) -> Rule:
        """The rule that decides."""
        check_is_fitted(self, "chosen_")
        return self.chosen_.rule

    def chances(self, X: ArrayLike, groups: Groups | None = None) -> Chances:  # noqa: N803 (scikit-learn's names)
        """Return what is foreseen of rows.

        Raises:
            ValueError: for groups that are missing or new, where decisions may see them.
        """
        check_is_fitted(self, "chosen_")
        rows = validate_data(self, X, reset=False, ensure_all_finite="allow-nan")
        if not self.blind:
            known = self.asked_.codes(groups or {}, len(rows))
            label = self.label_scores_.chances(self._beside(rows, groups or {}))[:, 1]
            return Chances(label, _seen(known, self.asked_.sizes))
        foreseen = {
            name: (zero.chances(rows), one.chances(rows))
            for name, (zero, one) in self.group_scores_.items()
        }
        return Chances(self.label_scores_.chances(rows)[:, 1], foreseen)

    def inputs(self, rows: Floats, groups: Groups) -> Floats:
        """Return what the scorers see: the features, and the groups where they may."""
        return rows if self.blind else self._beside(rows, groups)

    def restore(
        self,
        *,
        asked: Asked,
        chosen: Chosen,
        label_scores: Ensemble,
        group_scores: Mapping[str, tuple[Ensemble, Ensemble]],
        features: int,
    ) -> None:
        """Become the classifier that was stored; its classes are 0 and 1.

        Args:
            asked: the groups or subgroups.
            chosen: the rule.
            label_scores: of the label.
            group_scores: of each attribute or subgroup, for label 0 and 1.
            features: how many there are.
        """
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = features
        self.asked_ = asked
        self.chosen_ = chosen
        self.label_scores_ = label_scores
        self.group_scores_ = dict(group_scores)

    def _check(self) -> None:
        if self.parity not in PARITIES:
            raise ValueError(f"no parity is called {self.parity!r}; one of {', '.join(PARITIES)}")
        if not 0 < self.max_gap < 1:
            raise ValueError(f"max_gap is {self.max_gap}; it lies between 0 and 1")
        if self.subgroups not in SUBGROUPS:
            raise ValueError(f"no subgroups are called {self.subgroups!r}; None or 'linear'")
        if not 0 < self.max_violation < 1:
            raise ValueError(f"max_violation is {self.max_violation}; it lies between 0 and 1")
        if self.favourable not in {0, 1}:
            raise ValueError(f"favourable is {self.favourable}; it is 0 or 1")

    def _read(self, groups: Groups, rows: int) -> Asked:
        for name, column in groups.items():
            if len(column) != rows:
                raise ValueError(f"group {name!r} has {len(column)} values for {rows} rows")
        if self.subgroups is None or not groups:
            return Marginal.of(groups, self.bands or {}, cross=self.crossed)
        return Linear(Protected.of(groups))

    def _beside(self, rows: Floats, groups: Groups) -> Floats:
        if not self.asked_.names:
            return rows
        return np.column_stack([rows, self.asked_.seen(groups, len(rows))])

    def _learn(self, rows: Floats, label: Ints, groups: Groups) -> None:
        recipe = Recipe(
            self.estimator,
            self.folds,
            self.random_state,
            self.threads,
            tuple(self.categorical),
        )
        everybody = np.ones(len(rows), dtype=bool)
        self.label_scores_, chances = cross_fit(
            rows, label, everybody, recipe, leaves=_LABEL_LEAVES, trees=LABEL_TREES
        )
        self.group_scores_ = {}
        codes = self.asked_.codes(groups, len(rows))

        def foresee(name: str, code: Ints) -> tuple[Floats, Floats]:
            return self._foreseen(rows, label, name, code, recipe)

        if self.blind:
            foreseen = {name: foresee(name, code) for name, code in codes.items()}
        else:
            foreseen = _seen(codes, self.asked_.sizes)
        self._calibration = Calibration(
            label, codes, self.asked_.sizes, Chances(chances[:, 1], foreseen)
        )
        if isinstance(self.asked_, Linear):
            self._traits = self.asked_.seen(groups, len(rows))
            self._foresee = foresee if self.blind else _known

    def _foreseen(
        self, rows: Floats, label: Ints, name: str, code: Ints, recipe: Recipe
    ) -> tuple[Floats, Floats]:
        """Fit the chances of groups among the rows of each label that the rate is about."""
        counted = weights_of(self.parity, self.favourable)
        by_label = [
            cross_fit(
                rows, code, label == value, recipe, leaves=_GROUP_LEAVES, trees=GROUP_TREES
            )
            for value in (0, 1) if counted[value]
        ]  # fmt: skip
        # A label that the rate is not about has no weight; either model may stand for it.
        zero, other = by_label[0], by_label[-1]
        self.group_scores_[name] = (zero[0], other[0])
        return zero[1], other[1]

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 (scikit-learn's)
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags


def _seen(codes: Mapping[str, Ints], sizes: Mapping[str, int]) -> dict[str, tuple[Floats, Floats]]:
    """Return the chances of groups that are known: 0 and 1."""
    known = {name: np.eye(sizes[name])[one] for name, one in codes.items()}
    return {name: (one, one) for name, one in known.items()}


def _known(_name: str, code: Ints) -> tuple[Floats, Floats]:
    """Return the chances of a subgroup whose members are known."""
    return np.eye(2)[code], np.eye(2)[code]


def _two_classes(labels: NDArray[Any]) -> tuple[NDArray[Any], Ints]:
    kind = type_of_target(labels, input_name="y", raise_unknown=True)
    if kind != "binary":
        raise ValueError(
            f"Only binary classification is supported. The type of the target is {kind}."
        )
    classes, label = np.unique(labels, return_inverse=True)
    if len(classes) != 2:  # noqa: PLR2004 (two classes)
        raise ValueError(f"{len(classes)} class in y; a classifier needs two")
    return classes, label
