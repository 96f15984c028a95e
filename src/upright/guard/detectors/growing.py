"""From a pattern to the pattern of its beginnings.

A text that is still being written may end in the middle of a match. `growing` turns a pattern
into one that matches wherever some way through the pattern runs into the end of the text; where
it does not match, no continuation of the text can change what the pattern finds there. Each
one-character atom `x` becomes `(?:x|end)`, and the whole must end at the end: an attempt that
reaches the end early passes through all remaining atoms, an attempt that matches before it fails.

This holds for patterns without back references, atomic groups, possessive quantifiers and
look-behinds in the middle of a match, and with look-arounds over a single character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_CLASS = r"\[\^?\]?(?:\[:\^?\w+:\]|\\[pP]\{\^?\w+\}|\\.|[^\]\\])*\]"
_ESCAPE = r"\\[pP]\{\^?\w+\}|\\[pP].|\\x\{[0-9A-Fa-f]+\}|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|\\."
_TOKENS = re.compile(
    "|".join(
        (
            r"(?P<quoted>\\Q(?:.*?)(?:\\E|\Z))",
            rf"(?P<around>\(\?<?[=!](?:{_CLASS}|{_ESCAPE}|[^\\()\[\]])\))",
            r"(?P<anchor>\\[AzZ]|[\^$])",
            r"(?P<boundary>\\[bB])",
            rf"(?P<atom>{_CLASS}|{_ESCAPE}|[^\\()\[|*+?{{])",
            r"(?P<opening>\(\?P?<\w+>|\(\?[A-Za-z-]*[:)]|\()",
            r"(?P<glue>[)|*+?]|\{\d+(?:,\d*)?\})",
            r"(?P<brace>\{)",
        )
    ),
    re.DOTALL,
)


def tokens(pattern: str) -> Iterator[tuple[str, str]]:
    """Yield `(kind, text)` of each token of a pattern in the syntax common to `re` and RE2.

    Kinds are `quoted`, `around`, `anchor`, `boundary`, `atom`, `opening`, `glue` and `brace`
    (a literal brace).

    Raises:
        ValueError: where the pattern holds what this module cannot read.
    """
    position = 0
    # A closing parenthesis is glue and not an atom, so it is tried first.
    while position < len(pattern):
        if pattern[position] in ")*+?":
            yield "glue", pattern[position]
            position += 1
            continue
        match = _TOKENS.match(pattern, position)
        if match is None or match.lastgroup is None:
            raise ValueError(f"cannot be read at character {position}")
        yield match.lastgroup, match.group()
        position = match.end()


def growing(pattern: str, *, end: str = r"\Z") -> str:
    r"""Return the pattern that matches wherever a match of `pattern` may still be growing.

    Args:
        pattern: see the module.
        end: how the dialect writes the very end of the text (`\Z` in `re`, `\z` in RE2).

    Raises:
        ValueError: for anchors, which have no meaning while a text is being written, and for
            what cannot be read.
    """
    return "".join(_grown(kind, text, end) for kind, text in tokens(pattern)) + end


def _grown(kind: str, text: str, end: str) -> str:
    match kind:
        case "anchor":
            raise ValueError(f"the anchor {text} depends on text that is not there yet")
        case "quoted":
            literal = text.removeprefix("\\Q").removesuffix("\\E")
            return "".join(f"(?:{re.escape(letter)}|{end})" for letter in literal)
        case "around":
            # A look-behind reads what has been written. A negative look-ahead passes at the end
            # as it is; a positive one may still come true.
            return f"(?:{text}|{end})" if text.startswith("(?=") else text
        case "atom" | "boundary":
            return f"(?:{text}|{end})"
        case "brace":
            return rf"(?:\{{|{end})"
        case _:
            return text
