"""Tricks inside of one word: digits and signs for letters, drawn-out letters, capitals."""

from __future__ import annotations

import itertools
import re

from upright.guard.legible.lexicon import (
    is_known,
    is_listed,
    looks_like_a_word,
)
from upright.guard.legible.mapping import Edit, respelled

_LONGEST = 40
_READ_AS = dict(zip("02345789@$+(€£¢¥", "ozeastbgastcelcy", strict=True))
_READ_AS |= {"1": "il", "!": "il", "|": "il", "6": "gb"}
_SIGN = r"0-9@$!+|(€£¢¥"
_WORDLIKE = re.compile(rf"[A-Za-z{_SIGN}]+")
_LETTER = re.compile("[A-Za-z]")
_INNER = re.compile(rf"(?<=[a-z])[{_SIGN}]{{1,4}}(?=[a-z])")
_EDGES = "!|(+"
# Signs that stand for a letter only where the word is then a known one.
_UNSURE = re.compile(r"[2689+|(]")
_VOWEL = re.compile("[aeiouy]", re.IGNORECASE)
# What follows or goes before a piece of an address, of code, of a number or of a version.
_BEFORE = re.compile(r"[\w.:/\\=&%?#~`<{}\[\]_-]\Z")
_AFTER = re.compile(r"[*+][\w(]|[/\\=_:~`{}<>&%#@^]|[.,:-][\w@]|\(\)|['\u2019]?[0-9]")
_VARIANTS = 16
_REPEATED = re.compile(r"([^\d])\1\1+|([0-9])\2\2\2*", re.IGNORECASE)
_UNIT = r"(?:[a-z]|st|nd|rd|th|[ap]m|min|sec|hrs?|[kcmn]m|[kmu]?g|[kmgt]b|lbs?|ft|in|px|hz|mph)"
_MEASURE = re.compile(f"[0-9]+{_UNIT}", re.IGNORECASE)
_MEASURES = re.compile(f"(?:[0-9]+{_UNIT})+[0-9]*", re.IGNORECASE)


def stands_alone(text: str, start: int, end: int) -> bool:
    """Say whether a stretch is no piece of an address, of code, of a number or of a version."""
    before = text[max(0, start - 2) : start]
    if before and _BEFORE.search(before) and not _opens(before):
        return False
    after = _AFTER.match(text, end, end + 3)
    return after is None


def _opens(before: str) -> bool:
    """Say whether what goes before a word belongs to prose: a hyphen or colon, or dots."""
    if before == "..":
        return True
    return before[-1] in "-:" and (len(before) == 1 or before[0].isalpha() or before[0].isspace())


def leet(text: str) -> list[Edit]:
    """Return the edits that put letters for digits and signs inside of words."""
    edits = []
    for match in _WORDLIKE.finditer(text):
        core = match.group()
        if core.isalpha() or len(core) > _LONGEST or not _LETTER.search(core):
            continue
        core = core.lstrip(_EDGES)
        start = match.end() - len(core)
        for word in dict.fromkeys((core, core.rstrip(_EDGES))):
            if word.isalpha() or not stands_alone(text, start, start + len(word)):
                continue
            if edit := _plain_edit(start, word):
                edits.append(edit)
                break
    return edits


def _plain_edit(start: int, word: str) -> Edit | None:
    if plain := _plain(word):
        return respelled(start, plain)
    if not _REPEATED.search(word):
        return None
    short = _squeezed(start, word, _REPEATED)
    plain = None if short.letters.isalpha() else _listed(short.letters.lower())
    return short._replace(letters=plain) if plain else None


def _squeezed(start: int, word: str, repeated: re.Pattern[str]) -> Edit:
    """Return the edit that leaves one of each repeated sign."""
    letters = ""
    origins: list[tuple[int, int]] = []
    place = 0
    for match in repeated.finditer(word):
        letters += word[place : match.start() + 1]
        origins += [(start + at, start + at + 1) for at in range(place, match.start())]
        origins.append((start + match.start(), start + match.end()))
        place = match.end()
    origins += [(start + at, start + at + 1) for at in range(place, len(word))]
    return Edit(start, start + len(word), letters + word[place:], origins)


def _plain(word: str) -> str | None:
    """Return the letters of a word with digits or signs, or None where it is meant as it is."""
    if _MEASURE.fullmatch(word):
        return None
    read = _listed(word.lower()) or _pronounced(word)
    if read is None:
        return None
    letters = [sign for sign in word if sign.isalpha()]
    if len(letters) > 1 and all(letter.isupper() for letter in letters):
        return read.upper()
    return "".join(old if old.isalpha() else new for old, new in zip(word, read, strict=True))


def _listed(lower: str) -> str | None:
    """Return the reading that is a known word."""
    if len(lower) < 3:  # noqa: PLR2004 (a digit and a letter or two are mostly a measure)
        return None
    choices = itertools.product(*(_READ_AS.get(sign, sign) for sign in lower))
    for letters in itertools.islice(choices, _VARIANTS):
        word = "".join(letters)
        if is_known(word):
            return word
    return None


def _pronounced(word: str) -> str | None:
    """Return the reading of a word with signs inside that could be pronounced."""
    lower = word.lower()
    if not _INNER.search(lower) or _UNSURE.search(lower) or lower[0] in "@$" or lower[-1] in _EDGES:
        return None
    if "!" in lower and (word != lower or any(map(is_known, lower.split("!")))):
        return None
    if _is_model_number(word):
        return None
    read = "".join(
        _single(sign, lower[at - 1 : at], lower[at + 1 : at + 2]) for at, sign in enumerate(lower)
    )
    return read if looks_like_a_word(read) else None


