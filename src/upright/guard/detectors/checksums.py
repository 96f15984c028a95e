"""Check digits. Each function takes digits (or letters) without separators and says yes or no."""

from __future__ import annotations

import hashlib

_BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_GENERATOR = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_BECH32_CONSTANTS = (1, 0x2BC830A3)  # BIP 173, BIP 350


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1: cards, Canadian SIN, Swedish personnummer."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value  # noqa: PLR2004 (a two-digit product)
    return total % 10 == 0


def mod_97(text: str) -> bool:
    """ISO 7064 mod 97-10 as IBAN uses it: first four characters moved to the end."""
    turned = text[4:] + text[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


def weighted(digits: str, weights: tuple[int, ...]) -> int:
    """Return the sum of the digits' products with the weights, up to the shorter one."""
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=False))


_VERHOEFF_PRODUCT = (
    "0123456789",
    "1234067895",
    "2340178956",
    "3401289567",
    "4012395678",
    "5987604321",
    "6598710432",
    "7659821043",
    "8765932104",
    "9876543210",
)
_VERHOEFF_TURN = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def verhoeff(digits: str) -> bool:
    """Verhoeff's dihedral check, as Aadhaar uses it."""
    check = 0
    for place, digit in enumerate(reversed(digits)):
        turned = _VERHOEFF_TURN[place % 8][int(digit)]
        check = int(_VERHOEFF_PRODUCT[check][int(turned)])
    return check == 0


def mod_11_10(digits: str) -> bool:
    """ISO 7064 mod 11,10, as the German tax number uses it."""
    product = 10
    for digit in digits[:-1]:
        step = (int(digit) + product) % 10 or 10
        product = step * 2 % 11
    return (11 - product) % 10 == int(digits[-1])


def base58check(text: str) -> bool:
    """Bitcoin's Base58 with a four-byte double SHA-256 at the end of 25 bytes."""
    number = 0
    for letter in text:
        place = _BASE58.find(letter)
        if place < 0:
            return False
        number = number * 58 + place
    if number >= 1 << 200:
        return False
    raw = number.to_bytes(25, "big")
    leading = len(text) - len(text.lstrip("1"))
    if raw[:leading].strip(b"\0"):
        return False
    twice = hashlib.sha256(hashlib.sha256(raw[:-4]).digest()).digest()
    return twice[:4] == raw[-4:]


def bech32(text: str) -> bool:
    """BIP 173 and BIP 350: `bc1…`, one case throughout."""
    if text not in (text.lower(), text.upper()):
        return False
    prefix, _, data = text.lower().rpartition("1")
    if not prefix or any(letter not in _BECH32 for letter in data):
        return False
    values = [ord(letter) >> 5 for letter in prefix] + [0]
    values += [ord(letter) & 31 for letter in prefix]
    values += [_BECH32.index(letter) for letter in data]
    return _bech32_polymod(values) in _BECH32_CONSTANTS


def _bech32_polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for bit, generator in enumerate(_BECH32_GENERATOR):
            check ^= generator if top >> bit & 1 else 0
    return check
