"""Puts words into a template and keeps track of the marked passages."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence

from upright.train.contrast.tables import Identity, traits

_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"\b([Aa]) (?=⟦?\{(\w+)\})")
# A vowel letter that is read as a consonant, and the other way round.
_SAID_WITH_CONSONANT = re.compile(r"(?:eu|uk|un[io]|us[ae]|ur[iu]|one\b|once\b)", re.IGNORECASE)
_SAID_WITH_VOWEL = re.compile(r"(?:hour|honest|heir|[FLMNRSX](?:[A-Z]{2,}))")
_OPEN, _CLOSE = "⟦", "⟧"
_KEPT_CAPITALS = re.compile(r"(?:I\b|I'|[A-Z]{2})")


def fill(
    text: str,
    rng: random.Random,
    words: Mapping[str, Sequence[str]],
    identity: Identity | None = None,
) -> str:
    """Return the text with every slot filled; the marks stay in.

    Raises:
        KeyError: a slot that no table knows, or an identity slot without an identity.
    """
    chosen = _choose(text, rng, words, identity)
    text = _ARTICLE.sub(lambda match: f"{match[1]}{_n(chosen[match[2]])} ", text)
    return _SLOT.sub(lambda match: chosen[match[1]], text)


def unmark(text: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Return the text without its marks, and the ranges that stood between them."""
    plain: list[str] = []
    spans: list[tuple[int, int]] = []
    at = start = 0
    for character in text:
        if character == _OPEN:
            start = at
        elif character == _CLOSE:
            spans.append((start, at))
        else:
            plain.append(character)
            at += 1
    return "".join(plain), tuple(spans)


def mark(text: str) -> str:
    """Return the text marked as a whole, unless something in it is marked."""
    return text if _OPEN in text else f"{_OPEN}{text}{_CLOSE}"


def passage(text: str, form: str) -> str:
    """Return a filled sentence in the form a frame wants it.

    Args:
        text: the sentence, without marks.
        form: `full` (as it is), `claim` (without its full stop), or `that` (also with a small
            letter at the beginning, so that it can follow "that").
    """
    if form == "full":
        return text
    text = text.removesuffix(".")
    return text if form == "claim" else text.rstrip("!?")


def lower_first(text: str) -> str:
    """Return a template with a small first letter or slot, where English allows it."""
    if text.startswith("{"):
        return "{" + text[1].lower() + text[2:]
    return text if _KEPT_CAPITALS.match(text) else text[:1].lower() + text[1:]


def _choose(
    text: str,
    rng: random.Random,
    words: Mapping[str, Sequence[str]],
    identity: Identity | None,
) -> dict[str, str]:
    chosen: dict[str, str] = {}
    for slot in dict.fromkeys(_SLOT.findall(text)):
        small = slot[0].lower() + slot[1:]
        if small in {"group", "one", "adj", "trait"}:
            if identity is None:
                raise KeyError(f"{{{slot}}} needs an identity")
            word = (
                rng.choice(traits(identity.axis)) if small == "trait" else getattr(identity, small)
            )
        else:
            word = rng.choice(words[small])
        chosen[slot] = word if slot == small else word[:1].upper() + word[1:]
    return chosen


def _n(word: str) -> str:
    vowel = word[:1].lower() in "aeiou" and _SAID_WITH_CONSONANT.match(word) is None
    return "n" if vowel or _SAID_WITH_VOWEL.match(word) else ""
