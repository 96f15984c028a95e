import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from upright.guard.detectors.local import Hit, matching, near_digits
from upright.guard.detectors.tables import table

_NATIONAL = [row["pattern"] for row in table("national_ids.toml").data["id"]]
_ANNOUNCED = [row["pattern"] for row in table("announced.toml").data.values() if "pattern" in row]
_REACH = 48
_FLAGS = re.ASCII | re.IGNORECASE

texts = st.text(alphabet="0123456789 -./AbXyé\u0663", max_size=120) | st.lists(
    st.sampled_from(["12", "345 ", "6789", "AB", " - ", "x", ".", "of ", "years old ", "1999"]),
    max_size=40,
).map("".join)


def with_a_digit(match):
    if not any(sign.isdigit() for sign in match.group()):
        return None
    return Hit(match.start(), match.end(), 0.9, 2, "A match.")


def detector(pattern, *, numeric):
    return matching(
        "custom.near",
        pattern,
        with_a_digit,
        alphabet=r"[\w ./-]",
        reach=_REACH,
        flags=_FLAGS,
        numeric=numeric,
    )


@pytest.mark.parametrize("pattern", _NATIONAL + _ANNOUNCED)
@given(text=texts)
@example(text="123-45-6789")
@example(text=f"{'a' * 60}12 345 678{'b' * 60}1")
def test_a_search_near_digits_finds_what_a_search_of_everything_finds(pattern, text):
    quick, thorough = (list(detector(pattern, numeric=is_it).hits(text)) for is_it in (True, False))
    assert quick == thorough


@given(text=texts, reach=st.integers(1, 20))
def test_every_start_near_a_digit_stands_in_exactly_one_stretch(text, reach):
    stretches = near_digits(text, reach)
    inside = [start for first, last in stretches for start in range(first, last + 1)]
    wanted = [
        start
        for start in range(len(text))
        if any(sign.isdecimal() for sign in text[start : start + reach])
    ]
    assert inside == wanted


def test_a_text_without_digits_has_nothing_near_them():
    assert near_digits("nothing to see", 20) == []
