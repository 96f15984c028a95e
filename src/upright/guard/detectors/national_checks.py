"""What each state's number says of itself: dates, letters and check digits.

Each function takes the number without separators, in capitals.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from upright.guard.detectors.checksums import luhn, mod_11_10, verhoeff, weighted

_NIF_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_HETU_LETTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_HETU_CENTURIES = {"+": 1800, **dict.fromkeys("-UVWXY", 1900), **dict.fromkeys("ABCDEF", 2000)}
_OMOCODIA = str.maketrans("LMNPQRSTUV", "0123456789")
_FISCAL_MONTHS = "ABCDEHLMPRST"
_FISCAL_ODD: tuple[int, ...] = (
    1,
    0,
    5,
    7,
    9,
    13,
    15,
    17,
    19,
    21,
    2,
    4,
    18,
    20,
    11,
    3,
    6,
    8,
    12,
    14,
    16,
    10,
    22,
)
_FISCAL_ODD += (25, 24, 23)
_PESEL_CENTURIES = {0: 1900, 20: 2000, 40: 2100, 60: 2200, 80: 1800}


def _is_date(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def nhs(number: str) -> bool:
    """Mod 11 over ten digits; a check of ten is never issued."""
    return weighted(number, (10, 9, 8, 7, 6, 5, 4, 3, 2, 1)) % 11 == 0 and len(set(number)) > 1


def nino(number: str) -> bool:
    """Prefixes that are not used; there is no check digit."""
    return number[:2] not in {"BG", "GB", "KN", "NK", "NT", "TN", "ZZ"}


def nif(number: str) -> bool:
    """Mod 23 letter; the letters X, Y and Z of a NIE stand for 0, 1 and 2."""
    head = {"X": "0", "Y": "1", "Z": "2"}.get(number[0], number[0])
    return _NIF_LETTERS[int(head + number[1:-1]) % 23] == number[-1]


def codice_fiscale(number: str) -> bool:
    """A day and month of birth, and a letter over odd and even places."""
    day = int(number[9:11].translate(_OMOCODIA)) % 40
    month = _FISCAL_MONTHS.index(number[8]) + 1
    if not _is_date(2000, month, day):
        return False
    total = 0
    for place, sign in enumerate(number[:15]):
        value = int(sign) if sign.isdigit() else ord(sign) - ord("A")
        total += value if place % 2 else _FISCAL_ODD[value]
    return chr(ord("A") + total % 26) == number[15]


def nir(number: str) -> bool:
    """Mod 97 key; Corsica's 2A and 2B count as 19 and 18."""
    body = number[:13].replace("2A", "19", 1).replace("2B", "18", 1)
    month = int(number[3:5])
    known = 1 <= month <= 12 or 20 <= month <= 42 or month >= 50  # noqa: PLR2004 (as INSEE lists)
    return known and body.isdigit() and 97 - int(body) % 97 == int(number[13:])


def steuer_id(number: str) -> bool:
    """ISO 7064 mod 11,10; of the first ten digits one stands twice or three times."""
    counts = sorted(number[:10].count(digit) for digit in set(number[:10]))
    return counts[-1] in {2, 3} and counts[-2] == 1 and mod_11_10(number)


def bsn(number: str) -> bool:
    """The eleven test."""
    number = number.zfill(9)
    return weighted(number, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0 and int(number) > 0


def pesel(number: str) -> bool:
    """A date of birth, its century in the month, and a weighted check digit."""
    month = int(number[2:4])
    century = month // 20 * 20
    if not _is_date(_PESEL_CENTURIES[century] + int(number[:2]), month - century, int(number[4:6])):
        return False
    return weighted(number, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)) % 10 == 0


def personnummer(number: str) -> bool:
    """A date of birth (or a coordination number's, 60 days on) and Luhn over ten digits."""
    short = "".join(sign for sign in number if sign.isdigit())[-10:]
    day = int(short[4:6])
    # 2000 was a leap year, so no day of February is refused for want of the century.
    return _is_date(2000, int(short[2:4]), day - 60 if day > 60 else day) and luhn(short)  # noqa: PLR2004 (coordination numbers)


def hetu(number: str) -> bool:
    """A date of birth with the century's sign, and a check character."""
    year = _HETU_CENTURIES[number[6]] + int(number[4:6])
    if not _is_date(year, int(number[2:4]), int(number[:2])):
        return False
    return _HETU_LETTERS[int(number[:6] + number[7:10]) % 31] == number[10]


def cpf(number: str) -> bool:
    """Two check digits, mod 11 each."""
    if len(set(number)) == 1:
        return False
    first = weighted(number[:9], tuple(range(10, 1, -1))) * 10 % 11 % 10
    second = weighted(number[:10], tuple(range(11, 1, -1))) * 10 % 11 % 10
    return number[9:] == f"{first}{second}"


def tfn(number: str) -> bool:
    """Mod 11 over nine digits."""
    return weighted(number, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0 and int(number) > 0


def sin(number: str) -> bool:
    """Luhn; no number starts with 0 or 8."""
    return number[0] not in "08" and luhn(number)


def anything(_number: str) -> bool:
    """The shape says all there is."""
    return True


CHECKS: dict[str, Callable[[str], bool]] = {
    "anything": anything,
    "bsn": bsn,
    "codice_fiscale": codice_fiscale,
    "cpf": cpf,
    "hetu": hetu,
    "nhs": nhs,
    "nif": nif,
    "nino": nino,
    "nir": nir,
    "personnummer": personnummer,
    "pesel": pesel,
    "sin": sin,
    "steuer_id": steuer_id,
    "tfn": tfn,
    "verhoeff": verhoeff,
}
