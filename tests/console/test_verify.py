"""The Verify page: words by half, and the evidence as it grows."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.console.growth import HEIGHT, WIDTH, growth
from upright.console.verify import small


def test_the_page_asks_for_a_text_and_proves_nothing_by_itself(browser):
    browser.get("/verify")
    assert "Look for evidence" in browser.page
    assert "Watermarked" not in browser.page


def test_a_use_without_a_mark_says_that_there_is_none_to_look_for(browser):
    browser.post("/verify", {"text": "All is <b>well</b>.", "prompt": ""})
    assert "Insufficient evidence" in browser.page
    assert "there is no mark to look for" in browser.page
    assert "All is &lt;b&gt;well&lt;/b&gt;." in browser.page


def test_no_text_is_told(browser):
    browser.post("/verify", {"text": "  ", "prompt": ""})
    assert "There is no text" in browser.page


def test_too_long_a_text_is_told(browser):
    browser.post("/verify", {"text": "x" * 20_001, "prompt": ""})
    assert "20,000 characters" in browser.page
    assert "x" * 20_001 in browser.page


@given(st.lists(st.floats(-60, 700), min_size=1, max_size=900))
def test_the_curve_stays_inside_its_picture(logs):
    shown = growth(np.array(logs))
    points = [tuple(map(float, point.split(","))) for point in shown.points.split()]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert points[-1][0] == WIDTH
    assert len(points) <= 405
    assert [x for x, _ in points] == sorted(x for x, _ in points)


def test_a_threshold_is_reached_at_the_first_word_that_is_above_it():
    logs = np.array([0.0, 4 * math.log(10), 0.0, 7 * math.log(10)])
    assert growth(logs).reached == (2, 4)
    assert growth(np.zeros(3)).reached == (None, None)


def test_no_evidence_has_no_curve():
    assert growth(np.empty(0)) is None


@pytest.mark.parametrize(
    ("p_value", "words"),
    [
        (1.0, "1.00"),
        (0.25, "0.25"),
        (0.01, "one in 100"),
        (1 / 1024, "one in 1,024"),
        (1e-6, "one in 1,000,000"),
        (2e-20, "one in 10¹⁹"),
        (0.0, "less than one in 10³⁰⁰"),
    ],
)
def test_a_chance_is_told_as_one_in_so_many(p_value, words):
    assert small(p_value) == words
