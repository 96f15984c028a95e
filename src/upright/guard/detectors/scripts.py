"""What detectors must know of writing systems."""

from __future__ import annotations

import re

UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
"""Inside of a character class: letters of scripts that put no spaces between words."""

_UNSPACED = re.compile(f"[{UNSPACED}]")


def cuts_word(text: str, place: int) -> bool:
    """Say whether a word goes on across `place`, so that nothing can start or end there."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    if not (before.isalnum() and after.isalnum()):
        return False
    return not (_UNSPACED.match(before) or _UNSPACED.match(after))
