"""A detector's answer is believed only after it has been looked at."""

from __future__ import annotations

from itertools import pairwise

from upright.terms import HAZARDS, Context, Finding

_GRAVEST = 4


class MalformedError(Exception):
    """A detector answered with something that is no answer. Carries no text."""


def checked_batch(answers: object, length: int) -> list[object]:
    """Return a detector's answers for a batch, if there is one for each record.

    Raises:
        MalformedError: for anything but a list of that length.
    """
    if not isinstance(answers, list) or len(answers) != length:
        raise MalformedError
    return answers


def checked_findings(rule: str, findings: object, length: int) -> list[Finding]:
    """Return the findings of one record, if each is one.

    Args:
        rule: the detector's rule id, which all its findings carry.
        findings: what it answered.
        length: of the record's text, in code points.

    Raises:
        MalformedError: for a wrong type, rule, hazard, degree or order, or a span outside.
    """
    if not isinstance(findings, list):
        raise MalformedError
    if not findings:  # nearly every answer
        return findings
    for finding in findings:
        if not _is_finding(finding, rule, length):
            raise MalformedError
    if any(before.start > after.start for before, after in pairwise(findings)):
        raise MalformedError
    return findings


def checked_position(position: object, length: int) -> int:
    """Return a position in a text, if it is one.

    Raises:
        MalformedError: for anything but an integer from 0 to `length`.
    """
    if not _is_integer(position, 0, length):
        raise MalformedError
    return position  # type: ignore[return-value]  # just found to be an integer


def checked_share(share: object) -> float:
    """Return a probability, if it is one.

    Raises:
        MalformedError: for anything but a number from 0 to 1.
    """
    if type(share) not in {int, float} or not 0.0 <= share <= 1.0:  # type: ignore[operator]
        raise MalformedError
    return float(share)  # type: ignore[arg-type]  # just found to be a number


def _is_finding(finding: object, rule: str, length: int) -> bool:
    return (
        isinstance(finding, Finding)
        and finding.rule == rule
        and finding.hazard in HAZARDS
        and _is_integer(finding.severity, 0, _GRAVEST)
        and type(finding.score) in {int, float}
        and 0.0 <= finding.score <= 1.0
        and _is_integer(finding.start, 0, length - 1)
        and _is_integer(finding.end, finding.start + 1, length)
        and isinstance(finding.explanation, str)
        and (finding.context is None or isinstance(finding.context, Context))
        and (finding.source is None or isinstance(finding.source, str))
    )


def _is_integer(value: object, low: int, high: int) -> bool:
    # bool is an int to Python; a position is not a truth value.
    return type(value) is int and low <= value <= high
