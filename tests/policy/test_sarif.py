"""Problems reach code hosts in their own format."""

from __future__ import annotations

from dataclasses import replace

from upright.policy.lint import CODES, problem
from upright.policy.sarif import sarif


def test_every_problem_is_a_result_at_its_line():
    at = replace(problem("rule.shadowed", ("guard", "rule", 1), "never", "move it"), line=12)
    without = problem("guard.empty", ("guard",), "nothing", "add")
    (run,) = sarif({"a.toml": [at], "b.toml": [without]}, "1.2.3")["runs"]
    first, second = run["results"]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a.toml"
    assert place["region"]["startLine"] == 12
    assert first["level"] == "error"
    assert first["ruleId"] == "rule.shadowed"
    assert first["message"]["text"] == "guard.rule[1]: never. Mend: move it"
    assert second["locations"][0]["physicalLocation"]["region"]["startLine"] == 1


def test_the_tool_explains_every_code_it_can_give():
    log = sarif({}, "1.2.3")
    assert log["version"] == "2.1.0"
    driver = log["runs"][0]["tool"]["driver"]
    assert driver["version"] == "1.2.3"
    assert {rule["id"] for rule in driver["rules"]} == set(CODES)
    assert log["runs"][0]["results"] == []
