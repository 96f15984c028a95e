"""`style.request` finds who asks for a registered artist's style, and not who speaks of one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.guard.detectors.style import style
from upright.terms import ConfigError, Record

DETECTOR = style(["Ada Sample", "Obermüller", "van der Sample"])
# As a policy would set it where a bare "by" is no request.
PLAIN = 2


def found(text):
    return [(text[f.start : f.end], f.severity) for f in DETECTOR.find([Record(text)])[0]]


@pytest.mark.parametrize(
    "text",
    [
        "A castle in the style of Ada Sample",
        "a castle, IN THE STYLE OF ada sample, at night",
        "in the unmistakable style of the great Ada Sample",
        "in Ada Sample's style",
        "Ada Sample-style castle",
        "an Obermüller inspired chair",
        "in the manner of Obermüller",
        "painted by Ada Sample",
        "oil painting by the painter Ada Sample",
        "inspired by Ada Sample",
        "imitate Ada Sample",
        "paint me a dog as Ada Sample would",
        "im Stil von Obermüller",
        "dans le style de Ada Sample",
        "al estilo de Ada Sample",
        "nello stile di Ada Sample",
        "style: Ada Sample",
        "in the style of\nAda Sample",
        "in the style of 4da S4mple",
        "in the style of van der Sample",
    ],
)
def test_a_request_for_a_style_is_found(text):
    assert max(severity for _, severity in found(text)) >= PLAIN


@pytest.mark.parametrize(
    "text",
    [
        "Who was Ada Sample?",
        "Ada Sample was born in Linz.",
        "A castle in the style of Somebody Else",
        "The style of the house is plain. Ada Sample lived there.",
        "Ada painted a sample by the river",
        "an oil painting of a castle",
        "Obermüller, 12 Sample Street",
    ],
)
def test_who_speaks_of_an_artist_asks_for_no_style(text):
    assert found(text) == []


def test_a_bare_by_is_a_finding_of_less_weight():
    assert found("a castle at night, by Ada Sample") == [("by Ada Sample", 1)]


@given(
    st.sampled_from(["the", "great", "castle", "oil", "night", "style", "of", "by", "in", "Ada"]),
    st.lists(
        st.sampled_from(["style", "of", "by", "Ada", "Sample", "Obermüller", "a", "."]), max_size=9
    ),
    st.floats(0, 1),
)
def test_law_one_holds_for_requests(first, words, share):
    text = " ".join([first, *words])
    prefix = text[: round(share * len(text))]
    settled = DETECTOR.settled(prefix)
    final = DETECTOR.find([Record(text)])[0]
    before = DETECTOR.find([Record(prefix)])[0]
    assert max(0, len(prefix) - DETECTOR.reach) <= settled <= len(prefix)
    assert [f for f in before if f.start < settled] == [f for f in final if f.start < settled]


def test_the_reach_is_short():
    assert DETECTOR.reach < 250


@pytest.mark.parametrize("artists", [[], ["?!"], [""], ["a" * 50], ["J. R. Example"]])
def test_a_name_that_is_none_is_told(artists):
    with pytest.raises(ConfigError, match=r"guard\.images\.artists"):
        style(artists)


def test_the_names_are_part_of_the_version():
    assert style(["Ada"]).version != style(["Bo"]).version
