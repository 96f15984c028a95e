"""The words of a text, read once for all detectors of phrases."""

from __future__ import annotations

import re
import unicodedata
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import filterfalse
from string import ascii_lowercase, digits
from typing import TypeVar

import re2

from upright.guard.detectors.scripts import UNSPACED
from upright.guard.detectors.tables import table

LONGEST_WORD = 40
_LONGEST_JOINT = 6
_SIGNS = "@$*"
# Where a text is ASCII, the quick form of the same rule. Apostrophes at a word's end are cut off.
_ASCII_WORD = re.compile(
    rf"(?<![A-Za-z0-9])[A-Za-z0-9{_SIGNS}][A-Za-z0-9{_SIGNS}']{{0,{LONGEST_WORD - 1}}}"
)
# All other characters of an ASCII text become spaces.
_OF_WORDS = frozenset(f"{ascii_lowercase}{digits}{_SIGNS}'".encode())
_ASCII_SIGNS = bytes(sign if sign in _OF_WORDS else ord(" ") for sign in range(256))
_LETTER = rf"(?![{UNSPACED}_])[\w{_SIGNS}"
# A word of a script without spaces is taken letter by letter.
_WORD = re.compile(
    rf"[{UNSPACED}]|(?<![^\W_{UNSPACED}]){_LETTER}](?:{_LETTER}'\u2019]){{0,{LONGEST_WORD - 1}}}"
)
# Between the words of one phrase: no end of a sentence, no empty line.
_JOINT = re.compile(r"(?:[^\w.!?\n]|_)*\n?(?:[^\w.!?\n]|_)*")
_DISGUISE = str.maketrans("013457@$", "oieastas")
_DRAWN_OUT = re.compile(r"(.)\1\1+")
# The same for what an ASCII word can hold, for whole texts: RE2 has no back references.
_DRAWN_OUT_ASCII = re2.compile(
    "|".join(re.escape(3 * sign) for sign in (*ascii_lowercase, *digits, *_SIGNS, "'"))
)
_APOSTROPHES = "'\u2019"
_KEPT = 64

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text in order.

    Attributes:
        text: the text.
        spans: start and end of each word.
        forms: for each word the spellings in which it is compared, without case or disguise.
        places: for each spelling the indexes of the words that have it, rising.
    """

    text: str
    spans: list[tuple[int, int]]
    forms: list[tuple[str, ...]] = field(repr=False)
    places: dict[str, list[int]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for index, forms in enumerate(self.forms):
            for form in forms:
                self.places.setdefault(form, []).append(index)

    def is_open(self, index: int) -> bool:
        """Say whether more text could change the word."""
        if index < len(self.spans) - 1:
            return False
        rest = self.text[self.spans[index][1] :]
        return len(rest) <= LONGEST_WORD and not rest.strip(_APOSTROPHES)

    def joined(self, index: int) -> bool:
        """Say whether a word and the one before it can stand in one phrase.

        For the place after the last word: whether one more could.
        """
        start = self.spans[index - 1][1]
        end = self.spans[index][0] if index < len(self.spans) else len(self.text)
        return end - start <= _LONGEST_JOINT and bool(_JOINT.fullmatch(self.text, start, end))


_memory: OrderedDict[str, Words] = OrderedDict()
_spellings: OrderedDict[str, frozenset[str]] = OrderedDict()


def words_of(text: str) -> Words:
    """Return the words of a text; those of the last few texts are remembered."""
    known = _memory.get(text)
    if known is not None:
        return known
    words = _read(text)
    _keep(_memory, text, words)
    return words


def _keep(memory: OrderedDict[str, Value], text: str, value: Value) -> None:
    """Remember a value of a text, and not those of more than the last few texts."""
    memory[text] = value
    while len(memory) > _KEPT:
        try:
            memory.popitem(last=False)
        except KeyError:  # another thread was quicker
            break


def spellings_in(text: str) -> frozenset[str]:
    """Return all spellings of all words of a text: the keys of `words_of(text).places`.

    Much quicker than the words with their places, for which most texts give no reason.
    """
    known = _spellings.get(text)
    if known is not None:
        return known
    spellings = frozenset(_quick_spellings(text))
    _keep(_spellings, text, spellings)
    return spellings


def _quick_spellings(text: str) -> set[str]:
    if not text.isascii():
        found = {word.rstrip(_APOSTROPHES) for word in _WORD.findall(text)}
        return {form for word in found for form in _remembered(word)}
    lower = text.lower()
    found = _ascii_words(lower)
    if _is_plain(lower):
        odd = set(filterfalse(str.isalpha, found))
        found -= odd
    else:
        found, odd = set(), found
    found.update(form for word in odd for form in _remembered(word.rstrip("'")))
    return found


def _ascii_words(lower: str) -> set[str]:
    """Return what `_ASCII_WORD` finds in an ASCII text in lower case, much quicker."""
    found = set(lower.encode().translate(_ASCII_SIGNS).decode().split())
    if "'" not in lower and len(max(found, key=len, default="")) <= LONGEST_WORD:
        return found
    # No word begins with an apostrophe, and none is longer.
    odd = {word for word in found if word[0] == "'" or len(word) > LONGEST_WORD}
    found -= odd
    return found.union(*map(_ASCII_WORD.findall, odd))


def _read(text: str) -> Words:
    if not text.isascii():
        spans = [_span(match) for match in _WORD.finditer(text)]
        return Words(text, spans, [undisguised(text[start:end]) for start, end in spans])
    spans = [match.span() for match in _ASCII_WORD.finditer(text)]
    if "'" in text:
        spans = [_without_quote(text, *span) for span in spans]
    lower = text.lower()
    plain = _is_plain(lower)
    found = [lower[start:end] for start, end in spans]
    forms = [(w,) if plain and w.isalpha() else _remembered(w) for w in found]
    return Words(text, spans, forms)


def _span(match: re.Match[str]) -> tuple[int, int]:
    start, end = match.span()
    if match.string[end - 1] in _APOSTROPHES:
        end = start + len(match.group().rstrip(_APOSTROPHES))
    return start, end


def _is_plain(lower: str) -> bool:
    """Say whether no letter of an ASCII text in lower case is drawn out."""
    return _DRAWN_OUT_ASCII.search(lower) is None


def _without_quote(text: str, start: int, end: int) -> tuple[int, int]:
    if text[end - 1] == "'":
        end = start + len(text[start:end].rstrip("'"))
    return start, end


def undisguised(word: str) -> tuple[str, ...]:
    """Return the spellings in which a word is compared.

    They are the word in lower case and, where they differ from it, the word with letters for
    digits, signs and look-alikes, and with drawn-out letters shortened to one or two.
    """
    lower = word.lower()
    if lower.isascii() and lower.isalpha():
        return _shortened(lower) if _DRAWN_OUT.search(lower) else (lower,)
    plain = unicodedata.normalize("NFKC", lower).translate(_plain_letters())
    bare = plain.strip(_SIGNS)
    shown = plain.translate(_DISGUISE) if any(map(str.isalpha, plain)) else plain
    return tuple(dict.fromkeys((plain, bare, *_shortened(shown), shown.strip("*"))))


# Texts use the same words again and again.
_remembered = lru_cache(maxsize=1 << 15)(undisguised)


def _shortened(word: str) -> tuple[str, ...]:
    return (word, _DRAWN_OUT.sub(r"\1", word), _DRAWN_OUT.sub(r"\1\1", word))


@cache
def _plain_letters() -> dict[int, str]:
    alike = table("lookalikes.toml").data["latin"]
    found = {ord(sign): latin.lower() for latin, signs in alike.items() for sign in signs.lower()}
    # The small sigma's form depends on the letter after it.
    return found | {0x2019: "'", 0x03C2: "\u03c3"}
