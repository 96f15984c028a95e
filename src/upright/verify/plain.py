"""The plain form of a text, in which layout and look-alike characters make no difference."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from upright.guard.detectors.tables import table

# What is replaced looks like something else; that is the point.
_TYPOGRAPHY = str.maketrans(
    {"‘": "'", "’": "'", "“": '"', "”": '"', "‐": "-", "‑": "-", "–": "-", "—": " - "}  # noqa: RUF001
)
_TYPED = (("``", '"'), ("''", '"'), ("--", " - "))
_UNSEEN = {"Cf", "Cc"}
_MIXED = re.compile(r"\w*[A-Za-z]\w*")
_LOOSE = re.compile(r" +(?=[,.;:!?)\]])|(?<=[(\[]) +")


def plain(text: str) -> str:
    """Return the text with one form for what looks the same.

    Invisible characters go, look-alikes inside Latin words become Latin letters, quotation marks
    become straight and dashes hyphens, white space becomes single spaces, none before a closing
    mark or after an opening bracket. What is left is what somebody wrote and not how a file was
    made.
    """
    text = unicodedata.normalize("NFKC", text)
    text = "".join(sign for sign in text if sign.isspace() or not _is_unseen(sign))
    if not text.isascii():
        text = _MIXED.sub(lambda word: word.group().translate(latin_twins()), text)
    text = text.translate(_TYPOGRAPHY)
    for typed, mark in _TYPED:
        text = text.replace(typed, mark)
    return _LOOSE.sub("", " ".join(text.split()))


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in _UNSEEN


@cache
def latin_twins() -> dict[int, str]:
    """Return the Latin letter for the code point of each letter that looks like it."""
    alike = table("lookalikes.toml").data["latin"]
    return {ord(other): letter for letter, others in alike.items() for other in others}
