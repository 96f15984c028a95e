"""Letters hidden behind asterisks and other signs."""

from __future__ import annotations

import re

from upright.guard.legible.lexicon import bare_masked, is_known, masked, seldom_masked
from upright.guard.legible.mapping import Edit, respelled
from upright.guard.legible.spelling import stands_alone

_MASKED = re.compile(
    r"(?<![\w*@#%&$/.\\=:-])[A-Za-z0-9]{1,12}+[*#%&$@_.-]{1,8}[A-Za-z0-9*#]{0,12}+"
)
_DIGIT = re.compile("[0-9]")
_QUIET = frozenset("_.-")
_DIGITS = str.maketrans("013457", "oieast")
_MOST_MASKED = frozenset(("fuck", "shit", "bitch", "cunt", "nigger"))


def masks(text: str) -> list[Edit]:
    """Return the edits that put back letters behind masks such as asterisks."""
    edits = []
    for match in _MASKED.finditer(text):
        seen = match.group()
        if not _is_mask(seen) or not stands_alone(text, match.start(), match.end()):
            continue
        word = behind_mask(seen.lower().translate(_DIGITS))
        if word:
            edits.append(_unmasked(match.start(), seen, word))
    return edits


def _is_mask(seen: str) -> bool:
    letters = sum(sign.isalpha() for sign in seen)
    if _DIGIT.search(seen):
        return "*" in seen and 2 * letters >= len(seen) > 3  # noqa: PLR2004 (no product of numbers)
    if "&" in seen and letters < 3:  # noqa: PLR2004 (as in the names of firms)
        return False
    if seen[-1].isalpha():
        # Quiet signs stand between letters in ordinary text too; they mask one letter of a few.
        quiet = _QUIET.intersection(seen)
        return not quiet or (len(seen) == letters + 1 and 3 <= letters <= 6)  # noqa: PLR2004
    if _QUIET.intersection(seen) or not seen.endswith(("*", "#")):
        return False
    # One asterisk after a word points to a note.
    return len(seen) - letters > 1 or (letters > 2 and not is_known(seen[:-1].lower()))  # noqa: PLR2004


def behind_mask(seen: str) -> str | None:
    """Return the likeliest word behind a mask in lower case."""
    exact = re.compile(re.sub(r"[^a-z]", "[a-z]", seen))
    letters = sum(map(str.isalpha, seen))
    if found := next(filter(exact.fullmatch, masked(len(seen))), None):
        return found
    if found := _miscounted(seen, letters):
        return found
    if not 2 * letters >= len(seen) > 3:  # noqa: PLR2004 (as in a product)
        return None
    return next(filter(exact.fullmatch, seldom_masked(len(seen))), None)


def _miscounted(seen: str, letters: int) -> str | None:
    """Return the likeliest word whose hidden letters are not as many as the asterisks."""
    if "*" not in seen or not seen[-1].isalpha() or _QUIET.intersection(seen):
        return None
    pattern = re.compile(re.sub(r"[^a-z]+", "[a-z]+", seen))
    near = sorted(range(max(3, len(seen) - 2), len(seen) + 3), key=lambda n: abs(n - len(seen)))
    words = [word for n in near for word in bare_masked() if len(word) == n]
    if letters < 3:  # noqa: PLR2004
        # Two letters are too few for a rare word.
        words = [word for word in words if word in _MOST_MASKED]
    else:
        words += [word for n in near for word in masked(n)]
    return next(filter(pattern.fullmatch, words), None)


def _unmasked(start: int, seen: str, word: str) -> Edit:
    """Return the edit from what is seen to the word, letters beside the mask in their places."""
    end = start + len(seen)
    if seen[0].isupper():
        word = word.upper() if sum(map(str.isupper, seen)) > 1 else word.capitalize()
    if len(word) == len(seen):
        return respelled(start, word)
    mask = re.search("[^A-Za-z]+", seen)
    head = mask.start() if mask else 0
    tail = len(seen) - mask.end() if mask else 0
    between = (start + head, end - tail)
    origins = [(start + at, start + at + 1) for at in range(head)]
    origins += [between] * (len(word) - head - tail)
    origins += [(at, at + 1) for at in range(end - tail, end)]
    return Edit(start, end, word, origins)
