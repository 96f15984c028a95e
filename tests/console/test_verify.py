"""The Verify page: words by half, and the evidence as it grows."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.watermark.letterer import LETTERS, Letterer
from tests.watermark.texts import written

from upright.console.growth import HEIGHT, WIDTH, growth
from upright.console.verify import small
from upright.watermark import Mark, Marker


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


MARKED = """
schema = 1
[use_case]
name = "order-support"
purpose = "Tells stories."
[generation]
temperature = 1.0
[watermark]
scheme = "split"
[[guard.rule]]
detect = ["pii.email"]
at = ["prompt", "output"]
action = "redact"
"""


@pytest.fixture
def reader(open_browser):
    return open_browser(MARKED, open_engine=lambda _: Letterer())


def text_of(tokens):
    return "".join(LETTERS[token] for token in tokens)


def test_a_marked_text_is_shown_word_by_word_with_its_evidence(reader):
    key = reader_key(reader)
    tokens = [*written(None, 40, 3), *written(Marker(Mark(key), subkey=2), 180, 2)]
    reader.post("/verify", {"text": text_of(tokens), "prompt": ""})
    assert "Watermarked" in reader.page
    assert reader.page.count('class="word green-4') > 40
    assert "within" in reader.page
    assert '<polyline class="curve"' in reader.page
    assert "Ten to the power of 6 was reached after" in reader.page


def test_an_unmarked_text_is_insufficient_evidence_and_no_finding(reader):
    reader_key(reader)
    reader.post("/verify", {"text": text_of(written(None, 60, 4)), "prompt": ""})
    assert "Insufficient evidence" in reader.page
    assert "no finding" in reader.page


def test_the_next_word_shows_both_halves_where_the_use_marks(reader):
    form = {"seed": "", "count": "3", "trail": "", "text": text_of([1, 2, 3, 4, 5])}
    reader.post("/next-word", {**form, "do": "look"})
    assert "chosen-half" in reader.page
    assert "of it in the chosen half" in reader.page
    reader.post("/next-word", {**form, "text": text_of([1]), "do": "look"})
    assert "chosen-half" not in reader.page


def reader_key(reader):
    """The key with which the reader's use marks."""
    return reader.gateway.state.uses.answerer("order-support").mark.key
