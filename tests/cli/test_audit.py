"""`upright audit guard`: options in, table, JSON and page out, and the right exit code."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from upright.cli import main

POLICY = """\
schema = 1
[use_case]
name = "trial"
purpose = "y"
[[guard.rule]]
detect = ["toxicity.*"]
at = ["output"]
action = "flag"
[[guard.pattern]]
rule = "custom.loud"
pattern = "grumble"
[[guard.rule]]
detect = ["custom.*"]
at = ["output"]
action = "block"
"""
GATE = """
[[audit.gate]]
measure = "guard.{measure}"
within = {bound}
"""


@pytest.fixture
def lines(tmp_path):
    path = tmp_path / "lines.jsonl"
    rows = [
        {
            "words": f"{n}: they {'grumble' if n % 2 and n % 5 else 'hum'}, said a sikh",
            "kind": "bad" if n % 2 else "good",
            "about": ["smith"] if n % 3 else [],
            "tests": f"t{n % 2}",
        }
        for n in range(60)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def audit(capsys, tmp_path, monkeypatch, lines):
    """Run `audit guard` on the lines; return exit code, output and errors."""
    policy = tmp_path / "upright.toml"
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "100")

    def call(*words, gate="", data=str(lines), positive="bad"):
        policy.write_text(POLICY + gate, encoding="utf-8")
        fields = ("--text-field", "words", "--label-field", "kind", "--positive", positive)
        with pytest.raises(SystemExit) as end:
            main(
                [
                    *("audit", "guard", "--data", data, *fields, "--policy", str(policy)),
                    *("--workers", "1", "--hazard", "custom", *words),
                ]
            )
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


def test_json_is_one_object_with_the_promised_figures(audit):
    code, out, err = audit("--json")
    assert (code, err) == (0, "")
    (line,) = out.splitlines()
    shape = json.loads(line)
    for name in ("auc", "auprc", "f1", "recall_at_1pct_fpr", "calibration_error"):
        assert {"value", "low", "high", "n"} <= set(shape[name])
    assert shape["recall"]["value"] == pytest.approx(24 / 30)
    assert (shape["use_case"], shape["stage"], shape["lines"]) == ("trial", "output", 60)


def test_the_table_shows_every_figure_and_part(audit):
    code, out, _ = audit(
        *("--group-field", "about", "--functionality-field", "tests", "--category-field", "tests"),
        "--identity-terms",
    )
    assert code == 0
    for told in (
        "AUC",
        "AUPRC",
        "Recall at 1 % FPR",
        "Calibration error",
        "By identity",
        "smith",
        "sikh",
        "By functionality",
        "left alone",
        "By category",
        "What the use's rules do",
        "block",
    ):
        assert told in out, told


def test_the_page_is_written_beside_the_figures(audit, tmp_path):
    page = tmp_path / "audit.html"
    code, out, _ = audit("--json", "--html", str(page))
    assert code == 0
    value = json.loads(out)["auc"]["value"]
    assert f"{value:.4f}" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("bound", "code", "verdict"),
    [(0.9, 0, "within"), (0.01, 1, "outside"), (0.1, 3, "cannot tell")],
)
def test_a_gate_ends_in_the_exit_code_of_its_verdict(audit, bound, code, verdict):
    gate = GATE.format(measure="auc.shortfall", bound=bound)
    found, out, _ = audit("--json", "--gate", gate=gate)
    assert json.loads(out)["gates"][0]["verdict"] == verdict
    assert found == code
    assert audit("--json", gate=gate)[0] == 0, "without --gate nothing fails"


def test_a_bound_shows_in_the_table(audit):
    _, out, _ = audit("--gate", gate=GATE.format(measure="auc.shortfall", bound=0.01))
    assert "Bounds of the use" in out
    assert "outside" in out


@pytest.mark.parametrize(
    ("gate", "words", "told"),
    [
        ("", ("--gate",), "sets no bound for its guard"),
        (GATE.format(measure="auc", bound=0.1), ("--gate",), "no measure 'guard.auc'"),
        (
            GATE.format(measure="worst_bpsn.shortfall", bound=0.1),
            ("--gate",),
            "needs identity groups",
        ),
        (
            GATE.format(measure="brier", bound=0.1),
            ("--gate", "--threshold", "0.5"),
            "not a threshold of 0.5",
        ),
        ("", ("--group-field", "who"), "lines.jsonl:1: no field `who`"),
        ("", ("--negative", "fine"), "lines.jsonl:1: the label 'good'"),
        ("", ("--html", "nowhere/audit.html"), "nowhere/audit.html: No such file"),
        ("", ("--identity-table", "nowhere.toml"), "nowhere.toml: No such file"),
        ("", ("--hazard", "hte"), "no hazard fits 'hte'"),
    ],
)
def test_what_cannot_be_done_is_told_with_its_mend(audit, gate, words, told):
    code, out, err = audit(*words, gate=gate)
    assert code == 2
    assert out == ""
    assert told in err
    assert "mend: " in err


def test_a_label_that_is_nowhere_is_told_with_those_there_are(audit):
    code, _, err = audit(positive="Bad")
    assert code == 2
    assert "no line has 'Bad' under `kind`" in err
    assert "'good' (30), 'bad' (30)" in err


def test_lines_may_come_from_standard_input(audit, lines, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.read_bytes())))
    code, out, _ = audit("--json", data="-")
    assert code == 0
    assert json.loads(out)["file"] == "standard input"


def test_a_threshold_decides_in_place_of_the_rules(audit):
    _, out, _ = audit("--json", "--threshold", "0")
    shape = json.loads(out)
    assert shape["recall"]["value"] == shape["false_positive_rate"]["value"] == 1.0
    assert shape["flagged"] == "score of at least 0"


@pytest.mark.parametrize("word", ["-0.1", "1.1", "much"])
def test_a_threshold_that_is_none_is_refused(audit, word):
    assert audit("--threshold", word)[0] == 2


INTERRUPTIBLE = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "from upright.cli import main; main()"
)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_an_interrupted_audit_leaves_no_file(tmp_path):
    many = tmp_path / "many.jsonl"
    # No two are the same, or the guard would remember what it has read.
    many.write_text(
        "".join(
            json.dumps({"words": f"line {n} of many", "kind": "bad" if n % 2 else "fine"}) + "\n"
            for n in range(100_000)
        ),
        encoding="utf-8",
    )
    policy = tmp_path / "upright.toml"
    policy.write_text(POLICY, encoding="utf-8")
    out = tmp_path / "out"
    out.mkdir()
    command = [
        # What starts the tests in the background has its children ignore the signal.
        *(sys.executable, "-c", INTERRUPTIBLE),
        *("audit", "guard", "--data", str(many), "--text-field", "words"),
        *("--label-field", "kind", "--positive", "bad", "--policy", str(policy)),
        *("--html", str(out / "audit.html"), "--workers", "1"),
    ]
    environment = {**os.environ, "UPRIGHT_HOME": str(tmp_path / "home")}
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as child:
        # The worker's own process shows that scoring has begun.
        deadline = time.monotonic() + 60
        children = f"/proc/{child.pid}/task/{child.pid}/children"
        while time.monotonic() < deadline and not _read(children):
            assert child.poll() is None, child.stderr.read()
        child.send_signal(signal.SIGINT)
        printed, _ = child.communicate(timeout=60)
    assert child.returncode not in {0, None}
    assert printed == b""
    assert list(out.iterdir()) == []


def _read(path):
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""
