import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.terms import ConfigError
from upright.watermark import SUBKEYS, epoch_key, read_key
from upright.watermark.numbers import (
    candidate_numbers,
    candidate_table,
    coin,
    coins,
    nonce,
    nonces,
    token_numbers,
    top_bytes,
    unit,
    vocabulary_numbers,
)

MASTER = bytes(range(32))
KEY = epoch_key(MASTER, "tenant", 3)


def test_the_numbers_never_change_between_releases():
    # A change here makes every marked text unreadable.
    context = nonce(KEY, [1, 2, 3, 4])
    assert context.hex() == "c35e7f4593db18b94616f2dd"
    assert vocabulary_numbers(KEY.subkeys[0], context, 5).tolist() == [
        2312823291,
        2515577748,
        1708718924,
        2652824584,
        94904882,
    ]
    assert KEY.subkeys[15].hex()[:16] == "8ef12dabb1f0b0ab"


@given(st.lists(st.integers(0, 49_151), min_size=1, max_size=30, unique=True))
def test_one_number_and_all_numbers_are_the_same(ids):
    tokens = np.array(sorted(ids))
    context = nonce(KEY, [5, 6, 7, 8])
    rows = np.frombuffer(context * tokens.size, dtype=np.uint8).reshape(-1, 12)
    alone = token_numbers(KEY.subkeys[2], rows, tokens)
    everything = vocabulary_numbers(KEY.subkeys[2], context, 49_152)
    assert (everything[tokens] == alone).all()
    assert (candidate_numbers(KEY.subkeys[2], context, tokens) == alone).all()


def test_many_candidates_have_the_numbers_of_the_vocabulary():
    tokens = np.arange(0, 6000, 2)
    context = nonce(KEY, [9, 9, 9, 9])
    everything = vocabulary_numbers(KEY.subkeys[0], context, 6000)
    assert (candidate_numbers(KEY.subkeys[0], context, tokens) == everything[tokens]).all()


@pytest.mark.parametrize("count", [3, 2000])
def test_a_table_has_the_numbers_of_each_sub_key(count):
    tokens, context = 3 * np.arange(count), nonce(KEY, [4, 3, 2, 1])
    table = candidate_table(KEY.subkeys, context, tokens)
    for row, subkey in zip(table, KEY.subkeys, strict=True):
        assert (row == candidate_numbers(subkey, context, tokens)).all()


@given(st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=40), st.sampled_from("<>"))
def test_the_top_byte_is_that_of_the_number_in_either_order_of_bytes(numbers, order):
    some = np.array(numbers, dtype=f"{order}u4")
    assert top_bytes(some).tolist() == [number >> 24 for number in numbers]


def test_one_coin_and_many_coins_are_the_same():
    rows = nonces(KEY, range(50), 4)
    many = coins(KEY.subkeys[1], rows)
    alone = [coin(KEY.subkeys[1], row.tobytes()) for row in rows]
    assert alone == list(zip(many.upper.tolist(), many.places.tolist(), strict=True))
    assert {upper for upper, _ in alone} == {True, False}


@given(st.lists(st.integers(0, 2**32 - 1), max_size=12), st.integers(1, 5))
def test_each_position_has_the_nonce_of_the_tokens_before_it(tokens, width):
    rows = nonces(KEY, tokens, width)
    assert len(rows) == max(0, len(tokens) - width)
    for place, row in enumerate(rows):
        assert row.tobytes() == nonce(KEY, tokens[place : place + width])


def test_numbers_are_uniform_and_coins_are_fair():
    rows = nonces(KEY, list(range(40_004)), 4)
    values = unit(token_numbers(KEY.subkeys[0], rows, np.full(len(rows), 17)))
    counts = np.histogram(values, bins=20, range=(0, 1))[0]
    expected = len(rows) / 20
    assert ((counts - expected) ** 2 / expected).sum() < 43.8  # 99.9 % of chi-square with 19
    heads = int(coins(KEY.subkeys[0], rows).upper.sum())
    assert abs(heads - 20_000) < 3.3 * 100


def test_tenants_epochs_and_subkeys_have_nothing_in_common():
    keys = [epoch_key(MASTER, tenant, epoch) for tenant in ("a", "b", "") for epoch in (0, 1)]
    secrets = [secret for key in keys for secret in (key.context, *key.subkeys)]
    assert len(set(secrets)) == len(keys) * (SUBKEYS + 1)


def test_a_tenant_and_an_epoch_cannot_be_mistaken_for_another_pair():
    assert epoch_key(MASTER, "a", 1).context != epoch_key(MASTER, "a\x01\x00\x00\x00", 0).context


def test_a_key_shows_no_secret_when_it_is_printed():
    shown = repr(KEY)
    assert KEY.context.hex() not in shown
    assert str(KEY.context) not in shown
    assert "subkeys" not in shown


@pytest.mark.parametrize(
    "data", [MASTER, MASTER.hex().encode(), MASTER.hex().upper().encode() + b"\n"]
)
def test_a_key_file_is_raw_or_in_hex(data):
    assert read_key(data) == MASTER


@pytest.mark.parametrize("data", [b"", b"x" * 31, b"zz" * 32, MASTER + b"\n", b"\xff" * 64])
def test_what_is_no_key_is_refused_and_not_repeated(data):
    with pytest.raises(ConfigError, match="not a watermark key") as told:
        read_key(data)
    assert data.hex() not in str(told.value) or not data


def test_a_master_key_of_another_length_is_refused():
    with pytest.raises(ConfigError, match="32 bytes"):
        epoch_key(b"short")
