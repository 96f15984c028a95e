"""API keys and the envelope of the vault."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.keys import (
    KeyFileError,
    api_key_digest,
    api_key_id,
    mint_api_key,
    open_sealed,
    seal,
)


def test_a_secret_has_256_random_bits_and_our_prefix():
    secrets = {mint_api_key().secret for _ in range(200)}
    assert len(secrets) == 200
    assert all(re.fullmatch(r"upr_[\w-]{43}", secret, re.ASCII) for secret in secrets)


def test_the_id_is_the_start_of_the_secret_and_the_digest_its_hash():
    minted = mint_api_key()
    assert minted.id == minted.secret[:12] == api_key_id(minted.secret)
    assert minted.digest == api_key_digest(minted.secret)
    assert minted.digest.startswith("sha256:")


def test_the_secret_is_not_in_the_repr():
    minted = mint_api_key()
    assert minted.secret not in repr(minted)


def test_the_digest_of_another_secret_is_another():
    assert mint_api_key().digest != mint_api_key().digest


@given(st.text(st.characters(exclude_categories=[]), max_size=60))
def test_any_text_that_is_no_secret_has_no_id(text):
    assert api_key_id(text) is None
    assert api_key_id("upr_" + text) is None or len(text) == 43


@pytest.mark.parametrize("text", ["upr_" + "é" * 43, "upr_" + "A" * 42, "upr_" + "A" * 44])
def test_near_misses_have_no_id(text):
    assert api_key_id(text) is None


# The envelope ----------------------------------------------------------------------------------

KEY = bytes(range(32))


@given(data=st.binary(max_size=200), bound_to=st.binary(max_size=20))
def test_what_is_sealed_opens_with_its_key_and_description(data, bound_to):
    wrapped, sealed = seal(KEY, data, bound_to=bound_to)
    assert open_sealed(KEY, wrapped, sealed, bound_to=bound_to) == data


def test_sealing_twice_shares_neither_key_nor_nonce():
    (wrapped_a, sealed_a), (wrapped_b, sealed_b) = (seal(KEY, b"x", bound_to=b"") for _ in "ab")
    assert wrapped_a != wrapped_b
    assert sealed_a[:12] != sealed_b[:12]


@pytest.mark.parametrize(
    ("key", "bound_to"), [(bytes(32), b"record 1"), (KEY, b"record 2"), (KEY, b"")]
)
def test_another_key_or_description_does_not_open(key, bound_to):
    wrapped, sealed = seal(KEY, b"secret", bound_to=b"record 1")
    with pytest.raises(KeyFileError, match="does not open"):
        open_sealed(key, wrapped, sealed, bound_to=bound_to)


@pytest.mark.parametrize("cut", [0, 1, 11, 12, 20, 27])
def test_a_shortened_record_does_not_open(cut):
    wrapped, sealed = seal(KEY, b"secret", bound_to=b"")
    with pytest.raises(KeyFileError):
        open_sealed(KEY, wrapped, sealed[:cut], bound_to=b"")
    with pytest.raises(KeyFileError):
        open_sealed(KEY, wrapped[:cut], sealed, bound_to=b"")
