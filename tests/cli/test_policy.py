"""`upright policy` and `upright init`: what is printed, written, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from upright.cli import main
from upright.policy import load_policy, preset, preset_names
from upright.policy.schema import SCHEMA_FILE, schema_text

SOUND = """\
schema = 1
[use_case]
name = "x"
purpose = "y"
[[guard.rule]]
detect = ["*"]
at = ["prompt", "retrieved", "output", "data"]
action = "redact"
[disclosure]
text = "Written with AI."
"""


@pytest.fixture
def run(capsys, tmp_path, monkeypatch):
    """Run one command in an empty folder; return its exit code, output and errors."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UPRIGHT_HOME", str(tmp_path / "home"))

    def call(*words):
        with pytest.raises(SystemExit) as end:
            main(list(words))
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


def test_a_sound_file_passes(run):
    Path("upright.toml").write_text(SOUND, encoding="utf-8")
    assert run("policy", "lint") == (0, "upright.toml: 0 errors, 0 warnings, 0 notes\n", "")
    assert run("policy", "lint", "--quiet") == (0, "", "")


def test_an_error_fails_with_line_and_mend(run):
    Path("upright.toml").write_text(SOUND.replace('"*"', '"pii.emial"'), encoding="utf-8")
    code, out, _ = run("policy", "lint")
    assert code == 1
    assert "error: upright.toml:6: guard.rule[0].detect[0]: 'pii.emial'" in out
    assert "[rule.unknown_detector]\n  mend: did you mean 'pii.email'?" in out


def test_warnings_do_not_fail(run):
    Path("w.toml").write_text(SOUND.split("[disclosure]", maxsplit=1)[0], encoding="utf-8")
    code, out, _ = run("policy", "lint", "w.toml")
    assert code == 0
    assert "warning: w.toml: disclosure: no text" in out


def test_a_file_that_cannot_be_read_is_a_problem_like_any_other(run):
    Path("bad.toml").write_text("schema = 1\n[use_case\n", encoding="utf-8")
    code, out, err = run("policy", "lint", "--json", "bad.toml")
    (problem,) = map(json.loads, out.splitlines())
    assert code == 1
    assert err == ""
    assert (problem["file"], problem["line"], problem["code"]) == ("bad.toml", 2, "file.syntax")


def test_a_missing_file_is_a_usage_error(run):
    code, out, err = run("policy", "lint")
    assert code == 2
    assert out == ""
    assert err.startswith("error: upright.toml: No such file")
    assert "mend: upright init" in err


def test_several_files_are_read_in_one_go(run):
    Path("a.toml").write_text(SOUND, encoding="utf-8")
    Path("b.toml").write_text("x", encoding="utf-8")
    code, out, _ = run("policy", "lint", "a.toml", "b.toml", "storytelling")
    assert code == 1
    assert "a.toml: 0 errors" in out
    assert "b.toml: 1 error, 0 warnings" in out
    assert "preset storytelling: 0 errors" in out


PATTERN = "[[guard.pattern]]\nrule = \"custom.twice\"\npattern = '(a)\\1'\n"
EXCEPTION = '[[guard.exception]]\ndetect = ["pii.*"]\npattern = "(?=a)"\nreason = "r"\n'


@pytest.mark.parametrize(
    ("section", "line", "path"),
    [(PATTERN, 13, "guard.pattern[0].pattern"), (EXCEPTION, 11, "guard.exception")],
)
def test_a_pattern_that_the_guard_refuses_is_an_error(run, section, line, path):
    Path("upright.toml").write_text(SOUND + section, encoding="utf-8")
    code, out, _ = run("policy", "lint", "--json")
    (problem,) = map(json.loads, out.splitlines())
    assert code == 1
    assert (problem["code"], problem["line"], problem["path"]) == ("pattern.refused", line, path)
    assert problem["mend"]


def test_sarif_is_one_json_document(run):
    Path("upright.toml").write_text(SOUND.replace('"*"', '"pii.emial"'), encoding="utf-8")
    code, out, _ = run("policy", "lint", "--sarif")
    results = json.loads(out)["runs"][0]["results"]
    assert code == 1
    assert "rule.unknown_detector" in {result["ruleId"] for result in results}


@pytest.mark.parametrize("name", preset_names())
def test_no_preset_has_an_error_with_the_detectors_of_this_release(run, name):
    code, out, _ = run("policy", "lint", name)
    assert code == 0, out


def test_the_schema_is_printed_or_written(run, tmp_path):
    assert run("policy", "schema") == (0, schema_text(), "")
    assert run("policy", "schema", "--output", "s.json") == (0, "", "")
    assert Path("s.json").read_text(encoding="utf-8") == schema_text()
    code, _, err = run("policy", "schema", "--output", str(tmp_path))
    assert code == 2
    assert "mend: give a file" in err


def test_a_use_is_shown_in_words(run):
    code, out, _ = run("policy", "show", "storytelling")
    assert code == 0
    assert out.startswith("Use\n  storytelling: Writes stories")
    assert f"Digest: {preset('storytelling').digest}" in out
    code, out, _ = run("policy", "show", "storytelling", "--json")
    shown = json.loads(out)
    assert shown["digest"] == preset("storytelling").digest
    assert shown["sections"][0]["title"] == "Use"


def test_two_uses_are_compared_in_words(run):
    code, out, _ = run("policy", "diff", "storytelling", "lending")
    assert code == 0
    assert "only A: Mode creative" in out
    assert "→ the whole text waits for a person" in out
    code, out, _ = run("policy", "diff", "storytelling", "lending", "--json")
    compared = json.loads(out)
    assert (compared["a"], compared["b"]) == ("storytelling", "lending")
    assert {"Use", "In answers"} <= {section["title"] for section in compared["sections"]}


def test_a_use_compared_with_itself_says_so(run):
    code, out, _ = run("policy", "diff", "lending", "lending")
    assert (code, out) == (0, "lending and lending treat every text alike.\n")


def test_presets_are_listed_with_their_purpose(run):
    code, out, _ = run("policy", "presets")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == list(preset_names())
    code, out, _ = run("policy", "presets", "--json")
    assert [json.loads(line)["name"] for line in out.splitlines()] == list(preset_names())


@pytest.mark.parametrize("name", preset_names())
def test_init_writes_a_file_that_holds_the_preset_and_knows_its_schema(run, name):
    code, out, _ = run("init", "--preset", name, "--output", "mine.toml")
    assert code == 0
    assert "upright policy lint mine.toml" in out
    text = Path("mine.toml").read_text(encoding="utf-8")
    assert text.startswith(f"#:schema {SCHEMA_FILE}\n#")
    assert load_policy("mine.toml").digest == preset(name).digest
    jsonschema.Draft202012Validator.check_schema(json.loads(Path(SCHEMA_FILE).read_bytes()))


def test_init_never_overwrites_unasked(run):
    Path("upright.toml").write_text("precious", encoding="utf-8")
    code, _, err = run("init")
    assert code == 2
    assert "--force" in err
    assert Path("upright.toml").read_text(encoding="utf-8") == "precious"
    assert run("init", "--force", "--quiet") == (0, "", "")
    assert load_policy("upright.toml").digest == preset("storytelling").digest


def test_init_into_a_folder_that_is_not_there_says_so(run):
    code, _, err = run("init", "--output", "no/such/upright.toml")
    assert code == 2
    assert "No such file or directory" in err


def test_init_of_an_unknown_preset_writes_nothing(run, tmp_path):
    code, _, err = run("init", "--preset", "poetry")
    assert code == 2
    assert "no preset is called 'poetry'" in err
    assert not list(tmp_path.glob("*.toml"))
