"""Which records a use does not want, for what they are: length, language, licence, quality.

None of them speaks unless `[curate]` asks. The rules of quality are those of Gopher (Rae and
others, 2021, table A1) that need no list of a language's words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from upright.policy import CurateSection
from upright.terms import MissingExtraError

_WORD_LENGTHS = (3.0, 10.0)
_SYMBOLS_A_WORD = 0.1
_LETTERS = 0.8
_ELLIPSES = 0.3
_REPEATED_LINES = 0.3
_MANY = 5


@dataclass(frozen=True, slots=True)
class Filters:
    """What a record must be.

    Args:
        section: `[curate]`.
    """

    section: CurateSection

    def __call__(self, fields: Mapping[str, Any], text: str, words: int) -> tuple[str, str] | None:
        """Return the rule that a record does not pass, and why; None where it passes.

        Args:
            fields: of the record.
            text: as it would leave.
            words: how many it has in normal form.
        """
        section = self.section
        if words < section.min_words:
            return "length.short", f"{words} words"
        if section.max_words is not None and words > section.max_words:
            return "length.long", f"{words} words"
        if section.licences and (found := licence_of(fields)) not in section.licences:
            return "licence", found or "none is given"
        if section.languages and (found := language_of(text)) not in section.languages:
            return "language", found
        if section.quality and (why := unlike_prose(text)):
            return "quality", why
        return None


def licence_of(fields: Mapping[str, Any]) -> str:
    """Return the licence that a record names, or ""."""
    found = fields.get("licence", fields.get("license"))
    return found if isinstance(found, str) else ""


def language_of(text: str) -> str:
    """Return the language of a text as ISO 639-1.

    Raises:
        MissingExtraError: without the extra `guard`, which brings the identifier.
    """
    try:
        import py3langid  # noqa: PLC0415 (an extra)
    except ModuleNotFoundError as error:
        raise MissingExtraError("curate.languages", "guard", missing=str(error.name)) from None
    return str(py3langid.classify(text)[0])


def unlike_prose(text: str) -> str:
    """Return what in a text does not read like prose, or ""."""
    words = text.split()
    if not words:
        return "no words"
    mean = sum(map(len, words)) / len(words)
    if not _WORD_LENGTHS[0] <= mean <= _WORD_LENGTHS[1]:
        return f"words of {mean:.1f} characters on average"
    if (text.count("#") + text.count("…") + text.count("...")) / len(words) > _SYMBOLS_A_WORD:
        return "more than one hash or ellipsis in ten words"
    if sum(any(sign.isalpha() for sign in word) for word in words) < _LETTERS * len(words):
        return "fewer than eight words in ten have a letter"
    return _lines_unlike_prose(text)


def _lines_unlike_prose(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) < _MANY:
        return ""
    if sum(line.endswith(("…", "...")) for line in lines) > _ELLIPSES * len(lines):
        return "more than three lines in ten break off"
    repeated = sum(count - 1 for count in Counter(lines).values())
    if repeated > _REPEATED_LINES * len(lines):
        return "more than three lines in ten repeat others"
    return ""
