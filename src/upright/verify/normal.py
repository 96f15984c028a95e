"""Normal form C of a text, with the way back to where its characters came from."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_FIRST_THAT_COMPOSES = "\u0300"


def composed(text: str) -> tuple[str, list[int] | None]:
    """Return a text in normal form C, and where each of its places lies in the text as given.

    Returns:
        The normal form, and for each of its places, the end included, the place in `text`; a place
        inside characters that were composed or reordered is their start. None for the places if
        the text was in normal form.
    """
    normal = unicodedata.normalize("NFC", text)
    if normal == text:
        return text, None
    places: list[int] = []
    start = 0
    for part in _parts(text):
        size = len(unicodedata.normalize("NFC", part))
        same = unicodedata.is_normalized("NFC", part)
        places += range(start, start + size) if same else [start] * size
        start += len(part)
    places.append(start)
    return normal, places


def _parts(text: str) -> Iterator[str]:
    """Cut a text where no character composes with, or is reordered before, an earlier one."""
    start = 0
    for at in range(1, len(text)):
        sign = text[at]
        if sign < _FIRST_THAT_COMPOSES or (
            not unicodedata.combining(sign) and _stands_alone(text[start:at], sign)
        ):
            yield text[start:at]
            start = at
    yield text[start:]


def _stands_alone(before: str, sign: str) -> bool:
    apart = unicodedata.normalize("NFC", before) + unicodedata.normalize("NFC", sign)
    return unicodedata.normalize("NFC", before + sign) == apart
