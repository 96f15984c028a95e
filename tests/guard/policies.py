"""Small policies for the guard's tests."""

from __future__ import annotations

from upright.policy import GuardRule, GuardSection, Policy
from upright.terms import Action, Stage

NOTICE = "<withheld>"
REVIEW = "<a person looks>"
EVERYWHERE = tuple(Stage)


def rule(*detect: str, action: str = "redact", at=EVERYWHERE, **more) -> GuardRule:
    if action == "replace":
        more.setdefault("text", "<something else>")
    return GuardRule(detect=detect or ("*",), at=at, action=Action(action), **more)


def policy_with(*rules: GuardRule, **section) -> Policy:
    texts = {"notice": NOTICE, "review_notice": REVIEW}
    return Policy(
        schema=1,
        use_case={"name": "test", "purpose": "Tests the guard."},
        guard=GuardSection(rule=rules, **(texts | section)),
    )
