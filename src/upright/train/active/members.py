"""Members of the committee that need no labels: the phrase tables and the guard model."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

import numpy as np

from upright.guard import Guard
from upright.guard.detectors import build_detectors
from upright.guard.model.detector import ModelDetector
from upright.guard.model.heads import ATTACKS, REQUESTS, TOXICITY
from upright.policy import parse_policy
from upright.terms import Record, Stage
from upright.train.active.choose import Bools

_FAMILIES = {"toxicity": TOXICITY, "request": REQUESTS, "injection": ATTACKS}
_USE = """
schema = 1
[use_case]
name = "labels"
purpose = "Says which texts are worth a label."
[guard]
model = {model}
[[guard.rule]]
detect = ["{detect}"]
at = ["output"]
action = "flag"
"""


def rule_of(head: str) -> str:
    """Return the rule id or glob of what a head of the guard model says.

    Raises:
        KeyError: for a head that is none.
    """
    if head == "toxic":
        return "toxicity.*"
    for family, names in _FAMILIES.items():
        if head in names:
            return f"{family}.{head}"
    raise KeyError(head)


def opinion(texts: Sequence[str], head: str, *, model: bool) -> Bools | None:
    """Return whether the tables, or the trained model, find what a head speaks of, shape (n,).

    Args:
        texts: what is judged.
        head: one of `upright.guard.model.heads.HEADS`.
        model: ask the trained model, and only it; else the tables.

    Returns:
        None where no detector of that kind speaks of the head.

    Raises:
        MissingExtraError: if the model is wanted and the extra `guard` is not installed.
        UprightError: if its files are not there.
    """
    rule = rule_of(head)
    policy = parse_policy(_USE.format(model=str(model).lower(), detect=rule), source="labels")
    asked = [
        item
        for item in build_detectors(policy)
        if fnmatchcase(item.rule, rule) and isinstance(item, ModelDetector) is model
    ]
    if not asked:
        return None
    verdicts = Guard(policy, asked).check([Record(text) for text in texts], Stage.OUTPUT)
    return np.array([bool(verdict.findings) for verdict in verdicts], dtype=np.bool_)
