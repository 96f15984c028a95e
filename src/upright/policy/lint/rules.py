"""Rules that cannot do what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from upright.policy.catalogue import Catalogue, matches
from upright.policy.lint.codes import problem
from upright.policy.locate import Path
from upright.policy.model import GuardRule, Policy
from upright.policy.problems import Problem
from upright.policy.reading import read_rules
from upright.terms import HAZARDS, Action, Stage

# Where a family of detectors has something to find; families that are not named: everywhere.
_STAGES = {
    "request": {Stage.PROMPT, Stage.DATA},
    "citation": {Stage.OUTPUT, Stage.DATA},
    "grounding": {Stage.OUTPUT},
}
_NAMES = ("pii.person", "pii.place")


def unknown_detectors(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """A name in `detect` must fit a detector of this release."""
    known = (*catalogue.rules_for(policy), *_NAMES)
    for index, rule in enumerate(policy.guard.rule):
        for place, glob in enumerate(rule.detect):
            path = ("guard", "rule", index, "detect", place)
            if any(matches((glob,), name) for name in known):
                continue
            yield _unknown(glob, path, known)


def _unknown(glob: str, path: Path, known: tuple[str, ...]) -> Problem:
    family = glob.partition(".")[0]
    if family in {"topic", "custom"}:
        section = "topic" if family == "topic" else "pattern"
        return problem(
            "rule.unknown_detector",
            path,
            f"{glob!r}: no [[guard.{section}]] has this name",
            f"add the [[guard.{section}]], or mend the name",
        )
    if any(pattern.startswith(f"{family}.") for h in HAZARDS.values() for pattern in h.rules) and (
        not any(name.startswith(f"{family}.") for name in known)
    ):
        return problem(
            "rule.no_detector_yet",
            path,
            f"{glob!r}: this release has no detector of this family",
            "keep it for a later release, or take it out",
        )
    close = get_close_matches(glob, known, n=1)
    mend = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(known)}"
    return problem("rule.unknown_detector", path, f"{glob!r} fits no detector", mend)


def names_switched_off(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """Rules that name people or places need the finder of names."""
    del catalogue
    if policy.guard.names:
        return
    for index, rule in enumerate(policy.guard.rule):
        for place, glob in enumerate(rule.detect):
            if glob in _NAMES:
                yield problem(
                    "rule.names_off",
                    ("guard", "rule", index, "detect", place),
                    f"{glob!r} is never found: names = false",
                    "set names = true in [guard] and install the extra `names`",
                )


def shadowed(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """A rule needs something that no earlier rule has decided already.

    A rule decides all findings of a detector and stage from its two thresholds upwards, so the
    earlier rules leave nothing over exactly if one of them reaches down to both thresholds.
    """
    known = catalogue.rules_for(policy)
    for index, rule in enumerate(policy.guard.rule):
        cells = [(name, stage) for name in known if matches(rule.detect, name) for stage in rule.at]
        deciders = {cell: _decider(policy, index, *cell) for cell in cells}
        if cells and None not in deciders.values():
            yield _shadow("rule.shadowed", index, deciders)
            continue
        exact = {cell: by for cell, by in deciders.items() if cell[0] in rule.detect}
        decided = {cell: by for cell, by in exact.items() if by is not None}
        if decided:
            yield _shadow("rule.partly_shadowed", index, decided)


def _shadow(code: str, index: int, deciders: Mapping[tuple[str, Stage], int | None]) -> Problem:
    by = sorted({earlier for earlier in deciders.values() if earlier is not None})
    numbers = " and ".join(str(earlier + 1) for earlier in by)
    what = "all that it speaks of"
    if code == "rule.partly_shadowed":
        what = ", ".join(f"{name} at {stage}" for name, stage in deciders)
    return problem(
        code,
        ("guard", "rule", index),
        f"rule {index + 1} never decides: rule {numbers} decides {what}",
        f"move it before rule {by[0] + 1}, or take it out",
    )


def _decider(policy: Policy, index: int, name: str, stage: Stage) -> int | None:
    rule = policy.guard.rule[index]
    for earlier, other in enumerate(policy.guard.rule[:index]):
        if (
            not other.observe
            and stage in other.at
            and other.min_severity <= rule.min_severity
            and other.min_score <= rule.min_score
            and matches(other.detect, name)
        ):
            return earlier
    return None


def unreachable_severity(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """A rule cannot demand more severity than its detectors ever give."""
    for index, rule in enumerate(policy.guard.rule):
        found = [name for name in catalogue.rules_for(policy) if matches(rule.detect, name)]
        highest = max((catalogue.severity_range(name, policy)[1] for name in found), default=4)
        if rule.min_severity > highest:
            yield problem(
                "rule.severity_unreachable",
                ("guard", "rule", index, "min_severity"),
                f"min_severity = {rule.min_severity}, but findings reach at most {highest}",
                f"lower it to {highest} or less",
            )


def stages(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """A detector must have something to find at the stage, and the action somebody to act on."""
    del catalogue
    for index, rule in enumerate(policy.guard.rule):
        path = ("guard", "rule", index, "at")
        for glob in rule.detect:
            where = _STAGES.get(glob.partition(".")[0], set(Stage))
            idle = [stage.value for stage in rule.at if stage not in where]
            if idle:
                yield problem(
                    "rule.stage",
                    path,
                    f"{glob!r} has nothing to find at {', '.join(idle)}",
                    f"keep {', '.join(sorted(stage.value for stage in where))} in at",
                )
        yield from _at_data(index, rule)


def _at_data(index: int, rule: GuardRule) -> Iterator[Problem]:
    if Stage.DATA not in rule.at:
        return
    path = ("guard", "rule", index, "action")
    actions = {rule.action, *rule.context.values()}
    if Action.REVIEW in actions:
        message = "review at data: nobody waits for a training document"
        yield problem("rule.review_at_data", path, message, "use block to leave it out")
    if Action.REPLACE in actions:
        message = "replace at data: the fixed text would be learnt"
        yield problem("rule.replace_at_data", path, message, "use block to leave it out")


def idle_contexts(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """A context is worth a word only where it changes the action."""
    del catalogue
    for index, rule in enumerate(policy.guard.rule):
        for context, action in rule.context.items():
            if action is rule.action:
                yield problem(
                    "rule.context_idle",
                    ("guard", "rule", index, "context", context.value),
                    f"{context} leads to {action}, as the rule does anyway",
                    "take it out",
                )


def redacted_pseudonyms(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """Stand-ins come back after the answer was checked; say so where a rule redacts the same."""
    known = catalogue.rules_for(policy)
    swapped = [
        name
        for name in known
        if read_rules(policy, name, Stage.PROMPT).action is Action.PSEUDONYMISE
    ]
    for index, rule in enumerate(policy.guard.rule):
        both = [
            name
            for name in swapped
            if rule.action is Action.REDACT
            and read_rules(policy, name, Stage.OUTPUT).rule_index == index
        ]
        if both:
            yield problem(
                "rule.pseudonym_then_redacted",
                ("guard", "rule", index),
                f"{_few(both)}: swapped in prompts and redacted in answers",
                "nothing to mend if only values that the model brings up itself are to go: "
                "those of the prompt are put back after this rule",
            )


def held_streams(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """A rule about the whole answer holds back the stream."""
    del catalogue
    for index, rule in enumerate(policy.guard.rule):
        whole = {Action.REPLACE, Action.REVIEW} & {rule.action, *rule.context.values()}
        if whole and Stage.OUTPUT in rule.at and not rule.observe:
            action = min(whole).value
            yield problem(
                "rule.holds_stream",
                ("guard", "rule", index, "action"),
                f"{action} at output: an answer is sent when it is complete",
                "use block or redact if answers must stream",
            )


def duplicates(policy: Policy, catalogue: Catalogue) -> Iterator[Problem]:
    """Names of topics, patterns and gates stand for one thing each."""
    del catalogue
    yield from _twice("topic.twice", ("guard", "topic"), [t.name for t in policy.guard.topic])
    yield from _twice("pattern.twice", ("guard", "pattern"), [p.rule for p in policy.guard.pattern])
    yield from _twice("audit.twice", ("audit", "gate"), [g.measure for g in policy.audit.gate])


def _twice(code: str, section: Path, names: list[str]) -> Iterator[Problem]:
    for index, name in enumerate(names):
        first = names.index(name)
        if first < index:
            message = f"{name!r} stands twice, first as number {first + 1}"
            yield problem(code, (*section, index), message, "merge the two, or rename one")


def _few(names: list[str]) -> str:
    shown = 3
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


RULE_CHECKS = (
    unknown_detectors,
    names_switched_off,
    shadowed,
    unreachable_severity,
    stages,
    idle_contexts,
    redacted_pseudonyms,
    held_streams,
    duplicates,
)