def _single(sign: str, before: str, after: str) -> str:
    choices = _READ_AS.get(sign, sign)
    if choices == "il":
        return "l" if before and before in "aeou" and (not after or after in "aeiou") else "i"
    return choices[0]


def _is_model_number(word: str) -> bool:
    """Say whether digits are digits: in measures, formulas, hexadecimal numbers and names."""
    letters = [sign for sign in word if sign.isalpha()]
    upper = sum(letter.isupper() for letter in letters)
    groups = re.findall(f"[{_SIGN}]+", word)
    if _MEASURES.fullmatch(word) or 0 < upper < len(letters) > upper + word[0].isupper():
        return True
    if not word.isalpha() and not re.search("[g-zG-Z@$!]", word):
        return True
    if len(groups) > 1:
        # One digit could be anything; letters in many places are somebody's habit.
        return upper > 0 or len(word) < 5 or 5 * len(letters) < 2 * len(word)  # noqa: PLR2004
    fewest = 4 if upper > 1 or len(groups[0]) > 2 else 3  # noqa: PLR2004
    return len(letters) < max(fewest, len(word) / 2) or len(groups[0]) > 3  # noqa: PLR2004


_PLAIN_WORD = re.compile(r"[A-Za-z]{3,}")
_DRAWN_OUT = re.compile(r"([A-Za-z])\1{2,}", re.IGNORECASE)
_RUN = re.compile(r"([A-Za-z])\1*", re.IGNORECASE)
_ROMAN = re.compile("[ivxlcdm]+", re.IGNORECASE)
_CHOICES = 3
_ACRONYM = 5
# These say something as they are.
_NO_WORD = re.compile("xxx|kkk", re.IGNORECASE)
# A slip of the key makes three of two consonants between vowels; -less and -ness end in two.
_DOUBLE = re.compile(r"[aeiou]([^aeiouy])\1\1[aeiouy]|(?<=[ln])es+\Z", re.IGNORECASE)


def drawn_out(text: str) -> list[Edit]:
    """Return the edits that shorten letters written three times or more, or all of them twice."""
    edits = []
    for match in _PLAIN_WORD.finditer(text):
        word = match.group()
        if not _is_drawn_out(word) or not stands_alone(text, match.start(), match.end()):
            continue
        runs = [run.span() for run in _RUN.finditer(word)]
        edit = _shortened(match.start(), word, runs)
        if edit is not None:
            edits.append(edit)
    return edits


def _is_drawn_out(word: str) -> bool:
    if _ROMAN.fullmatch(word):
        return False
    runs = _RUN.findall(word)
    if len(runs) == 1:
        return False
    doubled = 2 < len(runs) <= len(word) / 2 and all(  # noqa: PLR2004
        run.end() - run.start() > 1 for run in _RUN.finditer(word)
    )
    return doubled or (_DRAWN_OUT.search(word) is not None and _VOWEL.search(word) is not None)


def _shortened(start: int, word: str, runs: list[tuple[int, int]]) -> Edit | None:
    """Return the edit to the known word with each long run once or twice, else to a likely one."""
    doubled = all(end - begin > 1 for begin, end in runs)
    long = [at for at, (begin, end) in enumerate(runs) if doubled or end - begin > 2]  # noqa: PLR2004
    once = _kept(start, word, runs, dict.fromkeys(long, 1))
    choices = [once]
    if len(long) <= _CHOICES:
        counts = itertools.product((2, 1), repeat=len(long))
        choices = [_kept(start, word, runs, dict(zip(long, some, strict=True))) for some in counts]
    for known in (is_listed, is_known):
        for edit in choices:
            if known(edit.letters.lower()):
                return edit
    if doubled or _NO_WORD.search(word) or (word.isupper() and len(word) <= _ACRONYM):
        return None
    likely = {at: 2 for at in long if runs[at][0] and _DOUBLE.match(word, runs[at][0] - 1)}
    return _kept(start, word, runs, dict.fromkeys(long, 1) | likely)


def _kept(start: int, word: str, runs: list[tuple[int, int]], counts: dict[int, int]) -> Edit:
    letters = ""
    origins: list[tuple[int, int]] = []
    for at, (begin, end) in enumerate(runs):
        count = counts.get(at, end - begin)
        letters += word[begin : begin + count]
        origins += [(start + place, start + place + 1) for place in range(begin, begin + count)]
        origins[-1] = (origins[-1][0], start + end)
    return Edit(start, start + len(word), letters, origins)


_HUMP = re.compile("[a-z][A-Z]")
_PLAIN_RUN = re.compile("[a-z]{3}")
_KNOWN_SHAPES = frozenset(("LaTeX", "BibTeX", "GaAs", "AlGaAs", "InGaAs", "InGaN"))


def mixed_case(text: str) -> list[Edit]:
    """Return the edits that write words in lower case whose capitals stand at random."""
    edits = []
    for match in _PLAIN_WORD.finditer(text):
        word = match.group()
        if word.islower() or word.istitle() or word.isupper() or not _HUMP.search(word):
            continue
        lower = word.lower()
        random = len(_HUMP.findall(word)) > 1 and not _PLAIN_RUN.search(word)
        if word in _KNOWN_SHAPES or not (random or is_known(lower)):
            continue
        if stands_alone(text, match.start(), match.end()):
            edits.append(respelled(match.start(), lower))
    return edits
