"""Phrases read from the tables: `injection.*` and `toxicity.*`.

Both are baselines of words and phrases until trained detectors follow. Groups of people score
only inside a phrase that attacks them, never by being named.
"""

from __future__ import annotations

import unicodedata
from typing import Any

from upright.guard.detectors.local import LocalDetector
from upright.guard.detectors.phrases import Phrase, Step, parse_steps, phrase_detector
from upright.guard.detectors.tables import table

_MASKED_FROM = 4


def injection(section: str) -> LocalDetector:
    """Return the detector `injection.<section>`."""
    return _detector("injection", section)


def toxicity(section: str) -> LocalDetector:
    """Return the detector `toxicity.<section>`, which knows words with stars in them."""
    return _detector("toxicity", section)


def _detector(family: str, section: str) -> LocalDetector:
    rows = table(f"{family}.toml")
    phrases = phrases_of(rows.data, section)
    if family == "toxicity":
        phrases = [_with_masks(phrase) for phrase in phrases]
    return phrase_detector(
        f"{family}.{section}", phrases, version=f"{rows.version}:{unicodedata.unidata_version}"
    )


def phrases_of(rows: dict[str, Any], section: str) -> list[Phrase]:
    """Return the phrases of one section of a table."""
    why = rows[section]["why"]
    return [
        Phrase(parse_steps(text, rows["sets"]), group["score"], group["severity"], why)
        for group in rows[section]["phrase"]
        for text in group["any"]
    ]


def _with_masks(phrase: Phrase) -> Phrase:
    """Return a phrase of one word with the word's starred spellings too."""
    if len(phrase.steps) > 1:
        return phrase
    words = set(phrase.steps[0].words)
    for word in phrase.steps[0].words:
        words |= masks(word)
    return Phrase((Step(frozenset(words)),), phrase.score, phrase.severity, phrase.why)


def masks(word: str) -> set[str]:
    """Return the spellings of a word with a stretch of inner letters, or all but one, starred."""
    if len(word) < _MASKED_FROM:
        return set()
    inner = range(1, len(word) - 1)
    spans = {(first, last) for first in inner for last in inner if first <= last}
    found = {word[:first] + "*" * (last - first + 1) + word[last + 1 :] for first, last in spans}
    return found | {word[0] + "*" * (len(word) - 1)}
