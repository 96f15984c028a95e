"""Every text that is shown to the model or written by it passes the guard of answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from upright.guard.scanner import Scanner
from upright.terms import Action, Record, Stage, Verdict

DECLARED = frozenset({"pii.age"})
"""What a study declares of invented people, and a guard of answers would take out of them."""

WRITTEN = "reason"
"""The kind of text that the model writes; all others are shown to it."""

_PASSES = {Action.ALLOW, Action.FLAG}
_SHOWN_AT = (Stage.OUTPUT, Stage.PROMPT, Stage.RETRIEVED)


@dataclass(slots=True)
class Withheld:
    """How many texts were looked at, and which rules held some back.

    Attributes:
        looked: texts, by kind (`product`, `question`, `persona`, `reason`).
        rules: how often each rule held a text back, by kind.
    """

    looked: Counter[str] = field(default_factory=Counter)
    rules: dict[str, Counter[str]] = field(default_factory=dict)

    def note(self, kind: str, rules: Sequence[str]) -> None:
        """Count one text and the rules that held it back."""
        self.looked[kind] += 1
        if rules:
            self.rules.setdefault(kind, Counter()).update([*rules, "texts"])

    def texts(self, kind: str) -> int:
        """Return how many texts of a kind were held back."""
        return self.rules.get(kind, Counter())["texts"]

    def to_json(self) -> dict[str, dict[str, object]]:
        """Return the public shape."""
        return {
            kind: {
                "looked_at": count,
                "withheld": self.texts(kind),
                "rules": {
                    rule: times
                    for rule, times in sorted(self.rules.get(kind, Counter()).items())
                    if rule != "texts"
                },
            }
            for kind, count in self.looked.items()
        }


def passing(
    guard: Scanner, texts: Sequence[str], kind: str, withheld: Withheld
) -> list[tuple[str, ...]]:
    """Return for each text the rules that hold it back, read as strictly as the use can be.

    A text is held back where any rule would change it, rules that only observe included; what is
    only flagged passes. Products and people are read as an answer, and also as a prompt and as a
    passage that somebody else wrote, where one could carry an instruction to the model. A question
    is one, and is read as an answer only.

    Args:
        guard: of the use.
        texts: the texts.
        kind: what they are.
        withheld: where it is counted.
    """
    declared = DECLARED if kind in {"persona", "question"} else frozenset[str]()
    different = dict.fromkeys(texts)
    records = [Record(text) for text in different]
    stages = _SHOWN_AT if kind in {"product", "persona"} else (Stage.OUTPUT,)
    read = zip(*(guard.check(records, stage) for stage in stages), strict=True)
    found = {
        text: tuple(sorted(set().union(*(_rules(verdict, declared) for verdict in verdicts))))
        for text, verdicts in zip(different, read, strict=True)
    }
    for text in texts:
        withheld.note(kind, found[text])
    return [found[text] for text in texts]


def _rules(verdict: Verdict, declared: frozenset[str]) -> set[str]:
    rules = {
        outcome.finding.rule
        for outcome in verdict.outcomes
        if not {outcome.action, *outcome.observed} <= _PASSES
    }
    errors = {error.rule for error in verdict.errors if error.action not in _PASSES}
    return (rules - declared) | errors
