"""Spelling tricks: what people do to words so that a filter does not know them.

A trick changes how a text is written and not what it says, so its labels stay.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from upright.train.contrast.example import Example

_WORD = re.compile(r"[A-Za-z]{3,}")
_LOOK_ALIKE = str.maketrans("aceopxyiAEOPCTHBKMX", "асеорхуіАЕОРСТНВКМХ")  # noqa: RUF001 (Cyrillic)
_LEET = str.maketrans("aeiostAEIOST", "4310$74310$7")
_ACCENTED = str.maketrans("aeioucnyAEIOUCN", "áèîöûçñýÀÉÎÕÜÇÑ")
_INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060", "\u00ad")
_VOWELS = "aeiouAEIOU"
# Share of the words that a trick changes.
_CHANGED = 0.6


def trick(text: str, kind: str, rng: random.Random) -> str:
    """Return the text with a part of its words written in another way.

    Args:
        text: any text; words of three letters and more may change.
        kind: one of `TRICKS`.
        rng: chooses the words and the letters.

    Raises:
        ValueError: there is no such trick.
    """
    return _apply(text, kind, rng, ((0, len(text)),))[0]


def tricked(example: Example, kind: str, rng: random.Random) -> Example:
    """Return the example with words of its marked passages changed and its spans moved along.

    Raises:
        ValueError: there is no such trick.
    """
    text, moved = _apply(example.text, kind, rng, example.spans or ((0, len(example.text)),))
    spans = tuple((moved(start), moved(end)) for start, end in example.spans)
    return replace(example, text=text, spans=spans)


def _apply(
    text: str, kind: str, rng: random.Random, spans: Sequence[tuple[int, int]]
) -> tuple[str, Callable[[int], int]]:
    """Return the new text, and where a position at a word's edge has gone."""
    if kind not in _TRICKS:
        raise ValueError(f"kind is {kind!r}: say one of {', '.join(TRICKS)}")
    found = [
        match
        for match in _WORD.finditer(text)
        if any(start <= match.start() and match.end() <= end for start, end in spans)
    ]
    chosen = [match for match in found if rng.random() < _CHANGED] or found[:1]
    parts: list[str] = []
    gains: list[tuple[int, int]] = []
    at = 0
    for match in chosen:
        written = _TRICKS[kind](match.group(), rng)
        parts += [text[at : match.start()], written]
        gains.append((match.end(), len(written) - len(match.group())))
        at = match.end()
    return "".join(
        [*parts, text[at:]]
    ), lambda place: place + sum(gain for end, gain in gains if end <= place)


def _some(letters: str, rng: random.Random, table: dict[int, int]) -> str:
    """Change at least one of the letters that the table knows."""
    known = [place for place, letter in enumerate(letters) if ord(letter) in table]
    chosen = {place for place in known if rng.random() < _CHANGED} or set(known[:1])
    return "".join(
        letter.translate(table) if place in chosen else letter
        for place, letter in enumerate(letters)
    )


def _homoglyph(word: str, rng: random.Random) -> str:
    return _some(word, rng, _LOOK_ALIKE)


def _zero_width(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word))
    return word[:place] + rng.choice(_INVISIBLE) + word[place:]


def _leet(word: str, rng: random.Random) -> str:
    return _some(word, rng, _LEET)


def _spacing(word: str, rng: random.Random) -> str:
    return rng.choice((" ", ".", "-", "_", "*")).join(word)


def _repetition(word: str, rng: random.Random) -> str:
    place = rng.randrange(1, len(word))
    return word[:place] + word[place] * rng.randint(2, 4) + word[place:]


def _case(word: str, rng: random.Random) -> str:
    if rng.random() < 1 / 3:
        return word.upper()
    first = rng.randrange(2)
    return "".join(
        letter.upper() if place % 2 == first else letter.lower()
        for place, letter in enumerate(word)
    )


def _vowels(word: str, rng: random.Random) -> str:
    inner = [place for place in range(1, len(word)) if word[place] in _VOWELS]
    dropped = {place for place in inner if rng.random() < _CHANGED} or set(inner[:1])
    return "".join(letter for place, letter in enumerate(word) if place not in dropped)


def _masked(word: str, rng: random.Random) -> str:
    sign = rng.choice("*#@_-")
    inner = [place for place in range(1, len(word) - 1) if word[place] in _VOWELS] or [1]
    hidden = {place for place in inner if rng.random() < _CHANGED} or {inner[0]}
    return "".join(sign if place in hidden else letter for place, letter in enumerate(word))


def _diacritics(word: str, rng: random.Random) -> str:
    return _some(word, rng, _ACCENTED)


_TRICKS: dict[str, Callable[[str, random.Random], str]] = {
    "homoglyph": _homoglyph,
    "zero_width": _zero_width,
    "leet": _leet,
    "spacing": _spacing,
    "repetition": _repetition,
    "case": _case,
    "vowels": _vowels,
    "masked": _masked,
    "diacritics": _diacritics,
}
TRICKS = tuple(_TRICKS)
"""The names of the tricks."""
