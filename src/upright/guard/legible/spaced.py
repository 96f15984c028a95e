"""Words written letter by letter, with gaps or signs between."""

from __future__ import annotations

import itertools
import re

from upright.guard.legible.lexicon import is_disguised, is_known, looks_like_a_word
from upright.guard.legible.mapping import Edit
from upright.guard.legible.masks import behind_mask

_ONE = r"[A-Za-z0-9@$!*](?![A-Za-z0-9'’])"  # noqa: RUF001 (apostrophe)
_GAPPED = re.compile(rf"(?<![A-Za-z0-9'’@$.]){_ONE}(?:\s{{1,4}}{_ONE}){{2,200}}+")  # noqa: RUF001
_JOINED = re.compile(
    r"(?<![\w'’@$.-])[A-Za-z0-9@$!*](?P<by>\s?[.\-_~*·•,/|+:;]\s?)"  # noqa: RUF001 (apostrophe)
    r"(?:[A-Za-z0-9@$!*](?P=by)){1,60}+[A-Za-z0-9@$!*](?![\w'’]|(?P=by)\w)"  # noqa: RUF001
)
# Between single letters these stand in prose too.
_LISTING = frozenset(",/|+:;")
_DRAWN_OUT = re.compile(r"([a-z])\1\1+")
_LEET = str.maketrans("0134578@$!", "oieastbasi")
_FEWEST = 3
_ALPHABET = "abcdefghijklmnopqrstuvwxyz"
_LONGEST_PART = 14
_MEAN_PART = 2.5
_MOST = 80
_ALONE = frozenset("aiu")


def spaced_out(text: str) -> list[Edit]:
    """Return the edits that join letters written one by one to words.

    Where some gaps are wider than the others, they part words and stay.
    """
    edits = [edit for match in _GAPPED.finditer(text) if (edit := _joined_gaps(match))]
    edits += [edit for match in _JOINED.finditer(text) if (edit := _joined_signs(match))]
    return _apart(edits)


def _apart(edits: list[Edit]) -> list[Edit]:
    kept: list[Edit] = []
    for edit in sorted(edits):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return kept


def _joined_gaps(match: re.Match[str]) -> Edit | None:
    places = [at for at in range(match.start(), match.end()) if not match.string[at].isspace()]
    while places and match.string[places[-1]] == "!":
        places.pop()
    if len(places) < _FEWEST:
        return None
    gaps = [after - before - 1 for before, after in itertools.pairwise(places)]
    narrow = min(gaps)
    words: list[list[int]] = [[places[0]]]
    for place, gap in zip(places[1:], gaps, strict=True):
        if gap > narrow:
            words.append([])
        words[-1].append(place)
    text = match.string
    spelt = ["".join(text[at] for at in word) for word in words]
    if not any(_is_spelt_out(word) for word in spelt):
        return None
    letters = ""
    origins: list[tuple[int, int]] = []
    end = match.start()
    for word, found in zip(words, spelt, strict=True):
        letters += text[end : word[0]]
        origins += [(at, at + 1) for at in range(end, word[0])]
        parts = _parts(found) if len(words) == 1 else [found]
        for index, part in enumerate(parts):
            if index:
                letters += " "
                origins.append((end, word[0]))
            letters += part
            origins += [(at, at + 1) for at in word[: len(part)]]
            end = word[len(part) - 1] + 1
            word = word[len(part) :]  # noqa: PLW2901 (what is left of the word)
    return Edit(match.start(), end, letters, origins)


def _joined_signs(match: re.Match[str]) -> Edit | None:
    by = match.group("by")
    step = 1 + len(by)
    word = match.group()[::step]
    if not _is_spelt_out(word):
        return None
    sure = is_disguised(_plain(word)) or "*" in word
    if not sure and (_LISTING.intersection(by) or (by.strip() == "." and word.isupper())):
        return None
    places = range(match.start(), match.end(), step)
    return Edit(match.start(), match.end(), word, [(at, at + 1) for at in places])


def _plain(word: str) -> str:
    return _DRAWN_OUT.sub(r"\1", word.lower().translate(_LEET))


def _is_spelt_out(word: str) -> bool:
    """Say whether single letters make up a word; in rows and enumerations they do not."""
    plain = _plain(word)
    letters = sum(sign.isalpha() for sign in word)
    if len(word) < _FEWEST or not letters or plain in _ALPHABET:
        return False
    if is_disguised(plain) or ("*" in plain and letters > 2 and behind_mask(plain)):  # noqa: PLR2004
        return True
    if 2 * letters < len(word):
        return False
    if len(word) == _FEWEST or is_known(plain):
        return is_known(plain)
    return len(set(plain)) > 2 and letters > 2 and looks_like_a_word(plain)  # noqa: PLR2004


def _parts(word: str) -> list[str]:
    """Return the words that stand in a row of letters, or the row where it is none of words."""
    plain = word.lower().translate(_LEET)
    if is_known(plain) or len(plain) > _MOST or _DRAWN_OUT.search(plain):
        return [word]
    if plain[0] in _ALONE and is_disguised(plain[1:]):
        return [word[0], word[1:]]
    best: list[list[int] | None] = [[]] + [None] * len(plain)
    for end in range(1, len(plain) + 1):
        for begin in range(max(0, end - _LONGEST_PART), end):
            ends = best[begin]
            if ends is None or not _may_stand(plain[begin:end]):
                continue
            known = best[end]
            if known is None or len(ends) + 1 < len(known):
                best[end] = [*ends, end]
    ends = best[-1]
    if not ends or len(ends) * _MEAN_PART > len(word):
        return [word]
    return [word[begin:end] for begin, end in itertools.pairwise([0, *ends])]


def _may_stand(part: str) -> bool:
    return part in _ALONE if len(part) == 1 else is_known(part)
