"""The fair classifier: scikit-learn's protocol around scores, chances of groups and one rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted, validate_data

from upright.measure.groups import Attribute, attribute, crossed
from upright.train.fair.choose import Calibration, Chosen, choose
from upright.train.fair.rule import PARITIES, Chances, Rule, weights_of
from upright.train.fair.scores import Ensemble, Recipe, cross_fit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Groups = Mapping[str, Sequence[Any]]

LABEL_TREES, GROUP_TREES = 60, 40
_LABEL_LEAVES, _GROUP_LEAVES = 15, 7


class FairClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Errs least while a rate differs between groups by at most `max_gap`.

    Scores come from models that did not see the rows they score (cross-fitting); on these rows and
    their true labels one deterministic rule is chosen. Rows that took no part say whether the gaps
    hold: see `upright.train.fair.certify`.

    Args:
        parity: which rate is to be equal, of `PARITIES`.
        max_gap: largest difference between two groups of an attribute, in (0, 1).
        blind: decisions never see the groups; else they may, and `predict` needs them.
        crossed: hold the cells of all attributes together to it too.
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
    """

    _calibration: Calibration

    def __init__(
        self,
        *,
        parity: str = "false_rejection",
        max_gap: float = 0.01,
        blind: bool = True,
        crossed: bool = False,
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
        self._attributes = self._read(groups or {}, len(rows))
        if not self.blind:
            rows = _beside(rows, {one.name: one.codes for one in self._attributes})
        self._learn(rows, label.astype(np.int64))
        self.choose_again()
        return self

    def choose_again(self, max_gap: float | None = None) -> Chosen:
        """Choose the rule for another gap; scores are kept, so this is quick."""
        wanted = self.max_gap if max_gap is None else max_gap
        self.chosen_ = choose(
            self._calibration,
            weights_of(self.parity, self.favourable),
            wanted,
            caution=self.caution,
            seed=self.random_state,
        )
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
            known = self._known(groups or {}, len(rows))
            return Chances(
                self.label_scores_.chances(_beside(rows, known))[:, 1], self._seen(known)
            )
        foreseen = {
            name: (zero.chances(rows), one.chances(rows))
            for name, (zero, one) in self.group_scores_.items()
        }
        return Chances(self.label_scores_.chances(rows)[:, 1], foreseen)

    def inputs(self, rows: Floats, groups: Groups) -> Floats:
        """Return what the scorers see: the features, and the groups where they may."""
        return rows if self.blind else _beside(rows, self._known(groups, len(rows)))

    def restore(
        self,
        *,
        attributes: Sequence[Attribute],
        named: Sequence[str],
        chosen: Chosen,
        label_scores: Ensemble,
        group_scores: Mapping[str, tuple[Ensemble, Ensemble]],
        features: int,
    ) -> None:
        """Become the classifier that was stored; its classes are 0 and 1.

        Args:
            attributes: those that were fitted, crossed ones included.
            named: the columns among them.
            chosen: the rule.
            label_scores: of the label.
            group_scores: of each attribute, for label 0 and 1.
            features: how many there are.
        """
        self.classes_ = np.array([0, 1])
        self.n_features_in_ = features
        self._attributes = list(attributes)
        self.groups_ = {one.name: one for one in attributes if one.name in named}
        self.chosen_ = chosen
        self.label_scores_ = label_scores
        self.group_scores_: dict[str, tuple[Ensemble, Ensemble]] = dict(group_scores)

    def _check(self) -> None:
        if self.parity not in PARITIES:
            raise ValueError(f"no parity is called {self.parity!r}; one of {', '.join(PARITIES)}")
        if not 0 < self.max_gap < 1:
            raise ValueError(f"max_gap is {self.max_gap}; it lies between 0 and 1")
        if self.favourable not in {0, 1}:
            raise ValueError(f"favourable is {self.favourable}; it is 0 or 1")

    def _read(self, groups: Groups, rows: int) -> list[Attribute]:
        for name, column in groups.items():
            if len(column) != rows:
                raise ValueError(f"group {name!r} has {len(column)} values for {rows} rows")
        bands = self.bands or {}
        single = [attribute(name, column, bands.get(name, ())) for name, column in groups.items()]
        self.groups_ = {one.name: one for one in single}
        return [*single, crossed(single)] if self.crossed and len(single) > 1 else single

    def _learn(self, rows: Floats, label: Ints) -> None:
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
        codes = {one.name: one.codes for one in self._attributes}
        self.group_scores_ = {}
        foreseen = self._foresee(rows, label, recipe) if self.blind else self._seen(codes)
        self._calibration = Calibration(
            label,
            codes,
            {one.name: len(one.groups) for one in self._attributes},
            Chances(chances[:, 1], foreseen),
        )

    def _foresee(
        self, rows: Floats, label: Ints, recipe: Recipe
    ) -> dict[str, tuple[Floats, Floats]]:
        """Fit the chances of groups among the rows of each label that the rate is about."""
        counted = weights_of(self.parity, self.favourable)
        found = {}
        for one in self._attributes:
            by_label = [
                cross_fit(
                    rows, one.codes, label == value, recipe,
                    leaves=_GROUP_LEAVES, trees=GROUP_TREES,
                )
                for value in (0, 1) if counted[value]
            ]  # fmt: skip
            # A label that the rate is not about has no weight; either model may stand for it.
            zero, other = by_label[0], by_label[-1]
            self.group_scores_[one.name] = (zero[0], other[0])
            found[one.name] = (zero[1], other[1])
        return found

    def _seen(self, codes: Mapping[str, Ints]) -> dict[str, tuple[Floats, Floats]]:
        """Return the chances of groups that are known: 0 and 1."""
        sizes = {one.name: len(one.groups) for one in self._attributes}
        known = {name: np.eye(sizes[name])[one] for name, one in codes.items()}
        return {name: (one, one) for name, one in known.items()}

    def _known(self, groups: Groups, rows: int) -> dict[str, Ints]:
        """Return the numbers of the groups that rows are in."""
        single = []
        for name, fitted in self.groups_.items():
            column = groups.get(name, ())
            if len(column) != rows:
                raise ValueError(f"this classifier decides by {name!r}; give it for each row")
            single.append(again(fitted, column))
        if self.crossed and len(single) > 1:
            cells = crossed(single)
            single.append(_renumbered(cells, self._attributes[-1]))
        return {one.name: one.codes for one in single}

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401 (scikit-learn's)
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = True
        return tags


def again(fitted: Attribute, column: Sequence[Any]) -> Attribute:
    """Return the groups of a new column as they were numbered when the classifier was fitted.

    Raises:
        ValueError: for a group that was not there then.
    """
    return _renumbered(attribute(fitted.name, column, fitted.cuts), fitted)


def _beside(rows: Floats, codes: Mapping[str, Ints]) -> Floats:
    return np.column_stack([rows, *codes.values()])


def _renumbered(found: Attribute, fitted: Attribute) -> Attribute:
    place = {group: code for code, group in enumerate(fitted.groups)}
    new = [group for code, group in enumerate(found.groups) if group not in place]
    used = {found.groups[code] for code in np.unique(found.codes)}
    strange = sorted(used.intersection(new))
    if strange:
        raise ValueError(f"{fitted.name}: the group {strange[0]!r} was not there in training")
    codes = np.array([place.get(group, 0) for group in found.groups], dtype=np.int64)
    return Attribute(fitted.name, fitted.groups, codes[found.codes], fitted.cuts)


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
