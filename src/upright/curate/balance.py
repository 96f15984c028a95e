"""Balance genders: in every second record that names one, the other one stands in its place.

Counterfactual data substitution (Maudslay, Gonen, Cotterell and Teufel, 2019): nothing is added, so
no passage stands more often than before. English only. Names stay as they are, and whether `her`
is `his` or `him` is told by the word behind it, so some sentences come out wrong.
"""

from __future__ import annotations

import re

from upright.curate.measuring import name_hash

_PAIRS = (
    "he she", "himself herself", "man woman", "men women", "boy girl", "boys girls", "male female",
    "males females", "father mother", "fathers mothers", "dad mum", "son daughter",
    "sons daughters", "husband wife", "husbands wives", "brother sister", "brothers sisters",
    "uncle aunt", "uncles aunts", "nephew niece", "nephews nieces", "grandfather grandmother",
    "grandson granddaughter", "gentleman lady", "gentlemen ladies", "king queen", "kings queens",
    "prince princess", "actor actress", "waiter waitress", "mr ms", "sir madam",
)  # fmt: skip
_OTHER = {one: other for pair in _PAIRS for one, other in (pair.split(), pair.split()[::-1])}
_OTHER |= {"mrs": "mr", "hers": "his", "him": "her"}
# What follows `her` where it is `him`.
_FUNCTION_WORDS = (
    "a about above across after again against all along always an and around as at away back "
    "because before behind beside but by down for from going had has he here how if in into is "
    "it later never not now of off on once or out over she so than that the then there they "
    "this through to today together too under until up was we were what when where which while "
    "who why will with without would you"
)
_AFTER_HIM = frozenset(_FUNCTION_WORDS.split())
_WORD = re.compile(r"[A-Za-z]+(?:'[A-Za-z]+)?")


def is_turned(name: str) -> bool:
    """Say whether a record of this id is one of those that are swapped: every second one."""
    return bool(name_hash(name) & 1)


def swapped(text: str) -> str:
    """Return a text with women for men and men for women; the text itself where it names none."""
    return _WORD.sub(lambda match: _swap(match, text), text)


def _swap(match: re.Match[str], text: str) -> str:
    word = match.group()
    bare, mark, ending = word.partition("'")
    other = _other(bare.lower(), text, match.end())
    if other is None or (mark and bare.lower() in {"his", "her", "him"}):
        return word
    if bare.isupper() and len(bare) > 1:
        other = other.upper()
    elif bare[0].isupper():
        other = other.capitalize()
    return other + mark + ending


def _other(word: str, text: str, end: int) -> str | None:
    if word not in {"his", "her"}:
        return _OTHER.get(word)
    follows = re.compile(r"[ \t]+([A-Za-z]+)").match(text, end)
    owned = follows is not None and follows[1].lower() not in _AFTER_HIM
    if word == "his":
        return "her" if owned else "hers"
    return "his" if owned else "him"
