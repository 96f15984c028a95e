"""Reads code without a grammar: comments, literals, words, numbers and signs by pattern.

What stands between comments and literals is read by these patterns in any case, so that text that
parses and text that does not (a fragment, an answer that is still being written) have one form.
"""

from __future__ import annotations

import re
from functools import cache

from upright.match.code.languages import Language

_COMMENTS = {
    "slash": r"//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)",
    "hash": r"\#[^\n]*",
    "dash": r"--\[\[[\s\S]*?(?:\]\]|\Z)|--[^\n]*",
}
_PREFIX = r"(?:\b[rRbBuUfFLcst]{1,3}8?|[$@]{1,2})?"
# A literal that is still open ends at the line's end, or for those of several lines at the text's.
_QUOTES = {
    "triple": _PREFIX
    + r'(?:"""(?:\\[\s\S]|[^\\])*?(?:"""|\Z)'
    + r"|'''(?:\\[\s\S]|[^\\])*?(?:'''|\Z))",
    "double": _PREFIX + r'"(?:\\[\s\S]|[^"\\\n])*(?:"|(?=\n)|\Z|\\\Z)',
    "single": _PREFIX + r"'(?:\\[\s\S]|[^'\\\n])*(?:'|(?=\n)|\Z|\\\Z)",
    "single_raw": r"\$?'[^']*(?:'|\Z)",
    "back": r"`(?:\\[\s\S]|[^`\\])*(?:`|\Z)",
    "raw_back": r"`[^`]*(?:`|\Z)",
    "character": r"\b[uUL]?8?'(?:\\[^'\n]{1,9}|\\'|[^'\\\n])'|'(?:\\[^'\n]{1,9}|\\'|[^'\\\n])'",
}
# `>>` is two signs, since `List<List<int>>` closes two brackets.
_PARTS = (
    r"(?P<number>\d(?:[eEpP][+-](?=\d)|\w|\.(?=\d))*|\.\d(?:[eE][+-](?=\d)|\w)*)"
    r"|(?P<word>[@$]{0,2}[^\W\d][\w$]*)"
    r"|(?P<sign><<=|\*\*=|//=|===|!==|\.\.\.|\.\.=|<=>|->|=>|==|!=|<=|>=|&&|\|\||\+\+|--|\+=|-="
    r"|\*=|/=|%=|&=|\|=|\^=|<<|\*\*|//|::|:=|\?\.|\?\?|\.\.|[^\s\w])"
)
PARTS = re.compile(_PARTS)
"""Words, numbers and signs; nothing else is left between comments and literals."""
_REST = re.compile(r"[ \t]*(?:#.*)?(?:\n|\r|\Z)")
_NEAR = 200


@cache
def _opaque(language: Language) -> re.Pattern[str]:
    quotes = "|".join(_QUOTES[name] for name in language.quotes)
    return re.compile(f"(?P<comment>{_COMMENTS[language.style]})|(?P<text>{quotes})")


def spans(text: str, language: Language) -> list[tuple[int, int, bool]]:
    """Return start, end and whether it is a literal (else a comment), in order, apart."""
    found: list[tuple[int, int, bool]] = []
    for match in _opaque(language).finditer(text):
        literal = match.lastgroup == "text"
        if literal and language.docstrings:
            literal = not _documents(text, match, found)
        found.append((*match.span(), literal))
    return found


def _documents(text: str, match: re.Match[str], found: list[tuple[int, int, bool]]) -> bool:
    """Say whether a text stands alone behind a colon or at the top, and so is a comment."""
    at = match.start()
    line = text.rfind("\n", 0, at) + 1
    if text[line:at].strip() or _REST.match(text, match.end()) is None:
        return False
    for start, end, literal in reversed(found):
        if literal or text[end:at].strip():
            break
        at = start
    before = text[max(0, at - _NEAR) : at].rstrip()
    return before.endswith(":") or not before
