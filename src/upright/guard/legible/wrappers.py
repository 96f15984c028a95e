"""Stretches of a text that hide another text: base64, hexadecimal, percent, rot13, reversed."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from upright.guard.legible.lexicon import is_known
from upright.guard.legible.turned import turned

LONGEST = 4_096
"""No stretch is wider, in code points; what is longer is read piece by piece."""

WRAPPED_REACH = LONGEST + 64
"""Code points from a stretch's start on that can matter to it."""

_SHORTEST_WRAPPER = 12
_PRINTABLE = 0.95
_LETTERS = 0.4
_FEWEST_LETTERS = 4


@dataclass(frozen=True, slots=True)
class Wrapped:
    """A stretch that hides a text.

    Attributes:
        start: first code point.
        end: one past the last, at most `LONGEST` after the start.
        text: what it hides.
        kind: how: `base64`, `hex`, `percent`, `rot13` or `reversed`; two joined by `+`, the
            outer one first, where it was hidden twice.
    """

    start: int
    end: int
    text: str
    kind: str


def wrapped(text: str) -> list[Wrapped]:
    """Return the hidden texts of a text in the order of their starts, none overlapping.

    Base64 and hexadecimal digits count where they make readable UTF-8, rot13 and reversed text
    where the words are then clearly more English than before. What comes out is looked through
    once more, so a text that was hidden twice is found.
    """
    return list(_found(text, once_more=True))


def _found(text: str, *, once_more: bool) -> Iterator[Wrapped]:
    found = [*_encoded(text), *(Wrapped(*stretch) for stretch in turned(text, LONGEST))]
    place = 0
    for one in sorted(found, key=lambda one: (one.start, -one.end)):
        if one.start < place:
            continue
        whole = _looked_through(one) if once_more else one
        if _says_something(whole, text[one.start : one.end]):
            yield whole
            place = one.end


def _looked_through(one: Wrapped) -> Wrapped:
    """Return a hidden text with what is hidden in it again read too."""
    pieces: list[str] = []
    place = 0
    kind = one.kind
    for part in _found(one.text, once_more=False):
        pieces += one.text[place : part.start], part.text
        place = part.end
        kind = f"{one.kind}+{part.kind}"
    return Wrapped(one.start, one.end, "".join([*pieces, one.text[place:]]), kind)


def _says_something(one: Wrapped, stretch: str) -> bool:
    letters = sum(map(str.isalpha, one.text))
    if letters < max(_FEWEST_LETTERS, _LETTERS * len(one.text)):
        return False
    # Digits alone are a number, until there is a word in them.
    return not _NUMBER.fullmatch(stretch) or any(map(is_known, one.text.lower().split()))


def _encoded(text: str) -> Iterator[Wrapped]:
    if len(text) < _SHORTEST_WRAPPER:
        return
    present = _present(text)
    for kind, pattern, decode in _CODES:
        if kind not in present:
            continue
        place = 0
        while match := pattern.search(text, place):
            stretch = match.group()[:LONGEST]
            plain = _readable(decode(stretch))
            if plain is not None:
                yield Wrapped(match.start(), match.start() + len(stretch), plain, kind)
            place = match.start() + len(stretch)


def _present(text: str) -> set[str]:
    """Return the kinds of code that could be there."""
    raw = text.encode("ascii", "replace")
    present = set()
    if b"a" * _SHORTEST_RUN in raw.translate(_DIGITS_64):
        present.add("base64")
    shapes = raw.translate(_DIGITS_16)
    if b"a" * _SHORTEST_RUN in shapes or b"aa aa aa aa" in shapes or _ESCAPED.search(raw):
        present.add("hex")
    if raw.count(b"%") > _FEWEST_LETTERS - 2:
        present.add("percent")
    return present


def _readable(data: bytes | None) -> str | None:
    """Return bytes as text if they are mostly printable UTF-8; a last letter may be cut."""
    if not data:
        return None
    try:
        plain = codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return None
    printable = sum(sign.isprintable() or sign.isspace() for sign in plain)
    return plain if printable >= _PRINTABLE * len(plain) else None


def _base64(stretch: str) -> bytes | None:
    digits = re.sub(r"[\s=]", "", stretch).translate(str.maketrans("-_", "+/"))
    digits = digits[: len(digits) - (len(digits) % 4 == 1)]
    try:
        return base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except binascii.Error:
        return None


def _hex(stretch: str) -> bytes | None:
    digits = re.sub(r"0x|\\x|[^0-9A-Fa-f]", "", stretch)
    return bytes.fromhex(digits[: len(digits) // 2 * 2])


def _percent(stretch: str) -> bytes | None:
    """Return the bytes of a stretch that hides letters, and not only spaces and accents."""
    if len(_HIDDEN_LETTER.findall(stretch)) < _FEWEST_LETTERS - 1:
        return None
    return unquote_to_bytes(stretch.replace("+", " "))


_NUMBER = re.compile("[0-9]+")
_HIDDEN_LETTER = re.compile("%(?:[46][1-9A-Fa-f]|[57][0-9Aa]|3[0-9])")
_SHORTEST_RUN = 16
_HEX = "[0-9A-Fa-f]"
_B64 = "[A-Za-z0-9+/_-]"
# Digits of a code become `a`, what may part those of a hexadecimal number becomes a space.
_BASE_64 = (string.ascii_letters + string.digits + "+/_-").encode()
_BASE_16 = string.hexdigits.encode()
_DIGITS_64 = bytes.maketrans(_BASE_64, b"a" * len(_BASE_64))
_DIGITS_16 = bytes.maketrans(
    string.ascii_letters.encode() + _BASE_16 + b":,-", b"x" * 52 + b"a" * len(_BASE_16) + b"   "
)
_ESCAPED = re.compile(rb"[0\\]x[0-9A-Fa-f]{2}")
_CODES: tuple[tuple[str, re.Pattern[str], Callable[[str], bytes | None]], ...] = (
    (
        "hex",
        re.compile(
            rf"(?<![0-9A-Za-z])(?:(?:0x)?{_HEX}{{16,{LONGEST}}}+"
            rf"|(?:(?:0x|\\x)?{_HEX}{{2}}[ :,-]{{0,2}}){{8,1024}})(?![0-9A-Za-z])"
        ),
        _hex,
    ),
    (
        "base64",
        re.compile(rf"{_B64}{{16,{LONGEST}}}+(?:\r?\n{_B64}{{4,76}}+){{0,54}}={{0,2}}"),
        _base64,
    ),
    (
        "percent",
        re.compile(f"(?:[^\\s%<>\"']{{0,4}}%{_HEX}{{2}}){{3,512}}+[^\\s%<>\"']{{0,64}}"),
        _percent,
    ),
)
