"""Running every check over one use-case file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from upright.policy.catalogue import Catalogue
from upright.policy.check import check_text
from upright.policy.lint.coverage import COVERAGE_CHECKS
from upright.policy.lint.rules import RULE_CHECKS
from upright.policy.lint.use import USE_CHECKS
from upright.policy.locate import Places
from upright.policy.model import Policy
from upright.policy.problems import Level, Problem

Check = Callable[[Policy, Catalogue], Iterable[Problem]]

_ORDER = {level: rank for rank, level in enumerate(Level)}


def lint_text(text: str, catalogue: Catalogue, extra: Sequence[Check] = ()) -> list[Problem]:
    """Return every problem of a use-case file, gravest first and then by line.

    A text that does not hold a policy has its load errors and nothing else.

    Args:
        text: TOML.
        catalogue: what the release can do.
        extra: checks of the units above, such as whether the guard takes the use's patterns.
    """
    policy, problems = check_text(text)
    if policy is None:
        return problems
    places = Places(text)
    located = [replace(p, line=places.line(p.path)) for p in lint_policy(policy, catalogue, extra)]
    return sorted(located, key=lambda p: (_ORDER[p.level], p.line or 0, p.code))


def lint_policy(policy: Policy, catalogue: Catalogue, extra: Sequence[Check] = ()) -> list[Problem]:
    """Return every problem of a policy, without lines, in the order of the checks."""
    return [
        problem
        for check in (*RULE_CHECKS, *COVERAGE_CHECKS, *USE_CHECKS, *extra)
        for problem in check(policy, catalogue)
    ]
