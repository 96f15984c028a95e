"""The plain form of a text, in which layout and look-alike characters make no difference."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from upright.guard.detectors.tables import table

_TYPOGRAPHY = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"'})  # noqa: RUF001 (what is replaced)
_UNSEEN = {"Cf", "Cc"}
_MIXED = re.compile(r"\w*[A-Za-z]\w*")
_BEFORE_MARK = re.compile(r" +(?=[,.;:!?)\]])")


def plain(text: str) -> str:
    """Return the text with one form for what looks the same.

    Invisible characters go, look-alikes inside Latin words become Latin letters, quotation marks
    become straight, white space becomes single spaces, none before punctuation. What is left is
    what somebody wrote and not how a file was made, so that neither hides the former.
    """
    text = unicodedata.normalize("NFKC", text)
    text = "".join(sign for sign in text if sign.isspace() or not _is_unseen(sign))
    if not text.isascii():
        text = _MIXED.sub(lambda word: word.group().translate(_latin()), text)
    text = " ".join(text.translate(_TYPOGRAPHY).split())
    return _BEFORE_MARK.sub("", text)


def _is_unseen(sign: str) -> bool:
    return unicodedata.category(sign) in _UNSEEN


@cache
def _latin() -> dict[int, str]:
    alike = table("lookalikes.toml").data["latin"]
    return {ord(other): letter for letter, others in alike.items() for other in others}
