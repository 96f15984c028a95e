"""Importing upright does nothing: no file, no socket, no heavy package."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {
    "alembic",
    "cryptography",
    "fastapi",
    "httpx2",
    "jinja2",
    "PIL",
    "numpy",
    "onnxruntime",
    "opentelemetry",
    "phonenumbers",
    "presidio_analyzer",
    "prometheus_client",
    "psycopg",
    "pydantic",
    "re2",
    "rich",
    "spacy",
    "sqlalchemy",
    "starlette",
    "torch",
    "transformers",
    "typer",
    "uvicorn",
    "xllamacpp",
}

# Reports what a piece of code makes Python do: modules imported, files opened, sockets made.
WATCH = """
import json, sys
seen = []
def hook(event, arguments):
    if event.startswith("socket."):
        seen.append(event)
    elif event == "open" and not str(arguments[0]).endswith((".py", ".pyc")):
        seen.append(f"{event} {arguments[0]}")
    elif event in {"os.mkdir", "subprocess.Popen", "os.remove", "os.rename"}:
        seen.append(event)
import encodings.idna, tomllib
before = set(sys.modules)
sys.addaudithook(hook)
CODE
print(json.dumps({"seen": seen, "modules": sorted(set(sys.modules) - before)}))
"""


def watched(code):
    """Return what happens in a fresh interpreter while it runs `code`."""
    program = WATCH.replace("CODE", code)
    # -S keeps the start of the interpreter out of it; the packages are found by their path.
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def heavy(modules):
    return HEAVY & {module.partition(".")[0] for module in modules}


@pytest.mark.parametrize("code", ["import upright", "import upright.terms"])
def test_importing_opens_no_file_and_no_socket(code):
    assert watched(code)["seen"] == []


def test_importing_upright_brings_itself_and_nothing_else():
    assert watched("import upright")["modules"] == ["upright"]


def test_the_shared_nouns_bring_only_the_standard_library():
    own = {module.partition(".")[0] for module in watched("import upright.terms")["modules"]}
    assert own - {"upright"} <= set(sys.stdlib_module_names)


def test_the_policy_brings_pydantic_and_nothing_heavier():
    assert heavy(watched("import upright.policy")["modules"]) == {"pydantic"}


def test_help_imports_the_command_line_and_nothing_heavier():
    code = """
from upright.cli import main
try:
    main(["--help"])
except SystemExit:
    pass
"""
    seen = watched(code)
    assert heavy(seen["modules"]) <= {"typer", "rich"}
    assert not [event for event in seen["seen"] if event.startswith("socket.")]


@pytest.mark.parametrize("verb", ["init", "policy", "ledger", "keys"])
def test_help_of_a_verb_is_as_light(verb):
    code = f"""
from upright.cli import main
try:
    main(["{verb}", "--help"])
except SystemExit:
    pass
"""
    # Typer reads the options of a command with pydantic.
    assert heavy(watched(code)["modules"]) <= {"typer", "rich", "pydantic"}


def test_the_watch_sees_what_it_watches(tmp_path):
    target = tmp_path / "x"
    code = f"import socket; open({str(target)!r}, 'w').close(); socket.socket().close()"
    seen = watched(code)["seen"]
    assert f"open {target}" in seen
    assert any(event.startswith("socket.") for event in seen)
