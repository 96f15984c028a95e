"""The frame of every command: help that is quick, errors that end in the right exit code."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import typer

from upright.cli import main
from upright.cli.app import app
from upright.policy import load


@pytest.fixture
def broken(monkeypatch):
    def fail(name):
        raise ZeroDivisionError("nobody thought of this")

    monkeypatch.setattr(load, "policy_text", fail)
    monkeypatch.setattr("upright.policy.policy_text", fail)


def test_an_unforeseen_fault_does_not_read_as_a_gate_that_failed(broken, capsys):
    with pytest.raises(SystemExit) as end:
        main(["policy", "lint"])
    assert end.value.code == 3
    err = capsys.readouterr().err
    assert err.startswith("error: upright itself failed: ZeroDivisionError: nobody thought of this")
    assert "Traceback" not in err


def test_debug_shows_where_it_failed(broken):
    with pytest.raises(ZeroDivisionError):
        main(["policy", "lint", "--debug"])


def shell(command):
    """Run a line of bash that knows `upright`; return its exit code and what it complained of."""
    upright = f'upright() {{ "{sys.executable}" -c "from upright.cli import main; main()" "$@"; }}'
    done = subprocess.run(
        ["bash", "-c", f"{upright}\n{command}"], capture_output=True, text=True, check=False
    )
    return done.returncode, done.stderr


TABLE = "label,said,sex\\n0,0,f\\n1,1,m\\n"
AUDIT = f"printf '{TABLE}' | upright audit table - --label label --prediction said --groups sex"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("upright policy show storytelling | true; exit ${PIPESTATUS[0]}", 0),
        (AUDIT + " --json --gate | true; exit ${PIPESTATUS[1]}", 3),
        ("upright policy show storytelling --json >&-", 0),
        ("upright policy show storytelling --json > /dev/full", 3),
        ("upright policy show storytelling > /dev/full", 3),
    ],
)
def test_output_that_nobody_takes_is_no_gate_that_failed_or_passed(command, code):
    found, err = shell(command)
    assert found == code, err
    assert "Traceback" not in err
    assert "report it" not in err
    assert ("the output: No space left on device" in err) is ("/dev/full" in command)


def test_help_imports_nothing_that_only_a_command_needs():
    code = (
        "import json, sys\n"
        "from upright.cli import main\n"
        "try:\n    main(['--help'])\n"
        "except SystemExit:\n    print(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "Usage: upright" in done.stdout
    packages = {name.partition(".")[0] for name in json.loads(done.stderr)}
    heavy = {"rich", "pydantic", "numpy", "sqlalchemy", "fastapi", "httpx2", "re2", "xllamacpp"}
    assert not packages & (heavy | {"asyncio", "torch", "jinja2", "phonenumbers", "cryptography"})


def _commands(command, words=()):
    for name, child in getattr(command, "commands", {}).items():
        yield from _commands(child, (*words, name))
    if not hasattr(command, "commands"):
        yield words, command


COMMANDS = dict(_commands(typer.main.get_command(app)))
# A server and a schema: the one has no result, the other is JSON already.
WITHOUT_JSON = {("serve",), ("policy", "schema")}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_speaks_json_and_can_be_debugged(words):
    options = {option for parameter in COMMANDS[words].params for option in parameter.opts}
    assert "--debug" in options
    assert "--json" in options or words in WITHOUT_JSON


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_says_what_it_does_in_one_line(words, capsys):
    with pytest.raises(SystemExit) as end:
        main([*words, "--help"])
    assert not end.value.code
    assert f"Usage: upright {' '.join(words)}" in capsys.readouterr().out
