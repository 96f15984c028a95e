import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.measure.groups import CROSSED, MISSING, attribute, crossed
from upright.measure.rates import RATES, base_of


def test_values_are_groups_numbers_by_size_and_nothing_last():
    found = attribute("a", ["10", "9", "", " 9 ", "10"])
    assert found.groups == ("9", "10", MISSING)
    assert list(found.codes) == [1, 0, 2, 0, 1]


def test_numbers_are_cut_into_bands_each_cut_in_the_band_above():
    found = attribute("age", ["29", "30", "49.5", "50", ""], (30, 50))
    assert found.groups == ("under 30", "30 to under 50", "50 or more", MISSING)
    assert list(found.codes) == [0, 1, 1, 2, 3]


def test_many_numbers_are_cut_at_quartiles_and_many_words_are_not():
    found = attribute("age", [str(n) for n in range(100)])
    assert len(found.cuts) == 3
    assert np.bincount(found.codes).min() >= 24
    assert len(attribute("town", [f"t{n}" for n in range(100)]).groups) == 100


def test_words_cannot_be_cut():
    with pytest.raises(ValueError, match="no numbers"):
        attribute("town", ["a", "b"], (1,))


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xyz")), min_size=1))
def test_cells_are_those_in_which_there_is_somebody(rows):
    cells = crossed([attribute("p", [a for a, _ in rows]), attribute("q", [b for _, b in rows])])
    assert cells.name == f"p{CROSSED}q"
    assert set(cells.groups) == {f"p={a}, q={b}" for a, b in rows}
    assert [cells.groups[code] for code in cells.codes] == [f"p={a}, q={b}" for a, b in rows]


def counted(name, label, prediction, favourable=0):
    rate = RATES[name]
    label, prediction = np.array(label), np.array(prediction)
    base = base_of(rate, label, favourable)
    return int((base & rate.hit(label, prediction, favourable)).sum()), int(base.sum())


LABEL, PREDICTION = [0, 0, 0, 1, 1], [1, 0, 0, 1, 0]


@pytest.mark.parametrize(
    ("name", "favourable", "found"),
    [
        ("false_rejection", 0, (1, 3)),
        ("false_rejection", 1, (1, 2)),
        ("false_positive", 0, (1, 3)),
        ("false_positive", 1, (1, 3)),
        ("true_positive", 0, (1, 2)),
        ("error", 0, (2, 5)),
        ("selection", 0, (3, 5)),
        ("selection", 1, (2, 5)),
    ],
)
def test_each_rate_is_the_share_that_its_name_says(name, favourable, found):
    assert counted(name, LABEL, PREDICTION, favourable) == found


def test_shares_count_every_group_also_one_without_rows_in_the_base():
    groups = attribute("a", ["x", "x", "y", "z", "z"])
    label, prediction = np.array([0, 0, 1, 0, 1]), np.array([1, 0, 1, 0, 0])
    base = base_of(RATES["false_rejection"], label, 0)
    found = groups.shares(base, prediction == 1)
    assert {name: (s.found, s.n) for name, s in found.items()} == {
        "x": (1, 2),
        "y": (0, 0),
        "z": (0, 1),
    }
