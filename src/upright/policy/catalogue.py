"""What a release can do, handed to the checks of a use-case file.

`policy` stands below the detectors and the measures and cannot import them, so whoever asks
for a lint or a comparison brings this along.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from upright.policy.model import Policy

_OWN = ("topic.", "custom.")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The detectors and measures of a release.

    Attributes:
        rules: ids of every registered detector rule.
        severities: lowest and highest severity a rule's findings can have, where known.
        languages: the BCP 47 tags a rule was measured in, where it depends on the language.
        temperatures: the temperature of each mode where the use-case file gives none.
        measures: names of the audit measures.
    """

    rules: tuple[str, ...]
    severities: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    languages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    temperatures: Mapping[str, float] = field(default_factory=dict)
    measures: tuple[str, ...] = ()

    def rules_for(self, policy: Policy) -> tuple[str, ...]:
        """Return the rule ids that can occur under a policy, its own topics and patterns included.

        The id of each topic is `topic.<name>`. Order: the release's, then the policy's.
        """
        shipped = [rule for rule in self.rules if not rule.startswith(_OWN)]
        topics = [f"topic.{topic.name}" for topic in policy.guard.topic]
        patterns = [pattern.rule for pattern in policy.guard.pattern]
        return tuple(dict.fromkeys((*shipped, *topics, *patterns)))

    def temperature(self, policy: Policy) -> float | None:
        """Return the temperature a policy draws with; None where it is not known."""
        given = policy.generation.temperature
        return given if given is not None else self.temperatures.get(policy.generation.mode)

    def severity_range(self, rule: str, policy: Policy) -> tuple[int, int]:
        """Return the lowest and highest severity of a rule's findings; (0, 4) where unknown."""
        for topic in policy.guard.topic:
            if rule == f"topic.{topic.name}":
                return topic.severity, topic.severity
        for pattern in policy.guard.pattern:
            if rule == pattern.rule:
                return pattern.severity, pattern.severity
        return self.severities.get(rule, (0, 4))


def matches(globs: tuple[str, ...], rule: str) -> bool:
    """Whether one of the globs of a `detect` list fits a rule id."""
    return any(fnmatchcase(rule, glob) for glob in globs)
