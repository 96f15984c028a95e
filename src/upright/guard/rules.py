"""Rules decide: the first rule of the use-case file that fits a finding says what is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from upright.terms import Action, ConfigError, Finding, Outcome, Stage

if TYPE_CHECKING:
    from upright.policy import GuardException, GuardRule, GuardSection

_WHOLE = frozenset({Action.REPLACE, Action.REVIEW})


def fits(patterns: Iterable[str], rule: str) -> bool:
    """Say whether a detector's rule id is named by one of these ids or globs."""
    return any(fnmatchcase(rule, pattern) for pattern in patterns)


@dataclass(frozen=True, slots=True)
class _Exception:
    """A user's exception, ready to be asked."""

    detect: tuple[str, ...]
    texts: frozenset[str]
    matches: Callable[[str], bool]
    reason: str

    def covers(self, rule: str, found: str) -> bool:
        if not fits(self.detect, rule):
            return False
        return found.casefold() in self.texts or self.matches(found)


class Rulebook:
    """The deciding half of a guard: rules, exceptions and what an error counts as.

    Args:
        section: the guard's section of a policy.

    Raises:
        ConfigError: for an exception's pattern that RE2 refuses.
    """

    def __init__(self, section: GuardSection) -> None:
        self.section = section
        self.on_error = Action(section.on_error)
        self._exceptions = tuple(_prepare(item) for item in section.exception)
        # A detector has few rule ids, so each question about one is answered once.
        self._candidates: dict[tuple[Stage, str], tuple[tuple[int, GuardRule], ...]] = {}

    def rules_for(self, rule: str, stage: Stage) -> tuple[tuple[int, GuardRule], ...]:
        """Return the rules, with their index, that can speak of a detector's rule at a stage."""
        key = (stage, rule)
        if key not in self._candidates:
            self._candidates[key] = tuple(
                (index, candidate)
                for index, candidate in enumerate(self.section.rule)
                if stage in candidate.at and fits(candidate.detect, rule)
            )
        return self._candidates[key]

    def reads_context(self, rule: str, stage: Stage) -> bool:
        """Say whether a decision on this detector's findings can depend on their context."""
        return any(candidate.context for _, candidate in self.rules_for(rule, stage))

    def holds_whole(self, stage: Stage) -> bool:
        """Say whether some rule can replace or hold back a whole text at this stage."""
        return any(
            stage in rule.at
            and not rule.observe
            and not _WHOLE.isdisjoint({rule.action, *rule.context.values()})
            for rule in self.section.rule
        )

    def replacement(self, outcome: Outcome) -> str:
        """Return the text of the `replace` rule that decided an outcome.

        `{source}` in it stands for the work that a copy was found in.
        """
        if outcome.rule_index is None:
            raise ValueError("no rule decided this outcome")
        text = self.section.rule[outcome.rule_index].text
        return text.replace("{source}", outcome.finding.source or "another work")

    def weigh(self, text: str, findings: Sequence[Finding], stage: Stage) -> list[Outcome]:
        """Return one outcome for each finding of a text, in the same order."""
        return [self._weigh(text[f.start : f.end], f, stage) for f in findings]

    def _weigh(self, found: str, finding: Finding, stage: Stage) -> Outcome:
        for exception in self._exceptions:
            if exception.covers(finding.rule, found):
                return Outcome(finding, Action.ALLOW, excepted=exception.reason)
        observed: list[Action] = []
        for index, rule in self.rules_for(finding.rule, stage):
            if finding.severity < rule.min_severity or finding.score < rule.min_score:
                continue
            action = rule.action
            if finding.context is not None:
                action = rule.context.get(finding.context, action)
            if not rule.observe:
                return Outcome(finding, action, index, tuple(observed))
            observed.append(action)
        return Outcome(finding, Action.ALLOW, None, tuple(observed))


def _prepare(item: GuardException) -> _Exception:
    texts = frozenset(text.casefold() for text in item.text)
    return _Exception(item.detect, texts, _full_match(item.pattern), item.reason)


def _full_match(pattern: str | None) -> Callable[[str], bool]:
    if pattern is None:
        return lambda _: False
    import re2  # noqa: PLC0415 (a compiled package, needed only where a policy has patterns)

    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        raise ConfigError(
            f"guard.exception: RE2 refuses the pattern {pattern!r}: {error}",
            mend="write it in RE2 syntax (no back references, no look-around)",
        ) from None
    return lambda found: compiled.fullmatch(found) is not None
