"""`toxicity.*`: a baseline of words and phrases that sees through common disguises.

Disguises are digits and signs in the place of letters, stars over letters and letters drawn out.
Groups of people score only inside a phrase that attacks them, never by being named.
"""

from __future__ import annotations

import re
import unicodedata

from upright.guard.detectors.local import LocalDetector
from upright.guard.detectors.phrase_tables import phrases_of
from upright.guard.detectors.phrases import Phrase, Step, phrase_detector
from upright.guard.detectors.tables import table

_INNER = "@$*"
_LEET = str.maketrans("013457@$", "oieastas")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_MASKED_FROM = 4


def toxicity(section: str) -> LocalDetector:
    """Return the detector `toxicity.<section>`."""
    rows = table("toxicity.toml")
    return phrase_detector(
        f"toxicity.{section}",
        [_with_masks(phrase) for phrase in phrases_of(rows.data, section)],
        version=f"{rows.version}:{unicodedata.unidata_version}",
        inner=_INNER,
        fold=undisguised,
    )


def undisguised(word: str) -> tuple[str, ...]:
    """Return the forms in which a word is compared: as it stands, and without disguise."""
    plain = word.lower()
    if plain.isascii() and plain.isalpha():
        squeezed = _DRAWN_OUT.sub(r"\1", plain)
        return (plain,) if squeezed == plain else (plain, squeezed, _DRAWN_OUT.sub(r"\1\1", plain))
    plain = unicodedata.normalize("NFKC", plain).replace("\u2019", "'")
    bare = plain.strip(_INNER)
    shown = _DRAWN_OUT.sub(r"\1", plain.translate(_LEET))
    return tuple(dict.fromkeys((plain, bare, shown, shown.strip("*"))))


def _with_masks(phrase: Phrase) -> Phrase:
    """Return a one-word phrase with the words' starred spellings too."""
    first, *rest = phrase.steps
    if rest:
        return phrase
    words = set(first.words)
    for word in first.words:
        if len(word) >= _MASKED_FROM:
            words |= masks(word)
    return Phrase((Step(frozenset(words)),), phrase.score, phrase.severity, phrase.why)


def masks(word: str) -> set[str]:
    """Return the spellings of a word with inner letters starred."""
    inner = range(1, len(word) - 1)
    starred = {word[:1] + "*" * (len(word) - 1)}
    for first in inner:
        for last in range(first, len(word) - 1):
            starred.add(word[:first] + "*" * (last - first + 1) + word[last + 1 :])
    return starred
