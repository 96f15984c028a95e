"""The words of a text in their normal form: without case, space, punctuation or invisibles."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Scripts without spaces: each character counts as a word.
_SINGLE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_INVISIBLE = "\u00ad\u200b-\u200f\u2060-\u2064\ufeff"
_WORD = re.compile(f"[{_SINGLE}]|(?:[^\\W_{_SINGLE}]|[{_INVISIBLE}])+")
_HIDDEN = re.compile(f"[{_INVISIBLE}]")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text.

    Attributes:
        words: in normal form.
        spans: where each stands in the text.
        length: characters of the text.
    """

    words: list[str]
    spans: list[tuple[int, int]]
    length: int


def words_of(text: str) -> Words:
    """Take a text apart.

    Case, compatibility forms (such as full width) and invisible characters make no difference;
    whatever is no letter or digit separates.
    """
    plain = text.isascii()
    words, spans = [], []
    for match in _WORD.finditer(text):
        word = match[0].lower() if plain else _normal(match[0])
        if word:
            words.append(word)
            spans.append(match.span())
    return Words(words, spans, len(text))


def _normal(word: str) -> str:
    if word.isascii():
        return word.lower()
    return _HIDDEN.sub("", unicodedata.normalize("NFKC", word).casefold())
