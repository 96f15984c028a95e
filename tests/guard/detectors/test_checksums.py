"""Check digits catch what they were made to catch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upright.guard.detectors import checksums, national_checks
from upright.guard.detectors.crypto_wallet import mixed_case
from upright.guard.detectors.keccak import keccak_256

DIGITS = st.text(st.sampled_from("0123456789"), min_size=5, max_size=18)


def completed(check, body):
    """Return a body with the digit that satisfies a check, or None where no digit does."""
    return next((body + d for d in "0123456789" if check(body + d)), None)


@pytest.mark.parametrize("check", [checksums.luhn, checksums.verhoeff])
@given(body=DIGITS, place=st.integers(0, 4), shift=st.integers(1, 9))
def test_every_wrong_digit_is_caught(check, body, place, shift):
    number = completed(check, body)
    assert number is not None
    wrong = str((int(number[place]) + shift) % 10)
    assert not check(number[:place] + wrong + number[place + 1 :])


@given(body=DIGITS, place=st.integers(0, 3))
def test_verhoeff_catches_every_swap_of_neighbours(body, place):
    number = completed(checksums.verhoeff, body)
    a, b = number[place], number[place + 1]
    swapped = number[:place] + b + a + number[place + 2 :]
    assert checksums.verhoeff(swapped) == (a == b)


@given(body=st.text(st.sampled_from("0123456789"), min_size=18, max_size=18))
def test_iban_check_digits_are_98_minus_the_rest(body):
    check = 98 - int(f"{body}131400") % 97
    assert checksums.mod_97(f"DE{check:02}{body}")
    assert not checksums.mod_97(f"DE{(check + 1) % 100:02}{body}")


@given(body=st.text(st.sampled_from("0123456789"), min_size=10, max_size=10))
def test_mod_11_10_accepts_one_last_digit(body):
    assert sum(checksums.mod_11_10(body + d) for d in "0123456789") == 1


def test_luhn_of_published_card_numbers():
    for number in ("4242424242424242", "5105105105105100", "371449635398431", "6011000990139424"):
        assert checksums.luhn(number)


@pytest.mark.parametrize(
    ("data", "start"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667"),
        (b"a" * 136, "a6c4d403279fe3e0af03729caada8374"),
    ],
)
def test_keccak_of_published_values(data, start):
    assert keccak_256(data).hex().startswith(start)


@pytest.mark.parametrize(
    "address",
    [
        "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "fB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "dbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB",
        "D1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
    ],
)
def test_the_examples_of_eip_55_keep_their_capitals(address):
    assert mixed_case(address) == address


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", True),
        ("3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", True),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb", False),
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7Divf0a", False),
        ("z" * 40, False),
    ],
)
def test_base58check(text, right):
    assert checksums.base58check(text) is right


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", True),
        ("bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", True),
        ("bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", False),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3b4", False),
        ("nothing", False),
    ],
)
def test_bech32(text, right):
    assert checksums.bech32(text) is right


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        ("nhs", "9434765919", "9999999999"),
        ("nino", "AB123456C", "ZZ123456C"),
        ("nif", "X1234567L", "X1234567M"),
        ("nif", "12345678Z", "12345678X"),
        ("codice_fiscale", "RSSMRA85T10A562S", "RSSMRA85T32A562S"),
        ("nir", "255081416802538", "255081416802539"),
        ("steuer_id", "86095742719", "11111111111"),
        ("bsn", "111222333", "000000000"),
        ("pesel", "44051401359", "44053201359"),
        ("personnummer", "811218-9876", "811318-9876"),
        ("hetu", "131052-308T", "320152-308T"),
        ("cpf", "11144477735", "11111111111"),
        ("tfn", "123456782", "000000000"),
        ("sin", "130692544", "046454286"),
    ],
)
def test_each_number_knows_its_own(check, right, wrong):
    assert national_checks.CHECKS[check](right)
    assert not national_checks.CHECKS[check](wrong)
