"""Deterministic CBOR: one encoding for each value, the same as another library's, and no other."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.certify.offline import Refused, decode, encode

KEYS = st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20)
VALUES = st.recursive(
    st.none() | st.integers(-(2**64), 2**64 - 1) | st.binary(max_size=300) | st.text(max_size=80),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


@given(value=VALUES)
def test_a_value_comes_back_as_it_was(value):
    assert decode(encode(value)) == value


@given(value=VALUES)
def test_the_encoding_is_read_by_another_library(value):
    assert cbor2.loads(encode(value)) == value


@given(value=VALUES)
def test_the_encoding_is_in_the_order_of_rfc_8949(value):
    """Another library's canonical form orders keys by length first: RFC 8949 §4.2.3."""

    def ordered(item):
        if isinstance(item, dict):
            pairs = sorted((cbor2.dumps(key), key) for key in item)
            return {key: ordered(item[key]) for _, key in pairs}
        return [ordered(one) for one in item] if isinstance(item, list) else item

    assert encode(value) == cbor2.dumps(ordered(value))


@given(data=st.binary(max_size=60))
def test_whatever_is_accepted_is_the_one_encoding_of_its_value(data):
    try:
        value = decode(data)
    except Refused:
        return
    assert encode(value) == data


@given(value=VALUES, cut=st.integers(1, 400))
def test_what_is_cut_off_or_continued_is_refused(value, cut):
    whole = encode(value)
    for data in (whole[: max(0, len(whole) - cut)], whole + b"\xf6"):
        with pytest.raises(Refused):
            decode(data)


# The examples of RFC 8949, Appendix A, that certificates use.
@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        (0, "00"), (23, "17"), (24, "1818"), (100, "1864"), (1000, "1903e8"),
        (1_000_000_000_000, "1b000000e8d4a51000"), (18446744073709551615, "1bffffffffffffffff"),
        (-1, "20"), (-10, "29"), (-100, "3863"), (-1000, "3903e7"), (None, "f6"), (b"", "40"),
        (b"\x01\x02\x03\x04", "4401020304"), ("", "60"), ("IETF", "6449455446"), ("ü", "62c3bc"),
        ([], "80"), ([1, [2, 3], [4, 5]], "8301820203820405"), ({}, "a0"),
        ({1: 2, 3: 4}, "a201020304"),
        ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
    ],
)  # fmt: skip
def test_the_examples_of_the_standard(value, encoded):
    assert encode(value).hex() == encoded
    assert decode(bytes.fromhex(encoded)) == value


@pytest.mark.parametrize(
    "data",
    [
        "1817",  # 23 in two bytes
        "190064",  # 100 in three
        "1a000003e8", "1b00000000000003e8", "5801ff",
        "5f41ff41ffff",  # indefinite length
        "9f01ff", "bf6161016162ff",
        "a203040102",  # keys out of order
        "a201020103",  # a key twice
        "f4", "f5", "f7", "f97e00", "fb3ff199999999999a",  # Booleans, undefined, floats
        "c11a514b67b0",  # a tag
        "62fffe",  # not UTF-8
        "a1800a",  # a list as a key
        "9bffffffffffffffff",  # a list longer than the world
        "1c", "ff", "",
    ],
)  # fmt: skip
def test_other_encodings_and_other_kinds_are_refused(data):
    with pytest.raises(Refused):
        decode(bytes.fromhex(data))


def test_deep_nesting_is_refused_and_not_a_crash():
    with pytest.raises(Refused, match="deeply"):
        decode(b"\x81" * 100_000)


@pytest.mark.parametrize("value", [1.5, True, object(), {1, 2}, 2**64, -(2**64) - 1])
def test_what_has_no_place_is_not_encoded(value):
    with pytest.raises(Refused):
        encode(value)
