"""The drawing of pronouns can be read: every profession is in it, and no name hides a dot."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from upright.audit.figures import Figure
from upright.audit.pronouns_measures import Profession
from upright.audit.pronouns_plot import _LETTER, plot
from upright.audit.table_plots import standalone

SVG = "{http://www.w3.org/2000/svg}"
shares = st.floats(0.0, 1.0)
spread = st.lists(st.tuples(shares, shares), min_size=1, max_size=40)


def profession(name, reference, share):
    figure = Figure(share, max(0.0, share - 0.1), min(1.0, share + 0.1), 12, "m")
    return Profession(name, reference, figure, 0.1, "outside")


def side(places, share=None):
    found = [
        profession(f"profession {at}", reference, own if share is None else share)
        for at, (reference, own) in enumerate(places)
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.share.value - 0.5)))


def drawn(sides, way=None, model="some model"):
    return ET.fromstring(standalone(plot(sides, model, way)))


def tips(root):
    return [dot.findtext(f"{SVG}title") for dot in root.iter(f"{SVG}circle") if len(dot)]


def words(root, style=None):
    found = list(root.iter(f"{SVG}text"))
    return [text for text in found if style is None or style in text.get("class").split()]


PLACES = [(0.1, 0.2), (0.9, 0.8), (0.5, 0.5)]


def test_every_profession_is_a_dot_in_both_ways_with_its_limits():
    root = drawn({"model": side(PLACES), "balanced": side(PLACES, 0.5)}, "balanced")
    assert len(tips(root)) == 2 * len(PLACES)
    assert "profession 0, model: 0.20 (0.10 to 0.30)" in tips(root)
    assert "profession 0, balanced: 0.50 (0.40 to 0.60)" in tips(root)
    for style in ("own-limits", "even-limits"):
        lines = [one for one in root.iter(f"{SVG}line") if one.get("class") == style]
        assert len(lines) == len(PLACES)


@pytest.mark.parametrize(
    ("way", "said"),
    [(None, []), ("balanced", ["balanced"]), ("reference", ["balanced to the share of women"])],
)
def test_a_legend_says_what_each_shape_means(way, said):
    sides = {"model": side(PLACES)} | ({} if way is None else {"balanced": side(PLACES, 0.5)})
    legend = [text.text for text in words(drawn(sides, way)) if text.get("class") == "tick"]
    assert legend == ["as the model has it", *said, "she as often as women work there"]


def test_the_title_names_the_model_whatever_it_is_called():
    root = drawn({"model": side(PLACES)}, model='<a> & "b"')
    (title,) = words(root, "title")
    assert title.text == 'Whom <a> & "b" calls she, by profession'


def test_the_farthest_professions_are_named():
    root = drawn({"model": side(PLACES)})
    assert {text.text for text in words(root, "said")} >= {"profession 0", "profession 1"}


@given(spread)
@settings(max_examples=60, deadline=None)
def test_no_name_lies_on_a_dot_on_another_name_or_outside(places):
    root = drawn({"model": side(places)})
    dots = [(float(one.get("cx")), float(one.get("cy"))) for one in root.iter(f"{SVG}circle")]
    boxes = [
        (float(one.get("x")), float(one.get("y")), _LETTER * len(one.text))
        for one in words(root, "said")
    ]
    width = float(root.get("viewBox").split()[2])
    for number, (left, base, wide) in enumerate(boxes):
        assert left >= 0
        assert left + wide <= width
        assert not [1 for x, y in dots if left < x < left + wide and base - 9 < y < base + 3]
        for other, level, far in boxes[number + 1 :]:
            apart = left >= other + far - 0.2 or other >= left + wide - 0.2
            assert apart or abs(base - level) > 11.8


def test_a_profession_without_a_share_is_left_out():
    silent = Profession("silent", 0.5, Figure(None, 0.0, 1.0, 0, "m"), 0.0, "cannot tell")
    root = drawn({"model": (silent, *side(PLACES))})
    assert len(tips(root)) == len(PLACES)
    assert "silent" not in {text.text for text in words(root)}


def test_the_same_stands_in_a_table_for_those_who_do_not_see_it():
    made = plot({"model": side(PLACES), "balanced": side(PLACES, 0.5)}, "m", "balanced")
    assert len(made.rows) == 2 * len(PLACES)
    assert ("profession 0", "model", "0.10", "0.20 (0.10 to 0.30)") in made.rows
    assert "Hollow: the model; filled: balanced." in made.description
