"""Pages and charts: they stand alone, and whatever a name holds is text in them."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.measure.sheet import chip, document, figure, row, table, write_sheet
from upright.measure.svg import Bar, Plot, Square, bars, text
from upright.terms import ConfigError

VOID = {"meta", "link", "br"}
names = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), max_size=30
)
shares = st.floats(0, 1)


class Opened(HTMLParser):
    """Counts elements, and tells whether each that is opened is closed."""

    def __init__(self, page):
        super().__init__()
        self.stack, self.seen, self.said = [], [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.stack.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.stack.pop() == tag

    def handle_data(self, data):
        self.said.append(data)


def plot(name, rows=(("a", "b"),)):
    return Plot("k", name, name, "", (10, 10), ("What", name), tuple(rows), (("dot", name),))


@given(names)
def test_whatever_a_name_holds_is_text_and_the_page_stays_well_formed(name):
    plain = Opened(document("x", "", figure(plot("x")) + table(("x",), [row("y")], "x"), ""))
    told = Opened(document(name, "", figure(plot(name)) + table((name,), [row("y")], name), ""))
    assert told.stack == []
    assert [tag for tag, _ in told.seen] == [tag for tag, _ in plain.seen]


def test_a_page_loads_nothing_and_forbids_it():
    page = document("x", "", figure(plot("x")), "")
    elements = Opened(page).seen
    assert not {tag for tag, _ in elements} & {"script", "img", "link", "iframe"}
    assert not any({"src", "href"} & set(attributes) for _, attributes in elements)
    assert "url(" not in page
    (policy,) = [
        a["content"] for _, a in elements if a.get("http-equiv") == "Content-Security-Policy"
    ]
    assert policy.startswith("default-src 'none'")


@given(st.lists(st.tuples(names, names), max_size=4, unique=True))
def test_the_table_under_a_chart_says_what_the_chart_has(rows):
    said = "".join(Opened(figure(plot("x", rows))).said)
    assert all(cell in said for cells in rows for cell in cells)


@pytest.mark.parametrize("verdict", ["within", "outside", "cannot tell"])
def test_a_verdict_is_shown_in_words_and_not_by_colour_alone(verdict):
    assert Opened(chip(verdict)).said == [verdict]
    assert chip(None) == ""


@given(st.lists(st.tuples(names, shares, shares, shares), min_size=1, max_size=6))
def test_bars_lie_within_their_axis_and_limits_around_what_they_are_of(found):
    rows = []
    for name, *ends in found:
        low, value, high = sorted(ends)
        rows.append((name, [Bar("one", value, low, high, vague=False, told=name)]))
    drawn, height = bars(rows, "share")
    root = ET.fromstring(f"<svg>{drawn}</svg>")
    widths = [float(one.get("width")) for one in root.iter("rect")]
    assert len(widths) == len(found)
    for width, (_, *ends) in zip(widths, found, strict=True):
        assert width == pytest.approx(max(1, 430 * sorted(ends)[1]), abs=0.1)
    places = [float(one.get("y2")) for one in root.iter("line")]
    assert max(places) <= height


def test_a_share_of_nothing_is_told_and_not_drawn_as_none_at_all():
    drawn, _ = bars([("x", [Bar("one", None, 0, 1, vague=True, told="")])], "share")
    assert "no value" in drawn
    assert "<rect" not in drawn


@given(shares, shares)
def test_a_point_is_drawn_where_the_axes_say(x, y):
    plane = Square(left=10, top=20, width=100, height=50)
    left, top = plane.at(x, y)
    assert (left, top) == (pytest.approx(10 + 100 * x), pytest.approx(70 - 50 * y))
    ticks = re.findall(r'class="tick middle" x="([\d.]+)"', plane.axes("a", "b"))
    assert [float(tick) for tick in ticks] == [10, 35, 60, 85, 110]


@given(names)
def test_words_in_a_drawing_are_text(words):
    (one,) = ET.fromstring(f"<svg>{text(1, 2, words, 'tick')}</svg>")
    assert (one.text or "") == words
    assert len(one) == 0


@pytest.mark.parametrize("place", ["", "nowhere/page.html"])
def test_a_place_that_cannot_be_written_is_named(tmp_path, place):
    with pytest.raises(ConfigError, match=str(tmp_path)):
        write_sheet("page", str(tmp_path / place))
    assert list(tmp_path.iterdir()) == []
