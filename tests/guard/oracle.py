"""What may leave of a whole text, worked out a second time, character by character."""

from __future__ import annotations

from tests.guard.policies import NOTICE, REVIEW

from upright.guard import Guard
from upright.terms import Action, Outcome

_ALTERING = [Action.PSEUDONYMISE, Action.REDACT, Action.REPLACE, Action.REVIEW, Action.BLOCK]


def expected(guard: Guard, text: str, outcomes: tuple[Outcome, ...]) -> str:
    """Return the text that the outcomes demand."""
    altering = [o for o in outcomes if o.action in _ALTERING]
    strictest = max((o.action for o in altering), key=_ALTERING.index, default=None)
    if strictest is Action.REVIEW:
        return REVIEW
    if strictest is Action.REPLACE:
        first = min(
            (o for o in altering if o.action is Action.REPLACE),
            key=lambda o: (o.finding.start, -o.finding.end, o.finding.rule),
        )
        return guard.rulebook.section.rule[first.rule_index].text
    return _spelled(text, _groups(len(text), altering))


def _groups(length: int, outcomes: list[Outcome]) -> dict[int, list[Outcome]]:
    """Colour characters: two spans that share one end in the same group, named by its start."""
    colour = list(range(length))
    for _ in outcomes:
        for outcome in outcomes:
            span = range(outcome.finding.start, outcome.finding.end)
            lowest = min(colour[place] for place in span)
            for place in span:
                colour[place] = lowest
    groups: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        groups.setdefault(colour[outcome.finding.start], []).append(outcome)
    return groups


def _spelled(text: str, groups: dict[int, list[Outcome]]) -> str:
    written, place, numbers = "", 0, {}
    while place < len(text):
        group = groups.get(place)
        if group is None:
            written += text[place]
            place += 1
            continue
        end = max(o.finding.end for o in group)
        decisive = min(
            group,
            key=lambda o: (
                -_ALTERING.index(o.action),
                o.finding.start,
                -o.finding.end,
                o.finding.rule,
            ),
        )
        kind = decisive.finding.rule.split(".")[-1].upper()
        if decisive.action is Action.REDACT:
            written += f"[{kind}]"
        elif decisive.action is Action.PSEUDONYMISE:
            known = numbers.setdefault(kind, {})
            number = known.setdefault(text[place:end], len(known) + 1)
            written += f"[{kind}_{number}]"
        else:
            return written + NOTICE
        place = end
    return written
