"""`custom.*`: the use's own patterns, in RE2 syntax and linear time."""

from __future__ import annotations

from collections.abc import Iterator

from upright.guard.detectors.local import Hit, LocalDetector
from upright.guard.detectors.windowed import Windowed
from upright.policy.model import GuardPattern
from upright.terms import ConfigError, digest

_SCORE = 1.0


def custom(section: GuardPattern) -> LocalDetector:
    """Return the detector of one `[[guard.pattern]]`.

    Raises:
        ConfigError: naming the rule, for a pattern that RE2 refuses, that matches the empty
            text, or that asks for the start or the end of a text or line.
    """
    try:
        matches = Windowed(section.pattern, longest=section.max_length)
    except ValueError as error:
        raise ConfigError(
            f"{section.rule}: the pattern cannot be used: {error}",
            mend=r"write RE2 syntax without ^, $, \A and \z (\b marks a word's edge) that asks "
            "for at least one character",
        ) from None

    def scan(text: str) -> Iterator[Hit]:
        for start, end in matches.spans(text):
            yield Hit(start, end, _SCORE, section.severity, section.explanation)

    return LocalDetector(
        section.rule,
        version="1:" + digest(section.model_dump(mode="json")),
        reach=matches.reach,
        scan=scan,
        tail=matches.settled,
        hazard=section.hazard,
    )
