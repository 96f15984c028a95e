"""What changes for the same text when it is handled under another use case."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import pairwise, product

from upright.policy import words
from upright.policy.catalogue import Catalogue
from upright.policy.model import Policy
from upright.policy.reading import Reading, read_rules
from upright.policy.words import Section
from upright.terms import Action, Context, Stage

# What happens, in words, to a finding of each severity, score and context.
Behaviour = tuple[str, ...]
_LEFT = words.ACTIONS[Action.ALLOW]
_SEVERITIES = range(5)
_CONTEXTS = (None, *Context)
_NAMED_EXCEPTIONS = 4


def diff(a: Policy, b: Policy, catalogue: Catalogue) -> list[Section]:
    """Return in words what differs between two policies; an empty list where nothing does.

    Each line reads `what: under A → under B`. Guards are compared by what they do to a finding,
    not by how their rules are written, so two spellings of one behaviour do not differ.
    """
    sections = [
        Section("Use", _changed(words.use_lines, a, b)),
        Section("Generation", _changed(words.generation_lines, a, b)),
        *(
            Section(title, tuple(_stage_changes(a, b, stage, catalogue)))
            for stage, title in words.STAGES.items()
        ),
        Section("What stands in place of withheld text", _changed(words.notice_lines, a, b)),
        Section("When a detector fails", _changed(words.failure_lines, a, b)),
        Section("Pictures", _changed(words.image_lines, a, b)),
        Section("Exceptions", _changed(words.exception_lines, a, b)),
        Section("What a corpus is made of", _changed(words.corpus_lines, a, b)),
        Section("Decisions about people", _changed(words.lending_lines, a, b)),
        Section("Disclosure and records", _changed(words.record_lines, a, b)),
        Section("Audits to pass", _changed(words.audit_lines, a, b)),
    ]
    return [section for section in sections if section.lines]


def _changed(lines: Callable[[Policy], Iterator[str]], a: Policy, b: Policy) -> tuple[str, ...]:
    """Return the sentences that only one of the two has."""
    first, second = list(lines(a)), list(lines(b))
    only_a = [f"only A: {line}" for line in first if line not in second]
    return (*only_a, *(f"only B: {line}" for line in second if line not in first))


def _stage_changes(a: Policy, b: Policy, stage: Stage, catalogue: Catalogue) -> Iterator[str]:
    rules = dict.fromkeys((*catalogue.rules_for(a), *catalogue.rules_for(b)))
    scores = _scores(a, b)
    groups: dict[tuple[Behaviour, Behaviour], list[str]] = defaultdict(list)
    for rule in rules:
        pair = (
            _behaviour(a, rule, stage, scores, catalogue),
            _behaviour(b, rule, stage, scores, catalogue),
        )
        if pair[0] != pair[1]:
            groups[pair].append(rule)
    for (under_a, under_b), members in groups.items():
        subject = words.join(_families(members, tuple(rules)))
        yield f"{subject}: {_in_words(under_a, scores)} → {_in_words(under_b, scores)}"


def _scores(a: Policy, b: Policy) -> tuple[float, ...]:
    """Return one score for each stretch that no threshold of either policy cuts."""
    cuts = {rule.min_score for policy in (a, b) for rule in policy.guard.rule}
    return tuple(sorted({0.0, *cuts}))


def _behaviour(
    policy: Policy, rule: str, stage: Stage, scores: tuple[float, ...], catalogue: Catalogue
) -> Behaviour:
    grid = product(_SEVERITIES, scores, _CONTEXTS)
    if rule not in catalogue.rules_for(policy):
        return tuple(_LEFT for _ in grid)
    return tuple(
        _cell(
            policy,
            read_rules(policy, rule, stage, severity=severity, score=score, context=context),
        )
        for severity, score, context in grid
    )


def _cell(policy: Policy, reading: Reading) -> str:
    text = "" if reading.rule_index is None else policy.guard.rule[reading.rule_index].text
    watched = [f" (watched: {words.ACTIONS[action]})" for action in reading.observed]
    return words.act(reading.action, text) + "".join(watched)


def _in_words(behaviour: Behaviour, scores: tuple[float, ...]) -> str:
    cells = dict(zip(product(_SEVERITIES, scores, _CONTEXTS), behaviour, strict=True))

    def row(score: float, context: Context | None) -> list[str]:
        return [cells[severity, score, context] for severity in _SEVERITIES]

    usual = row(scores[-1], None)
    parts = [_by_severity(usual)]
    alike: dict[str, list[str]] = defaultdict(list)
    for context in Context:
        special = row(scores[-1], context)
        if special != usual:
            alike[_otherwise(special, usual)].append(words.CONTEXTS[context])
    parts += [f"{' or '.join(contexts)}: {what}" for what, contexts in alike.items()]
    for score, above in pairwise(scores):
        weak = row(score, None)
        if weak != usual:
            parts.append(f"below score {above:g}: {_by_severity(weak)}")
        for context in Context:
            here, strong = row(score, context), row(scores[-1], context)
            if here != strong and (here, strong) != (weak, usual):
                place = words.CONTEXTS[context]
                parts.append(f"below score {above:g} {place}: {_by_severity(here)}")
    return "; ".join(parts)


def _by_severity(row: list[str]) -> str:
    """Return `from severity 2 replaced by a placeholder` and the like.

    What is left alone below the first step goes without saying.
    """
    steps = [
        f"from severity {severity} {words_here}"
        for severity, words_here in enumerate(row)
        if severity and words_here != row[severity - 1]
    ]
    return ", ".join(steps if steps and row[0] == _LEFT else [row[0], *steps])


def _otherwise(special: list[str], usual: list[str]) -> str:
    """Return what a context changes, without the severities where they are the usual ones."""
    instead = {here for here, before in zip(special, usual, strict=True) if before != _LEFT}
    besides = {here for here, before in zip(special, usual, strict=True) if before == _LEFT}
    if besides <= {_LEFT} and len(instead) == 1:
        return instead.pop()
    if len(instead | besides) == 1:
        return f"{special[0]} at any severity"
    return _by_severity(special)


def _families(members: list[str], everything: tuple[str, ...]) -> list[str]:
    """Name families as a whole where (nearly) all of them are meant, else rule by rule."""
    names: list[str] = []
    for family in dict.fromkeys(rule.partition(".")[0] for rule in members):
        mine = [rule for rule in members if rule.startswith(f"{family}.")]
        others = [rule for rule in everything if rule.startswith(f"{family}.") and rule not in mine]
        if len(mine) == 1 or len(others) >= min(len(mine), _NAMED_EXCEPTIONS):
            names += [words.name_of(rule) for rule in mine]
        else:
            exceptions = f" (except {words.things(others)})" if others else ""
            names.append(words.name_of(f"{family}.*") + exceptions)
    return names
