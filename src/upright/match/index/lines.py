"""Code that is still being written, line by line.

What a line says is known once it has ended and no comment or literal that goes over several lines
is open in it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from upright.match.code import language
from upright.match.code.lexer import spans
from upright.match.index.tokens import Offsets, Tokens


def whole_lines(text: str, name: str) -> int:
    """Return up to where text that follows cannot change which tokens there are.

    Args:
        text: code.
        name: its language.
    """
    line = text.rfind("\n") + 1
    found = spans(text, language(name))
    return min([line, *(start for start, end, _ in found if end >= line)])


def line_ends(text: str, tokens: Tokens, cut: int) -> Offsets:
    """Return for each token the end of its line, or of the text where that is still open."""
    breaks = np.flatnonzero(_codes(text) == ord("\n"))
    after = np.append(breaks, len(text))[np.searchsorted(breaks, tokens.ends)]
    return np.where(tokens.starts < cut, after, len(text)).astype(np.int64)


def _codes(text: str) -> NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
