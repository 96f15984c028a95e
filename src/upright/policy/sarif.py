"""Problems as SARIF 2.1.0, the format that code hosts show beside the line."""

from __future__ import annotations

from typing import Any

from upright.policy.lint import CODES
from upright.policy.problems import Problem


def sarif(problems: dict[str, list[Problem]], version: str) -> dict[str, Any]:
    """Return one SARIF log.

    Args:
        problems: the problems of each file, by its path.
        version: of upright.
    """
    rules = [
        {
            "id": code,
            "shortDescription": {"text": meaning},
            "defaultConfiguration": {"level": level.value},
        }
        for code, (level, meaning) in CODES.items()
    ]
    results = [_result(source, found) for source, all_ in problems.items() for found in all_]
    driver = {"name": "upright policy lint", "version": version, "rules": rules}
    return {
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }


def _result(source: str, problem: Problem) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": source},
        "region": {"startLine": problem.line or 1},
    }
    return {
        "ruleId": problem.code,
        "level": problem.level.value,
        "message": {"text": f"{problem.where}: {problem.message}. Mend: {problem.mend}"},
        "locations": [{"physicalLocation": place}],
    }
