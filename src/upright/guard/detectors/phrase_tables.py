"""Phrases read from the tables: sections of phrases that share a rule and its explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from upright.guard.detectors.local import LocalDetector
from upright.guard.detectors.phrases import Phrase, parse_steps, phrase_detector
from upright.guard.detectors.tables import table


def phrases_of(
    rows: dict[str, Any], section: str, spell: Callable[[str], Iterable[str]] = lambda text: [text]
) -> list[Phrase]:
    """Return the phrases of one section.

    Args:
        rows: a table with `sets` and sections.
        section: the section's name.
        spell: gives the spellings in which a phrase is looked for.
    """
    sets = rows.get("sets", {})
    why = rows[section]["why"]
    return [
        Phrase(parse_steps(spelling, sets), group["score"], group["severity"], why)
        for group in rows[section]["phrase"]
        for text in group["any"]
        for spelling in spell(text)
    ]


def injection(section: str) -> LocalDetector:
    """Return the detector `injection.<section>`."""
    rows = table("injection.toml")
    return phrase_detector(
        f"injection.{section}",
        phrases_of(rows.data, section),
        version=rows.version,
    )
