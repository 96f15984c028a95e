"""Signs that look like plain letters, and signs that nobody sees."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from upright.guard.detectors.tables import table
from upright.guard.legible.lexicon import is_known, own_table
from upright.guard.legible.mapping import Edit, respelled

_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]+"
)
_FOREIGN = re.compile("[\x00-\x7f]?[^\x00-\x7f]+")
_WORD = re.compile(r"[^\W_](?:[\s._*~-]{1,2}[^\W_](?![^\W_])){2,80}+(?![^\W_])|[^\W_]{1,64}")
_GAPS = re.compile(r"[\W_]+")
_GREEK = re.compile("[\u0370-\u03ff]")
_ASCII_LETTER = re.compile("[A-Za-z]")
# Signs of ordinary text that only begin with letters in their compatible form.
_KEPT = frozenset("™℠ªº№")
_WIDE_SIGNS = str.maketrans("\uff20\uff04\uff0a\uff0b\uff5c", "@$*+|")
_LETTER_BLOCKS = ((0x1F150, "A"), (0x1F170, "A"))  # white letters on black circles and squares
_MARK = "mark"
# Greek and Cyrillic, and the marks that their languages put on letters.
_ALIKE_SCRIPTS = re.compile("[\u0370-\u052f]")
_NATIVE_MARKS = frozenset("\u0300\u0301\u0304\u0306\u0308\u0313\u0314\u0342\u0345")
# Joiners and selectors have work to do in scripts from Hebrew on and in emoji.
_LAST_PLAIN = "\u058f"


def signs(text: str) -> list[Edit]:
    """Return the edits that make letters plain and take invisible signs out.

    Letters in compatible forms of Unicode (NFKC) become plain, Latin letters lose their
    diacritics, and invisible signs go where no script and no emoji needs them.
    """
    idle = {
        place
        for run in _HIDDEN.finditer(text)
        if _is_idle(text, run.start(), run.end())
        for place in range(run.start(), run.end())
    }
    edits = []
    for match in _FOREIGN.finditer(text):
        edit = _plain_run(text, match.start(), match.end(), idle)
        if edit.letters != match.group():
            edits.append(edit)
    return edits


def _plain_run(text: str, start: int, end: int, idle: set[int]) -> Edit:
    letters: list[str] = []
    origins: list[tuple[int, int]] = []
    for place in range(start, end):
        if place in idle:
            continue
        sign = text[place]
        plain = _plain(sign)
        if plain == _MARK:
            if letters and _is_trick(sign, letters[-1]):
                origins[-1] = (origins[-1][0], place + 1)
                continue
            plain = sign
        letters += plain
        origins += [(place, place + 1)] * len(plain)
    return Edit(start, end, "".join(letters), origins)


def _is_idle(text: str, start: int, end: int) -> bool:
    """Say whether invisible signs do nothing for their visible neighbours."""
    sides = text[max(0, start - 1) : start], text[end : end + 1]
    return all(side <= _LAST_PLAIN or "\u1e00" <= side <= "\u206f" for side in sides)


def _is_trick(mark: str, base: str) -> bool:
    """Say whether a mark tells nothing about the sign it stands on."""
    if base.isascii():
        return base.isalpha() or unicodedata.category(mark) == "Mn"
    return bool(_ALIKE_SCRIPTS.match(base)) and mark not in _NATIVE_MARKS


@lru_cache(maxsize=8192)
def _plain(sign: str) -> str:
    """Return what a sign is read as, or `_MARK` for a mark on the sign before it."""
    if sign.isascii() or sign in _KEPT or _HIDDEN.match(sign):
        return sign
    if unicodedata.category(sign) in {"Mn", "Me"}:
        return _MARK
    for first, letter in _LETTER_BLOCKS:
        if first <= ord(sign) < first + 26:
            return chr(ord(letter) + ord(sign) - first)
    return str(own_table()["strokes"].get(sign) or _compatible(sign))


def _compatible(sign: str) -> str:
    base = unicodedata.normalize("NFKD", sign)
    base = "".join(part for part in base if unicodedata.category(part) != "Mn")
    if base.isascii() and base.isalpha():
        return base
    tag = unicodedata.decomposition(sign).partition(" ")[0]
    if base.isascii() and base.isdigit() and tag in {"<font>", "<wide>"}:
        return base
    if unicodedata.category(sign).startswith("L"):
        return unicodedata.normalize("NFKC", sign)
    return sign.translate(_WIDE_SIGNS)


def lookalikes(text: str) -> list[Edit]:
    """Return the edits that put Latin letters for those of other scripts that look like them.

    It is done in words that hold a Latin letter, and in words made of look-alikes alone where
    the text has no other word of such a script.
    """
    sure, strict, small, loose = _tables()
    mixed: list[Edit] = []
    whole: list[Edit] = []
    native = False
    for match in _WORD.finditer(text):
        word = match.group()
        if word.isascii():
            continue
        plain = word.translate(strict) if _ASCII_LETTER.search(word) else word
        if not plain.isascii():
            plain = _loosely(plain, small, loose)
        if plain != word:
            mixed.append(respelled(match.start(), plain))
        elif (all_alike := word.translate(sure)).isascii() and len(word) > 2:  # noqa: PLR2004
            whole.append(respelled(match.start(), all_alike))
        else:
            native = native or not _is_latin(_GAPS.sub("", word))
    return mixed if native else sorted(mixed + whole)


def _loosely(word: str, small: dict[int, str], loose: dict[int, str]) -> str:
    """Return the word with letters that only resemble Latin ones read so, if it then is one."""
    plain = word.translate(small)
    if plain.isascii():
        return plain
    plain = plain.translate(loose)
    return plain if len(word) > 2 and is_known(plain.lower()) else word  # noqa: PLR2004


def _is_latin(word: str) -> bool:
    return all(unicodedata.name(letter, "").startswith("LATIN") for letter in word)


@cache
def _tables() -> tuple[dict[int, str], ...]:
    """Return four tables: look-alikes as they are, and in either case; small ones; loose ones."""
    rows = table("lookalikes.toml").data["latin"]
    sure = {ord(sign): latin for latin, alike in rows.items() for sign in alike}
    # Small Greek letters stand beside Latin ones in formulas and units.
    lower = {
        ord(sign.lower()): latin.lower()
        for latin, alike in rows.items()
        for sign in alike
        if not _GREEK.match(sign)
    }
    own = [{ord(sign): to for sign, to in own_table()[name].items()} for name in ("small", "loose")]
    return sure, lower | sure, *own
