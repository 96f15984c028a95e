"""`upright guard check`: lines in, verdict lines out."""

from __future__ import annotations

import io
import json
import sys

import pytest

from upright.cli import main
from upright.terms import HAZARDS

POLICY = """\
schema = 1
[use_case]
name = "x"
purpose = "y"
[guard]
notice = "withheld"
[[guard.exception]]
detect = ["pii.email"]
text = ["help@example.org"]
reason = "our own desk"
[[guard.rule]]
detect = ["pii.payment_card"]
at = ["prompt"]
action = "block"
[[guard.rule]]
detect = ["pii.email"]
at = ["output", "data"]
action = "block"
observe = true
[[guard.rule]]
detect = ["pii.email"]
at = ["output", "data"]
action = "redact"
"""


@pytest.fixture
def check(capsysbinary, tmp_path, monkeypatch):
    """Run `guard check` on lines; return exit code, lines out and errors."""
    policy = tmp_path / "upright.toml"
    policy.write_text(POLICY, encoding="utf-8")
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))

    def call(lines, *words, policy=str(policy)):
        raw = "\n".join(item if isinstance(item, str) else json.dumps(item) for item in lines)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw.encode())))
        with pytest.raises(SystemExit) as end:
            main(["guard", "check", "--policy", policy, "--workers", "1", *words])
        captured = capsysbinary.readouterr()
        out = [json.loads(line) for line in captured.out.splitlines()]
        return end.value.code or 0, out, captured.err.decode()

    return call


def test_a_line_keeps_its_fields_and_gains_the_verdict(check):
    code, out, err = check([{"id": "a", "text": "to jo@example.org", "page": {"n": 7}}])
    assert (code, err) == (0, "")
    finding = out[0].pop("findings")[0]
    assert out == [
        {"id": "a", "text": "to [EMAIL]", "page": {"n": 7}, "action": "redact"},
    ]
    shape = {"rule", "hazard", "severity", "score", "start", "end", "explanation"}
    assert set(finding) == shape | {"action", "observed"}
    assert (finding["rule"], finding["start"], finding["end"]) == ("pii.email", 3, 17)
    assert finding["observed"] == ["block"], "what the rule on trial would have done"
    assert "jo@example.org" not in finding["explanation"]


def test_the_stage_decides_which_rules_speak(check):
    lines = [{"id": "a", "text": "4111 1111 1111 1111 of jo@example.org"}]
    assert check(lines, "--stage", "prompt")[1][0]["text"] == "withheld"
    assert check(lines, "--stage", "data")[1][0]["text"] == "4111 1111 1111 1111 of [EMAIL]"
    assert check(lines, "--stage", "retrieved")[1][0]["action"] == "allow"


def test_every_verdict_exits_0(check):
    code, out, _ = check([{"text": "4111 1111 1111 1111"}], "--stage", "prompt")
    assert (code, out[0]["action"]) == (0, "block")


def test_scores_cover_every_hazard_whatever_the_rules(check):
    _, out, _ = check([{"text": "card 4111 1111 1111 1111"}, {"text": "no"}], "--scores")
    assert [set(line["scores"]) for line in out] == [set(HAZARDS)] * 2
    assert out[0]["scores"]["personal_data"] > 0.5
    assert out[0]["action"] == "allow", "a score is no verdict"
    assert all(0.0 <= score < 0.1 for score in out[1]["scores"].values())


def test_an_exception_shows_its_reason(check):
    _, out, _ = check([{"text": "ask help@example.org"}])
    assert (out[0]["text"], out[0]["findings"]) == ("ask help@example.org", [])
    assert [item["reason"] for item in out[0]["excepted"]] == ["our own desk"]


def test_many_lines_come_out_in_order(check):
    lines = [{"id": str(n), "text": f"line {n} " * (n % 50)} for n in range(700)]
    _, out, _ = check(lines)
    assert [line["id"] for line in out] == [line["id"] for line in lines]


def test_odd_characters_survive(check):
    text = "e\u0301 😀 \ud800 \u2028 jo@example.org \x00"
    _, out, _ = check([{"text": text}])
    assert out[0]["text"] == text.replace("jo@example.org", "[EMAIL]")


def test_a_preset_is_named_like_a_file(check):
    _, out, _ = check([{"text": "jo@example.org"}], policy="storytelling")
    assert out[0]["text"] == "[EMAIL]"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("not json", "standard input:2: not JSON"),
        ('{"text": "a", "n": NaN}', "standard input:2: not JSON: NaN is no JSON number"),
        ("[1]", "standard input:2: list where an object is wanted"),
        ({"id": "b"}, "standard input:2: no string under `text`"),
        ({"id": "b", "text": 7}, "standard input:2: no string under `text`"),
    ],
)
def test_a_bad_line_is_named_and_nothing_before_it_is_lost(check, line, words):
    code, out, err = check([{"id": "a", "text": "fine"}, line])
    assert code == 2
    assert [item["id"] for item in out] == ["a"]
    assert words in err


def test_no_lines_are_no_error(check):
    assert check([]) == (0, [], "")


def test_an_unknown_policy_is_named(check):
    code, _, err = check([], policy="no-such-use")
    assert code == 2
    assert "no-such-use" in err
