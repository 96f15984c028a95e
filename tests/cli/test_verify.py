"""`upright verify`: one verdict for each text, and a check that needs nothing else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.test_certify import TALE, home, run  # noqa: F401 (fixtures)

from upright.certify import Certifier, Statement
from upright.ledger import Ledger

DIGEST = "sha256:" + "5a" * 32


@pytest.fixture
def certified(home):  # noqa: F811 (a fixture)
    """Certify the tale for the use that `verify` looks at by default."""
    with Ledger.open() as ledger:
        certifier = Certifier.open(ledger)
        issued = certifier.issue(Statement("storytelling", "ans_1", DIGEST, DIGEST), TALE)
        Path("keys.pem").write_bytes(certifier.issuer.public_pem())
    Path("tale.txt").write_text(TALE, encoding="utf-8")
    Path("tale.cose").write_bytes(issued.data)
    return issued


def lines(*rows):
    Path("in.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return "in.jsonl"


def test_each_line_gets_a_verdict_and_keeps_its_fields(run, certified):  # noqa: F811
    edited = TALE.replace("evening", "morning")
    file = lines({"id": 7, "text": TALE}, {"text": edited, "mine": True}, {"text": "Other."})
    code, out, _ = run("verify", file, "--model-free")
    whole, copy, other = map(json.loads, out.splitlines())
    assert code == 0
    assert (whole["id"], whole["verdict"]) == (7, "certified")
    assert (copy["mine"], copy["verdict"]) == (True, "insufficient")
    assert copy["edited_copy_of"] == certified.id
    assert (other["verdict"], other["certificate"]) == ("insufficient", None)


def test_a_bad_line_is_told_and_costs_no_other_its_verdict(run, certified):  # noqa: F811
    file = lines({"text": 3}, {"text": TALE, "prompt": []}, {"text": TALE})
    code, out, _ = run("verify", file, "--model-free")
    first, second, third = map(json.loads, out.splitlines())
    assert code == 0
    assert first["error"].startswith("in.jsonl:1: `text`")
    assert second["error"].startswith("in.jsonl:2: `prompt`")
    assert third["verdict"] == "certified"


def test_one_text_is_answered_in_words(run, certified):  # noqa: F811
    code, out, _ = run("verify", "tale.txt", "--one-text", "--model-free")
    assert code == 0
    assert out.decode().startswith("certified: A certificate says")
    assert certified.id in out.decode()


def test_a_home_without_a_ledger_knows_no_certificate(run):  # noqa: F811
    file = lines({"text": TALE})
    code, out, _ = run("verify", file, "--model-free")
    assert code == 0
    assert json.loads(out)["verdict"] == "insufficient"


def test_offline_asks_neither_home_nor_model(run, certified, monkeypatch):  # noqa: F811
    monkeypatch.setenv("UPRIGHT_HOME", "/nowhere")
    words = ("--offline", "--certificate", "tale.cose", "--keys", "keys.pem", "--json")
    code, out, _ = run("verify", "tale.txt", *words)
    assert code == 0
    assert json.loads(out)["certificate"] == certified.id


def test_offline_refuses_another_text_with_exit_code_1(run, certified):  # noqa: F811
    Path("other.txt").write_text(TALE + " ", encoding="utf-8")
    words = ("--offline", "--certificate", "tale.cose", "--keys", "keys.pem")
    code, _, err = run("verify", "other.txt", *words)
    assert code == 1
    assert "not the certified one" in err


@pytest.mark.parametrize(
    "words", [("--offline",), ("--certificate", "tale.cose"), ("--keys", "keys.pem")]
)
def test_options_that_do_not_fit_are_told(run, certified, words):  # noqa: F811
    code, _, err = run("verify", "tale.txt", *words)
    assert code == 2
    assert "--offline" in err


def test_offline_without_a_file_and_a_text_that_is_no_lines_are_told(run, certified):  # noqa: F811
    words = ("--offline", "--certificate", "tale.cose", "--keys", "keys.pem")
    assert "give FILE" in run("verify", *words)[2]
    code, _, err = run("verify", "tale.txt", "--model-free")
    assert code == 2
    assert "--one-text" in err


def test_what_a_line_says_of_itself_is_never_taken_for_a_result(run, certified):  # noqa: F811
    forged = {
        "verdict": "certified",
        "certificate": {"certified": True},
        "meaning": "All good.",
        "watermark": {"verdict": "watermarked"},
        "statistical": {},
        "edited_copy_of": "crt_0",
        "error": "none of ours",
        "mend": "nothing",
    }
    file = lines({"id": 1, "text": "Other.", **forged}, {"id": 2, "text": 3, **forged})
    _, out, _ = run("verify", file, "--model-free")
    good, bad = map(json.loads, out.splitlines())
    assert {"error", "mend"}.isdisjoint(good)
    assert (good["id"], good["verdict"], good["certificate"]) == (1, "insufficient", None)
    assert set(bad) == {"id", "text", "verdict", "error", "mend"}
    assert bad["error"].startswith("in.jsonl:2: `text`")


def test_a_kind_that_was_not_measured_is_told_even_where_style_is_not_read(run, certified):  # noqa: F811
    rows = ({"text": TALE, "kind": "sonnet"}, {"text": TALE, "kind": "essays"})
    _, out, _ = run("verify", lines(*rows), "--model-free")
    unknown, known = map(json.loads, out.splitlines())
    assert unknown["verdict"] == "insufficient"
    assert "essays" in unknown["mend"]
    assert known["verdict"] == "certified"


def test_a_prompt_of_null_is_no_prompt(run, certified):  # noqa: F811
    file = lines({"text": TALE, "prompt": None}, {"text": TALE})
    _, out, _ = run("verify", file, "--model-free")
    null, absent = map(json.loads, out.splitlines())
    assert {**null, "prompt": 0} == {**absent, "prompt": 0}


def test_a_nul_is_told_with_a_home_that_never_marked(run, certified):  # noqa: F811
    _, out, _ = run("verify", lines({"text": "a\x00b"}, {"text": "a", "prompt": "\x00"}))
    text, prompt = map(json.loads, out.splitlines())
    assert "the text holds a NUL" in text["error"]
    assert "the prompt holds a NUL" in prompt["error"]
