"""`language.unmeasured`: text in a language that the guard's detectors were not measured in.

What a detector says of such a text is worth nothing, and its silence least. So the language itself
is a finding, and the policy decides what becomes of the text. Each window is judged alone. Three
witnesses are asked, the cheapest first: letters other than Latin ones, small words, and, where the
use asks for the guard's model, an identifier of languages.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Protocol, final

from upright.guard.detectors.language_evidence import (
    Sighting,
    Words,
    by_letters,
    by_signs,
    by_words,
    lists,
    rows,
    words_of,
)
from upright.guard.model.languages import MEASURED_LANGUAGES
from upright.guard.windows import LONGEST, settled, windows
from upright.terms import Finding, Record, hazard_of_rule

RULE = "language.unmeasured"
_SEVERITY = 1
_KEPT = 4096
_PARTS = re.compile(r"[.!?…]+(?=\s)|\n|[\"“”„«»]|[:;](?=\s)|\s[—–-]\s")  # noqa: RUF001 (dashes)
# So much of English goes without any other language among it: these share few small words.
_ENGLISH = 0.2
# At this bound the identifier takes few names, slang and jargon for a language.
_SURE = 0.97
# Where more tokens are no words, it is shown code or a table; fewer words can be terms.
_MOST_OTHERS = 0.25
_LEAST_KINDS = 5


class Naming(Protocol):
    """Names the language of a stretch of text."""

    version: str

    def name(self, stretch: str, apart_from: Collection[str]) -> tuple[str, float]:
        """Return the likeliest language, and the probability of any but those set apart."""
        ...


@final
class LanguageDetector:
    """Finds windows with text in a language that was not measured.

    Args:
        identifier: asked where letters and small words say nothing; None: nobody is.
    """

    rule: str = RULE
    reach: int = LONGEST

    def __init__(self, identifier: Naming | None = None) -> None:
        self._identifier = identifier
        names: dict[str, str] = rows().data["names"]
        self._measured = " and ".join(names[code] for code in MEASURED_LANGUAGES)
        self._names = {code: names[code] for code in names.keys() - set(MEASURED_LANGUAGES)}
        parts = (rows().version, *MEASURED_LANGUAGES, identifier.version if identifier else "-")
        self.version = f"1:{':'.join(parts)}"
        self._judged = lru_cache(maxsize=_KEPT)(self._judge)

    def find(self, records: Sequence[Record]) -> list[list[Finding]]:
        """Return the findings of each record, ordered by start."""
        return [self._findings(record.text) for record in records]

    def settled(self, text: str) -> int:
        """Return the start of the first window that may still change."""
        return settled(text)

    def _findings(self, text: str) -> list[Finding]:
        seen = ((window, self._judged(text[window.start : window.end])) for window in windows(text))
        return [
            Finding(
                rule=RULE,
                hazard=hazard_of_rule(RULE),
                severity=_SEVERITY,
                score=sighting.share,
                start=window.start,
                end=window.end,
                explanation=f"Seems to be {sighting.language}; the detectors were measured on "
                f"{self._measured} only.",
            )
            for window, sighting in seen
            if sighting is not None
        ]

    def _judge(self, text: str) -> Sighting | None:
        if not text.isascii() and (sighting := by_letters(text)):
            return sighting
        words = words_of(text)
        if not words.enough or (text.isascii() and _plainly_english(words)):
            return None
        parts = [part for part in _PARTS.split(text) if part]
        stretches = (words, *map(words_of, parts)) if len(parts) > 1 else (words,)
        for witness in (by_words, self._named, by_signs):
            for stretch in stretches:
                if sighting := witness(stretch):
                    return sighting
        return None

    def _named(self, words: Words) -> Sighting | None:
        """Ask the identifier, where there is hardly any English."""
        clean = _MOST_OTHERS * len(words.spelled) >= words.others
        many = words.enough and len(words.kinds) >= _LEAST_KINDS
        prose = many and words.running and clean
        if self._identifier is None or not prose or not words.hardly_english:
            return None
        code, share = self._identifier.name(" ".join(words.spelled), MEASURED_LANGUAGES)
        if code not in self._names or share < _SURE:
            return None
        return Sighting(self._names[code], share)


def _plainly_english(words: Words) -> bool:
    known = lists()
    return (
        len(words.kinds & known.english) >= _ENGLISH * len(words.kinds)
        and len(words.kinds & known.telling) <= 1
    )


def language(*, identify: bool = False) -> LanguageDetector:
    """Return the detector of languages that were not measured.

    Args:
        identify: ask the identifier too.

    Raises:
        MissingExtraError: for the identifier, if the extra `guard` is not installed.
    """
    if not identify:
        return LanguageDetector()
    from upright.guard.detectors.language_model import shared_identifier  # noqa: PLC0415 (an extra)

    return LanguageDetector(shared_identifier())
