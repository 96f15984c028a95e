"""What nobody looks after."""

from __future__ import annotations

from collections.abc import Iterator

from upright.policy.catalogue import Catalogue, matches
from upright.policy.lint.codes import problem
from upright.policy.model import Policy
from upright.policy.problems import Problem
from upright.terms import HAZARDS, Stage, hazard_of_rule

_OWN = {"denied_topic", "custom"}
# Where text of strangers meets the model, and where the model meets its reader.
_LIVE = (Stage.PROMPT, Stage.OUTPUT)
# An attack on the model comes from outside, and so does a request; an answer has none to make.
_ONLY_INCOMING = {"injection", "harmful_request"}
# What only a use that takes pictures can find.
_PICTURES = ("image.", "style.")
# What only a use that names an index of works can find.
_COPIES = "copy."
# The rule that says a text is in a language nobody measured.
_UNMEASURED = "language.unmeasured"


def guard_is_there(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """There must be a rule, and one that acts."""
    del catalogue
    rules = policy.guard.rule
    if not rules:
        message = "no [[guard.rule]]: nothing would be checked"
        yield problem("guard.empty", ("guard",), message, "add a rule, or start from a preset")
    elif all(rule.observe for rule in rules):
        message = "every rule has observe = true: nothing is changed or withheld"
        mend = "take observe out where the trial is over"
        yield problem("guard.only_observes", ("guard", "rule", 0), message, mend)
    if policy.guard.on_error == "allow":
        yield problem(
            "guard.error_passes",
            ("guard", "on_error"),
            'on_error = "allow": when a detector fails, text passes unchecked',
            'write on_error = "block"',
        )


def hazards(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """Each hazard that can be found needs a rule, be it one that allows it."""
    for hazard, rules in _by_hazard(policy, catalogue).items():
        at = {stage for stage in Stage if any(_spoken_of(policy, name, stage) for name in rules)}
        title = HAZARDS[hazard].title.lower()
        if not at:
            yield problem(
                "hazard.unchecked",
                ("guard",),
                f"{title}: found by {', '.join(rules)}, and no rule speaks of it",
                'add a rule, or one with action = "allow" if it is welcome here',
            )
            continue
        missing = [s.value for s in _LIVE if s not in at and not _outgoing(hazard, s)]
        if missing:
            yield problem(
                "hazard.unchecked_at",
                ("guard",),
                f"{title}: no rule at {' or '.join(missing)}",
                'add the stage to a rule, or a rule with action = "allow"',
            )


def _outgoing(hazard: str, stage: Stage) -> bool:
    return hazard in _ONLY_INCOMING and stage is Stage.OUTPUT


def _by_hazard(policy: Policy, catalogue: Catalogue) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for rule in catalogue.rules_for(policy):
        hazard = _hazard(policy, rule)
        if hazard not in _OWN and not _idle(policy, rule):
            found.setdefault(hazard, []).append(rule)
    return found


def _idle(policy: Policy, rule: str) -> bool:
    """Say whether a use has nothing that a rule's detector looks at."""
    without_pictures = policy.guard.images is None and rule.startswith(_PICTURES)
    return without_pictures or (policy.match is None and rule.startswith(_COPIES))


def _hazard(policy: Policy, rule: str) -> str:
    own = {pattern.rule: pattern.hazard for pattern in policy.guard.pattern}
    return own[rule] if rule in own else hazard_of_rule(rule)


def _spoken_of(policy: Policy, name: str, stage: Stage) -> bool:
    return any(stage in rule.at and matches(rule.detect, name) for rule in policy.guard.rule)


def own_things(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """Topics, patterns and exceptions need a rule to serve."""
    for index, topic in enumerate(policy.guard.topic):
        rule = f"topic.{topic.name}"
        if not any(_spoken_of(policy, rule, stage) for stage in Stage):
            message = f"no rule speaks of {rule}: the topic is not denied"
            mend = f'add a [[guard.rule]] with detect = ["{rule}"]'
            yield problem("topic.unused", ("guard", "topic", index), message, mend)
    for index, pattern in enumerate(policy.guard.pattern):
        if not any(_spoken_of(policy, pattern.rule, stage) for stage in Stage):
            message = f"no rule speaks of {pattern.rule}"
            mend = f'add a [[guard.rule]] with detect = ["{pattern.rule}"]'
            yield problem("pattern.unused", ("guard", "pattern", index), message, mend)
    known = catalogue.rules_for(policy)
    for index, exception in enumerate(policy.guard.exception):
        if not any(matches(exception.detect, name) for name in known):
            message = f"{', '.join(exception.detect)} fits no detector"
            path = ("guard", "exception", index, "detect")
            yield problem("exception.unused", path, message, "mend the name, or take it out")


def languages(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """Say where detectors that depend on the language were not measured in the use's."""
    for index, language in enumerate(policy.use_case.languages):
        base = language.partition("-")[0]
        unmeasured = [
            rule
            for rule in catalogue.rules_for(policy)
            if rule in catalogue.languages
            and base not in catalogue.languages[rule]
            and any(_spoken_of(policy, rule, stage) for stage in Stage)
        ]
        if unmeasured:
            families = sorted({rule.partition(".")[0] for rule in unmeasured})
            yield problem(
                "language.unmeasured",
                ("use_case", "languages", index),
                f"{language!r}: {', '.join(families)} detectors were not measured in it",
                "measure them with your own texts, or add patterns and topics in it",
            )
            yield from _unspoken(policy, catalogue, index)


def _unspoken(policy: Policy, catalogue: Catalogue, index: int) -> Iterator[Problem]:
    """Say where text in such a language would pass without a word."""
    if _UNMEASURED not in catalogue.rules_for(policy):
        return
    silent = [s.value for s in _LIVE if not _spoken_of(policy, _UNMEASURED, s)]
    if silent:
        yield problem(
            "language.unspoken",
            ("use_case", "languages", index),
            f"{policy.use_case.languages[index]!r}: no rule speaks of {_UNMEASURED} at "
            f"{' or '.join(silent)}, so such text passes as if it had been checked",
            f'add a [[guard.rule]] with detect = ["{_UNMEASURED}"]; flag records it, review asks '
            "a person",
        )


COVERAGE_CHECKS = (guard_is_there, hazards, own_things, languages)
