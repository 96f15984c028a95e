"""A stored model keeps its prices in the order of its groups, whatever these are called."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("lightgbm")
pytest.importorskip("sklearn")

from hypothesis import given
from hypothesis import strategies as st

from upright.measure.table import Table
from upright.train.fair.lender import Order, train_lender
from upright.train.fair.rule import Chances, Rule
from upright.train.fair.store import load, save


def register(rows=900, seed=0):
    """Return a register in which two groups matter, named against the alphabet."""
    draw = np.random.default_rng(seed)
    sex, age, worth = draw.integers(0, 2, rows), draw.integers(0, 3, rows), draw.normal(0, 1, rows)
    worth -= 0.6 * sex
    columns = {
        "sex": sex,
        "age": age,
        "worth": worth,
        "club": age + draw.normal(0, 1, rows),
        "bad": (draw.random(rows) < 1 / (1 + np.exp(1 + 2 * worth))).astype(int),
    }
    return Table("t.csv", {name: tuple(str(v) for v in column) for name, column in columns.items()})


@pytest.mark.parametrize("blind", [True, False])
@pytest.mark.parametrize("crossed", [True, False])
def test_a_stored_model_decides_alike_though_groups_are_not_in_order(tmp_path, blind, crossed):
    made = train_lender(
        register(), Order("bad", ("sex", "age"), 0.02, blind=blind, crossed=crossed)
    )
    save(made, tmp_path)
    new = register(400, seed=1)
    for stored, trained in zip(load(tmp_path).decide(new), made.decide(new), strict=True):
        assert np.array_equal(stored, trained)


@given(st.integers(0, 2**31))
def test_the_rule_does_not_depend_on_the_order_in_which_chances_come(seed):
    draw = np.random.default_rng(seed)
    pairs = {name: (draw.dirichlet([1] * k, 9),) * 2 for name, k in (("s", 2), ("a", 3))}
    rule = Rule((1.0, 0.0), {"s": (0.5, 0.5), "a": (0.2, 0.3, 0.5)}, draw.normal(0, 1, 7))
    label = draw.random(9)
    turned = dict(reversed(pairs.items()))
    assert np.array_equal(rule.margin(Chances(label, pairs)), rule.margin(Chances(label, turned)))
