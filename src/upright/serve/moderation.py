"""`/v1/moderations`: the guard's findings in OpenAI's categories."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from upright.answer.request import TextVerdict
from upright.terms import HAZARDS, Action, Verdict

_HIGH = 0.5
_MILD = frozenset({Action.ALLOW, Action.FLAG})

# Every category of the wire format, so that a client finds each one whether or not upright has
# a detector for it.
CATEGORIES = (
    "harassment",
    "harassment/threatening",
    "hate",
    "hate/threatening",
    "illicit",
    "illicit/violent",
    "self-harm",
    "self-harm/instructions",
    "self-harm/intent",
    "sexual",
    "sexual/minors",
    "violence",
    "violence/graphic",
)


def category_scores(verdict: Verdict) -> dict[str, float]:
    """Return the top score of each category over the hazards that map to it."""
    scores = dict.fromkeys(CATEGORIES, 0.0)
    for hazard, score in verdict.scores.items():
        for category in HAZARDS[hazard].openai:
            if category in scores:
                scores[category] = max(scores[category], score)
    return scores


def moderated(judged: Sequence[TextVerdict], model: str, guard_digest: str) -> dict[str, Any]:
    """Return the response for texts and their verdicts."""
    return {
        "id": f"modr-{secrets.token_hex(12)}",
        "model": model,
        "results": [_result(item) for item in judged],
        "x_upright": {"guard_digest": guard_digest},
    }


def _result(item: TextVerdict) -> dict[str, Any]:
    scores = category_scores(item.verdict)
    categories = {name: score >= _HIGH for name, score in scores.items()}
    return {
        "flagged": any(categories.values()) or item.verdict.action not in _MILD,
        "categories": categories,
        "category_scores": scores,
        "category_applied_input_types": {name: ["text"] for name in CATEGORIES},
        "x_upright": item.to_json() | {"scores": dict(item.verdict.scores)},
    }
