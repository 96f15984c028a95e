"""Code that is still being written, line by line.

What a line says is known once it has ended and no comment or literal that goes over several lines
is open in it. Of a line that is very long it is known before: a token is what it is when some
characters stand behind it and no comment or literal is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from upright.match.code import TEXT, language
from upright.match.code.lexer import spans
from upright.match.index.tokens import Offsets, Tokens

LONG = 1024
"""Characters of a line that is waited for."""
SLACK = 64
"""Characters behind a token that can change what it is: a sign, a quote, a prefix of a literal."""
_BLANK = re.compile(r"[ \t]*")


def whole_lines(text: str, name: str) -> int:
    """Return up to where text that follows cannot change which tokens there are.

    Args:
        text: code.
        name: its language.
    """
    line = text.rfind("\n") + 1
    known = language(name)
    edge = line if len(text) - line <= LONG + SLACK else max(line + LONG, len(text) - SLACK)
    found = spans(text, known)
    open_ = [start for start, end, _ in found if end >= edge]
    if known.docstrings:
        open_ += _undecided(text, found)
    return min([edge, *open_])


def _undecided(text: str, found: Sequence[tuple[int, int, bool]]) -> Iterator[int]:
    """Yield where literals at the end of a text begin that may turn out to be documentation."""
    rest = len(text.rstrip(" \t"))
    for start, end, _ in reversed(found):
        if end < rest:
            break
        if _told_at(text, start, end) > len(text):
            yield start
        rest = len(text[:start].rstrip(" \t"))


def line_ends(text: str, tokens: Tokens, cut: int) -> Offsets:
    """Return for each token where it is final: its line's end, or before that in a long one.

    Where that is still open it is the end of the text.
    """
    breaks = np.flatnonzero(_codes(text) == ord("\n"))
    row = np.searchsorted(breaks, tokens.ends)
    after = np.append(breaks, len(text))[row]
    begins = np.concatenate(([0], breaks + 1))[row]
    told = np.maximum(tokens.ends, begins + LONG) + SLACK
    code = tokens.code
    if code is not None and language(code.language).docstrings:
        heads = np.concatenate(([0], breaks + 1))[np.searchsorted(breaks, tokens.starts)]
        first = np.concatenate(([-1], tokens.ends[:-1]))[: len(tokens)] < heads
        first[:1] = True
        for at in np.flatnonzero((code.hashes == TEXT) & (told < after) & first).tolist():
            start, end = int(tokens.starts[at]), int(tokens.ends[at])
            told[at] = max(int(told[at]), _told_at(text, start, end) + SLACK)
    closes = np.minimum(after, told)
    return np.where(tokens.starts < cut, closes, len(text)).astype(np.int64)


def _told_at(text: str, start: int, end: int) -> int:
    """Return where it is known whether a literal stands alone in its lines, as documentation does.

    One past the end of the text where that is not known.
    """
    if text[text.rfind("\n", 0, start) + 1 : start].strip():
        return end
    behind = _BLANK.match(text, end)
    at = behind.end() if behind else end
    if text[at : at + 1] == "#":
        line = text.find("\n", at)
        at = len(text) if line < 0 else line
    return at + 1


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
