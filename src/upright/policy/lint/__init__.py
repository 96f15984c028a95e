"""Contradictions and gaps in a use-case file, each with its line and its mend."""

from upright.policy.lint.codes import CODES, problem
from upright.policy.lint.run import lint_policy, lint_text

__all__ = ["CODES", "lint_policy", "lint_text", "problem"]
